"""What is bought together more often than chance would have it.

mining    sets of products that many baskets hold: all of them, exactly
chance    how likely a number of common baskets is if two things have nothing to do with each other
rules     who has these also takes that one: support, confidence, lift and significance
"""
