"""Feature families: one file each, found by the scan of this folder; what a family is stands in `base`.

activity    when, how often, how much and how many different things a customer buys
browsing    what a customer does in the shop without buying
coupons     how a customer uses codes and coupons
fatigue     how often a customer was written to, and what came of it
home        where a customer lives, and whether they may be written to
lifecycle   how far along a customer is: new, active, loyal, at risk, lapsed, lost
price       how a customer treats discounts and prices
rfm         recency, frequency and monetary value as scores from 1 to 5
"""

from netlift.profiles.features.base import FAMILIES, Column, Family

__all__ = ["FAMILIES", "Column", "Family"]
