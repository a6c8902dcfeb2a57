"""Step 1 of the line: files in, cleaned and receipted, tables out in a workspace."""
