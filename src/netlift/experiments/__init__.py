"""Comparing arms: means, ratios, variance reduction, sample ratio, power, many tests at once."""
