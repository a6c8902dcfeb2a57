"""Random calendars, small ones that can be looked at entirely and large ones that cannot."""

import numpy as np

from netlift.allocation.search.calendar import Calendar
from netlift.allocation.search.public import PublicOffer, Rules
from netlift.allocation.search.shelves import MEMORY, Shelves


def shelves(seed: int, count: int, weeks: int, *, draws: int = 1) -> Shelves:
    """Shelves with a season, cuts that mostly pay, neighbours that lose, people who stock up, at times few units."""
    g = np.random.default_rng(seed)
    season = 1 + 0.3 * np.sin(np.arange(weeks + MEMORY) / 3 + g.uniform(0, 6, (count, 1)))
    base = g.gamma(4, 30, (count, 1)) * season
    return Shelves.of(
        [f"shelf{i}" for i in range(count)], base, price=g.uniform(300, 3000, count),
        margin=g.uniform(0.35, 0.6, count), own=-g.uniform(2, 6, count) + 0.3 * g.normal(size=(draws, count)),
        cross=g.uniform(0, 0.8, (draws, count, count)) * (g.random((count, count)) < 4 / (count + 3)),
        memory=g.uniform(0, 1.5, (draws, count)),
        stock=np.where(g.random(count) < 0.3, base.sum(axis=1) * g.uniform(0.9, 1.2, count), np.inf),
        left=g.choice([0.0, 200.0], count),
    )  # fmt: skip


def small(seed: int) -> Calendar:
    """At most 20,000 calendars: up to three shelves, four weeks, three promotions, under every kind of rule."""
    g = np.random.default_rng([seed, 1])
    count = int(g.integers(1, 4))
    weeks = 3 if count == 3 else int(g.integers(3, 5))
    offers = [
        PublicOffer("tenth", depth=0.1),
        PublicOffer("quarter", depth=0.25, weeks=int(g.integers(1, 3)), fixed_minor=500, times=int(g.integers(0, 3))),
    ]
    if g.random() < 0.3:
        offers.append(PublicOffer("everything", depth=0.15, together=True))
    elif g.random() < 0.5:
        offers.append(PublicOffer("warm", depth=0.05, lift=0.1, festival="feast", phase=0))
        offers[0] = PublicOffer("burst", depth=0.2, festival="feast", phase=1, times=1)
    rules = Rules(
        guard=int(g.integers(0, 3)), at_once=int(g.integers(1, count + 1)) if g.random() < 0.5 else None,
        budget_minor=float(g.uniform(1e4, 6e4)) if g.random() < 0.5 else None, quiet=int(g.random() < 0.4),
        aversion=float(g.choice([0.0, 1.0])),
    )  # fmt: skip
    question = Calendar(shelves(seed, count, weeks, draws=2), offers, rules)
    return question if question.size <= 20_000 else Calendar(shelves(seed, count, 2, draws=2), offers, rules)


def large(seed: int, *, count: int = 12, weeks: int = 12, draws: int = 1) -> Calendar:
    """Far too large to look at: 12 shelves, 12 weeks, five promotions and one on everything, little budget."""
    g = np.random.default_rng([seed, 2])
    stock = shelves(seed, count, weeks, draws=draws)
    offers = [
        PublicOffer("tenth", depth=0.1), PublicOffer("fifth", depth=0.2, fixed_minor=2_000),
        PublicOffer("fifth, two weeks", depth=0.2, weeks=2, fixed_minor=3_000),
        PublicOffer("third", depth=0.33, lift=0.1, fixed_minor=6_000, times=3),
        PublicOffer("front", depth=0.05, lift=0.15, fixed_minor=4_000),
        PublicOffer("everything", depth=0.15, together=True, fixed_minor=20_000, times=1),
    ]  # fmt: skip
    spend = float((stock.base.sum(axis=1) * stock.price).sum())
    rules = Rules(guard=int(g.integers(1, 3)), at_once=max(2, count // 3), budget_minor=0.06 * spend, quiet=2)
    return Calendar(stock, offers, rules)
