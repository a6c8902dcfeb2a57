"""Who may do what: roles, API keys with scopes, throttles, and the append-only audit log."""
