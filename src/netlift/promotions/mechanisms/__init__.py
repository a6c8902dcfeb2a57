"""The mechanisms, one file per kind: a new file is found, tested and documented by itself."""
