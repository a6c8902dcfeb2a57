"""What a benefit does, one file per kind; a new file is found, coded, documented and tested by itself."""
