"""Sources of ideas, one file each: a new file is found by the scan of this folder; what an idea is stands in `idea`."""
