"""Families of models, one per file; the folder is scanned (see `netlift.profiles.propensity.family`)."""
