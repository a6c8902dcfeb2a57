"""Django's PostgreSQL, asked less often whether it is still there; Django looks for `base` in this package."""
