"""Step 7 of the line: what one customer is offered, and what a basket costs, from a plan alone.

decider    answers one customer in process, without a database
decision   the answer, reproducible from plan and input
rows       a plan's rows, packed, found by customer
"""
