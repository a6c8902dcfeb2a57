"""What a customer may want next: goods for each of them, from what everybody did, with the reason of each.

ids            names as positions
interactions   who did what when, as events and as a matrix
deeds          orders, ratings and events of a workspace, weighted
about          what is known of goods and customers beside that
recommender    the protocol: fit, score, recommend
listing        lists as rows, for those a recommender knows and for newcomers
popularity     what is left to say of those of whom nothing is known
models         one file per recommender; the folder is scanned
rules          what may be shown: stock, exclusions, what was bought, variety, margin, fatigue
rank           the best n under these rules, refilled
top            the same for a block of customers, compiled
reasons        which of what a customer had speaks most for each
lists          one call for one customer; feedback, folding: what is heard becomes what is known
offers         (customer, product, offer) by incremental margin
shop, trial    a workspace's goods under rules; several recommenders beside each other
evaluate       splits by time, measures on all goods, paired intervals, choices by validation
pairs          steps of ranking by pairs, compiled; mixing: scores of several recommenders on one scale
"""
