"""Step 8 of the line: did it pay, compared with what, and how sure?"""
