"""A shop with known truth: every estimator is judged on it before it is believed."""
