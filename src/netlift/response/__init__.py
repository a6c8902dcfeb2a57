"""Step 4 of the line: what an offer changes, per customer, with how sure it is."""
