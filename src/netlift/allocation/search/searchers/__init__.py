"""One file per way to search; what derives from `Searcher` here is found by its `kind`."""
