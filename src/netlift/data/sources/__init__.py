"""One file per format; drop a module here and it is found (see `netlift.data.source`)."""
