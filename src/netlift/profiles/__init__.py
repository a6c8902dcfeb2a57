"""Step 2 of the line: who customers are, as of a date.

value   what they are worth: purchases still to come, chance of being active, discounted margin
"""
