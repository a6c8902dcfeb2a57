"""Recommenders, one per file; the folder is scanned (see `netlift.recommend.recommender`)."""
