"""What each customer's past says of their future: segment, churn and value, in one table, with what is not shown.

outlook    the table, and what is said of it
parting    segments: which kinds of customers there are
leaving    churn: who is about to stop buying, judged on a date from which nothing was learned
worth      value: still alive, orders and margin of the next twelve months
"""
