"""One file per way to solve an allocation; what derives from `Optimiser` here is found by its `kind`."""
