"""Contract suites that ship with the package: a plugin subclasses one and is held to what its kind promises."""
