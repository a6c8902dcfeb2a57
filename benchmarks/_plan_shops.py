"""Simulated shops that tried offers out by lot: what they know on one morning, and what each offer would truly earn."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WASHOUT = 28
PARTS = 4
"""Lots of futures, so that an oracle can choose on some of them and be judged by the others."""


class Truth(NamedTuple):
    """What each offer would earn and cost, by lot of futures."""

    customer_id: list[str]
    """Those who may be written to."""
    offers: tuple[str, ...]
    net: Floats
    """Expected net profit, minor units, shape (lots, customers, offers)."""
    cost: Floats
    se: Floats
    """Standard error of `net`, same shape."""


class Known(NamedTuple):
    """What the records let the shop believe of the same customers and offers, shape (customers, offers) each."""

    net: Floats
    cost: Floats
    se: Floats
    p_buy: Floats
    responses: Any
    """`response.results.Responses`."""
    rows: Any
    """`schema.RESPONSE` of everybody known."""


def shop_of(seed: int, customers: int, offers: tuple[str, ...]) -> Any:
    """A `planning` shop that tried out these offers only."""
    from netlift.simulate import presets

    config = presets.planning(seed, customers=customers)
    return replace(config, promotions=tuple(spec for spec in config.promotions if spec.promotion_id in offers))


def truth(config: Any, futures: int) -> Truth:
    """The truth of one shop from `futures` futures."""
    from netlift.simulate import presets
    from netlift.simulate.prospects import prospects

    asked = presets.once_more(config)
    size = max(2, futures // PARTS)
    tables = [prospects(config, asked, futures=size, first=part * size) for part in range(PARTS)]
    shape = (-1, len(asked))
    net, cost, se = (
        np.stack([table[name].to_numpy().reshape(shape) for table in tables])
        for name in ("net_minor", "cost_minor", "net_se_minor")
    )
    ids = tables[0]["customer_id"].to_pylist()[:: len(asked)]
    return Truth(ids, tuple(spec.promotion_id.rstrip("+") for spec in asked), net, cost, se)


def records(config: Any) -> Any:
    """The same shop's records as they stand on the morning of the plan, opened."""
    from netlift.history.shop import Terms, connect, open_shop
    from netlift.simulate import presets, simulate
    from netlift.simulate.prospects import known_before

    tables = simulate(replace(config, with_truth=False)).tables
    con = connect(known_before(tables, config.moment(presets.PLAN_DAY)))
    con.execute("SET threads = 1")
    return open_shop(con, Terms())


def known(shop: Any, true: Truth, seed: int) -> Known:
    """What `respond` says of the customers and offers of the truth."""
    from netlift.response.respond import respond

    kept: dict[str, Any] = {}
    responses = respond(shop, washout_days=WASHOUT, seed=seed, write=lambda reader: kept.update(rows=reader.read_all()))
    rows = kept["rows"]
    place = {who: at for at, who in enumerate(true.customer_id)}
    column = {name: at for at, name in enumerate(true.offers)}
    at = np.array([place.get(who, -1) for who in rows["customer_id"].to_pylist()])
    of = np.array([column.get(offer, -1) for offer in rows["offer_id"].to_pylist()])
    there = (at >= 0) & (of >= 0)
    found = {}
    for name in ("net_margin", "expected_cost", "se", "p_buy"):
        found[name] = np.full((len(place), len(column)), np.nan)
        found[name][at[there], of[there]] = rows[name].to_numpy()[there]
    if not all(np.isfinite(array).all() for array in found.values()):
        raise ValueError(f"seed {seed}: some customers or offers of the truth have no response")
    return Known(found["net_margin"], found["expected_cost"], found["se"], found["p_buy"], responses, rows)


def features_of(shop: Any, true: Truth) -> Floats:
    """What the records show of each customer, shape (customers, features)."""
    import pyarrow as pa

    from netlift.history.shop import day_number
    from netlift.response.features import learned, moment
    from netlift.response.models import squeezed

    shop.con.register("asked_now", pa.table({"customer_id": true.customer_id}))
    shop.con.execute("CREATE OR REPLACE TEMP TABLE truth_population AS FROM asked_now")
    now = moment(shop, day_number(shop.span.end), "truth")
    X, _ = learned(now, "truth_population")
    now.drop()
    return squeezed(X)


def share_out(value: Floats, cost: Floats, budget: float) -> Ints:
    """Offer of each customer, -1 for none: the most valuable choice whose summed cost keeps the budget."""
    from netlift.allocation.optimiser import OPTIMISERS
    from netlift.allocation.problem import Problem, cells_row

    problem = Problem.of(value, rows=[cells_row("budget", cost, budget)])
    taken = OPTIMISERS["dual"]().solve(problem).chosen
    chosen = np.full(len(value), -1)
    chosen[problem.owner[taken]] = problem.offer[taken]
    return chosen


def total(chosen: Ints, amounts: Floats) -> float:
    """Sum of what the chosen offers bring, or cost."""
    given = np.flatnonzero(chosen >= 0)
    return float(amounts[given, chosen[given]].sum())


def turned(table: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Rows as columns: many figures of few things are read downwards."""
    figures = dict.fromkeys(figure for row in table.values() for figure in row)
    return {figure: {name: row.get(figure) for name, row in table.items()} for figure in figures}
