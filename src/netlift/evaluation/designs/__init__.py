"""How a promotion is compared with its absence: one file per design."""
