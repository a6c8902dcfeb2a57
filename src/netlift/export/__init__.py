"""What runs a plan elsewhere: coupon codes, audiences, a shop's own discounts, JSON, and the experiment's log.

format     the contract of a format, and how a folder is written whole or not at all
codes      personal coupon codes that nobody can guess
cells      CSV that no spreadsheet takes for formulas
formats    one file per format
"""
