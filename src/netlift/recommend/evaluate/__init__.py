"""How good lists are: on what came later, over all goods, beside other recommenders, with intervals.

splits     what is learned from and what is judged by: by time, next baskets, at random within each customer
metrics    what lists are worth, customer by customer: pure functions of places
judging    the lists of a recommender, measured
choosing   the best of several settings by a validation period; the test is not looked at
tuning     a seeded search over settings, for the same purpose
comparing  paired bootstrap between two recommenders
"""
