"""Step 4 of the line: what an offer changes, per customer, with how sure it is.

respond          the whole step: learn from logs, answer what was never offered, stream the rows
from_candidates  candidates made ready to be answered: dry run, prior, habits of redemption
results          what is said of an offer, and of the customers of its log
logs, learn      past offers that reached known customers, and what they teach
carried          averages of a log, carried to what its customers are like today
prices           offers read as cuts in price; elasticity: how sales followed them
dry_run          candidates through the engine on recent carts
pooled, kinds    what past offers of a mechanism say of the next one, and of those of few data
assumed          offers of which somebody declared what to expect; pilot: what would measure it
"""
