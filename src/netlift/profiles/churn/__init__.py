"""Who is about to stop buying: a forecast by time, its reasons, and what simpler answers are worth beside it.

habits     what orders tell of a customer before a date
labels     who ordered nothing in the days after a date; both as rows for a model
model      boosting, stopped on a later date and calibrated on one later still
simple     BG/NBD, and how long ago the last order was
judge      the forecasts side by side on the last date, with intervals
standing   active, at risk, or probably gone
"""
