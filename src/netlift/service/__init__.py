"""Stores, shows and executes what the library decides: `netlift serve`, the extra `netlift[service]`.

core          folder, stores, settings' parts, clock, ids, errors: what every room needs
access        roles, API keys, throttles, the append-only audit log
ledger        coupons, limits, budgets, points and gift cards: reserve, commit, release, reverse, to the cent
privacy       sealed personal fields, consent, export and erasure of a person, retention
shop          customers, products, stock and lowest prices as the shop upserts them
events        behaviour and sales in, none lost and none twice
hooks         signed, retried news to other systems
runs          the queue of long jobs, with progress
catalog       promotions and plans as versioned artefacts, from draft through a second person's approval to live
decisions     the live plan's answers, quotes and exposures
integrations  Shopify's and others' files, in and out
api           /api/v1: one file per resource
console       the pages for people, in English and Chinese
settings, urls, wsgi, server: how the rooms are put together
"""
