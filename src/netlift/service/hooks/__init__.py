"""News to other systems: signed, retried, in the form of CloudEvents."""
