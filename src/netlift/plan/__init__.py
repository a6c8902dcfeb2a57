"""Step 6 of the line: one choice, frozen, with what it is expected to earn and how that will be proved.

artefact   a plan: its head, its rows, read and written, told apart by their content
"""
