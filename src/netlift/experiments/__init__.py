"""Comparing arms: means, ratios, variance reduction, sample ratio, power, many tests at once.

aggregates   what a test needs to know of an arm: count, means, covariances
means        difference of means, of rates and of ratios, with its relative form
adjustment   the same with less noise: CUPED from aggregates, Lin's regression from rows
tails        heavy tails: winsorised columns and the bootstrap
srm          did the arms get the share of units that they should have got?
power        how many units, what could be found, how long
multiplicity many comparisons: Holm, and Benjamini and Hochberg
sequence     looking every day: intervals that hold at any time
assign       who is in which arm, by salted hash
"""
