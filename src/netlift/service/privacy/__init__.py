"""Sealed personal fields, consent, export and erasure of a person, retention."""
