"""Who gets what in a plan, as a tree of few questions, by stage of the lifecycle, and in three examples."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from netlift.plan.pool import Floats, Ints, Pool
from netlift.plan.told import Cut, Example, Rule, Rules, Segment

if TYPE_CHECKING:
    import pyarrow as pa

FEATURES = (
    "recency_days", "orders_365", "spend_365_minor", "basket_minor", "tenure_days", "deal_share", "coupon_share",
    "price_sensitivity", "contacts_30", "visits_30", "silence",
)  # fmt: skip
"""Columns of the profiles that a rule may ask about: what a merchant can look up and talk about."""
SHOWN = ("lifecycle", "orders", "recency_days", "basket_minor", "spend_365_minor", "deal_share", "contacts_30")
"""Columns that an example shows."""
LEARNED = 20_000
"""Customers from whom the tree is grown, at most."""
OFFERS = 6
"""Offers that a tree tells apart, the most given first."""
DEPTH, LEAST = 3, 50


def rules_of(pool: Pool, profiles: "pa.Table", given: Ints, worth: Floats) -> Rules | None:
    """The tree that earns most at the plan's prices among those of three questions; a picture of the plan.

    Args:
        pool: pairs.
        profiles: one row per customer of the pool, in its order.
        given: pairs of the plan.
        worth: of every pair at the plan's prices, minor units, shape (pairs,).
    """
    from netlift.profiles.matrix import matrix
    from netlift.profiles.strategies import tree
    from netlift.profiles.strategies.search import binned, grow

    names = [name for name in FEATURES if name in profiles.column_names]
    if not len(given) or not names or pool.customers < 2 * LEAST:
        return None
    counts = np.bincount(pool.offer[given], minlength=len(pool.candidates))
    arms = np.sort(np.argsort(-counts, kind="stable")[: min(OFFERS, int((counts > 0).sum()))])
    X = matrix(profiles.select(["customer_id", *names]), names=names).X
    step = -(-pool.customers // LEARNED)
    scores = _scores(pool, worth, arms)
    root = grow(binned(X[::step], scores[::step]), depth=DEPTH, least=max(LEAST // step, 10))
    leaf, says = tree.place(root, X), tree.answers(root, X)
    does = _arms(pool, given, arms)
    net = np.bincount(pool.owner[given], pool.net[given], pool.customers)
    found = []
    for number, (one, path) in enumerate(zip(tree.leaves(root), tree.paths(root), strict=True)):
        here = leaf == number
        offer = None if one.answer == 0 else pool.offers[int(arms[one.answer - 1])]
        cuts = tuple(Cut(names[cut.feature], cut.low, cut.high) for cut in path)
        share = float((does[here] == one.answer).mean()) if here.any() else 0.0
        found.append(Rule(cuts, offer, int(here.sum()), share, float(net[here].sum())))
    return Rules(tuple(found), float((says == does).mean()))


def segments_of(pool: Pool, profiles: "pa.Table", given: Ints) -> tuple[Segment, ...]:
    """Customers by stage of the lifecycle, in order of the stage's name."""
    if "lifecycle" not in profiles.column_names:
        return ()
    stages = np.asarray(profiles["lifecycle"].to_pylist(), object).astype(str)
    names, place = np.unique(stages, return_inverse=True)
    here = place[pool.owner[given]]
    customers = np.bincount(place, minlength=len(names))
    reached = np.bincount(place[np.unique(pool.owner[given])], minlength=len(names))
    net = np.bincount(here, pool.net[given], len(names))
    cost = np.bincount(here, pool.cost[given], len(names))
    return tuple(
        Segment(str(name), int(customers[i]), int(reached[i]), float(net[i]), float(cost[i]))
        for i, name in enumerate(names)
    )


def examples_of(
    pool: Pool, profiles: "pa.Table | None", given: Ints, chosen: Ints, arms: Sequence[str]
) -> tuple[Example, ...]:
    """A typical customer, the one who gains most, and the likeliest buyer who is left out.

    Args:
        pool: pairs.
        profiles: one row per customer of the pool, in its order.
        given: pairs that somebody gets.
        chosen: pairs of the plan, withheld ones included.
        arms: of each of `given`.
    """
    found = []
    if len(given):
        net = pool.net[given]
        middle = int(np.argmin(np.abs(net - np.median(net))))
        best = int(np.argmax(net))
        found += [_example(pool, profiles, "typical", int(given[middle]), arms[middle])]
        found += [_example(pool, profiles, "largest_gain", int(given[best]), arms[best])] if best != middle else []
    left = _left_out(pool, np.union1d(given, chosen))
    return (*found, *([] if left is None else [_example(pool, profiles, "left_out", left, None)]))


def _left_out(pool: Pool, taken: Ints) -> int | None:
    """Of the likeliest buyer among those who get nothing, the best pair."""
    free = np.ones(pool.customers, np.bool_)
    free[pool.owner[taken]] = False
    cells = np.flatnonzero(free[pool.owner])
    if not len(cells):
        return None
    likely = np.nan_to_num(pool.p_buy[cells], nan=-1.0)
    who = pool.owner[cells[int(np.argmax(likely))]]
    own = cells[pool.owner[cells] == who]
    return int(own[int(np.argmax(pool.net[own]))])


def _example(pool: Pool, profiles: "pa.Table | None", kind: str, cell: int, arm: str | None) -> Example:
    owner = int(pool.owner[cell])
    facts = {}
    if profiles is not None:
        facts = {name: profiles[name][owner].as_py() for name in SHOWN if name in profiles.column_names}
    return Example(
        kind, pool.eligible.customer_id[owner].as_py(), pool.offers[int(pool.offer[cell])], arm, float(pool.net[cell]),
        float(pool.se[cell]), float(pool.cost[cell]), facts, pool.reasons[int(pool.reason[cell])],
    )  # fmt: skip


def _scores(pool: Pool, worth: Floats, arms: Ints) -> Floats:
    """What each arm is worth to each customer, no offer first; where an offer is not open, less than nothing."""
    closed = -max(1.0, float(np.abs(worth).mean()))
    scores = np.full((pool.customers, 1 + len(arms)), closed)
    scores[:, 0] = 0.0
    for column, number in enumerate(arms, 1):
        here = pool.offer == number
        scores[pool.owner[here], column] = worth[here]
    return scores


def _arms(pool: Pool, given: Ints, arms: Ints) -> Ints:
    """What the plan does with each customer, as an arm; an offer that the tree does not know is -1."""
    column = np.full(len(pool.candidates), -1, np.int64)
    column[arms] = np.arange(1, len(arms) + 1)
    does = np.zeros(pool.customers, np.int64)
    does[pool.owner[given]] = column[pool.offer[given]]
    return does
