"""Customers with similar profiles: k-means on robust scales, and whether the groups are really there.

inputs        a matrix of customers by features, checked
scale         columns made comparable: logarithm where skewed, outliers pulled in, centre and spread kept
choose        how many segments: stability over random halves, silhouette, and a cloud without segments beside it
segmentation  fit, assign new customers, keep as JSON
describe      sizes, means and medians of each segment, and what sets it apart
naming        segments named in words, in English and Chinese
"""
