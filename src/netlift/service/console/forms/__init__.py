"""Forms drawn from declarations: a dataclass with entries becomes fields with titles, units and help."""
