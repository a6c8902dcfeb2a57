"""Coupons, limits, budgets, points and gift cards as accounts; it knows no other room of the service.

holds         the nouns: a hold, a receipt, the kinds of accounts
accounts      open, grant, withdraw, set a limit
pace          how a budget becomes spendable over time
reservations  reserve, commit, release, reverse
asked         what is asked of the statements; statements: which ones the store gets
portable      the statements, for any store; postgres: the same in one round trip
journal       each operation once, under its key
lots, sweep   what lapses, what expires
books         the proof, and what the shop owes
codes         batches, words, claims; alphabet: how codes are spelt
people        what is kept of a person, and how it is unlinked
selectors     reading
"""
