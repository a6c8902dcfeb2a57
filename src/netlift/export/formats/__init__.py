"""Export formats, one file each; found by their `kind`."""
