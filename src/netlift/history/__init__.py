"""What happened: the shop's past as every comparison reads it.

shop        order lines with their cost and profit, one row per customer and day; the shop's own terms
find        which promotions ran, and which comparison their traces allow
people      customers around a promotion: known before, and what each brought during and after it
reductions  which products were cheaper than usual for everybody, and when
columns     the parts of a profit, as columns of an outcome matrix
"""
