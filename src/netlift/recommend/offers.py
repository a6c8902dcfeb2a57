"""Which offer on which product for whom: by what it earns, not by what is bought.

A coupon for what a customer buys anyway only costs. A response tells what an offer changes for a customer, over all
the goods that it is about; how likely each of them is bought without it tells on which it changes anything.

Let an offer reach a customer on product i, which they would buy anyway with chance p_i; else it moves them to buy with
chance u. It then earns m (1 - p_i) u and costs c (p_i + (1 - p_i) u). The response is the mean over the goods of the
offer, which gives m u and c; `p_buy`, the chance of buying under the offer, gives u. So over the goods, what an offer
earns and costs adds up to what the response says.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError, DataError
from netlift.recommend.ids import Ids, Ints
from netlift.recommend.interactions import Interactions

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
_DAY = 86_400_000_000
TRUST = 0.5
"""Purchases that everybody's pace counts for beside a customer's own."""


def anyway(seen: Interactions, horizon_days: float) -> "pa.Table":
    """How likely each customer buys again, without any offer, what they bought before.

    Days with a purchase come at a steady pace, which is drawn from a gamma distribution around the pace of all
    customers of the product. Customers are watched from the first day of the data to the last; what they never bought
    has no row.

    Args:
        seen: purchases.
        horizon_days: within which; above 0.

    Returns:
        `customer_id`, `product_id`, `probability`, by customer, then product.

    Raises:
        ConfigError: the horizon is not above 0.
    """
    import pyarrow as pa

    if not horizon_days > 0:
        raise ConfigError(f"a horizon lies above 0 days, got {horizon_days}")
    day = seen.at // _DAY
    span = float(day.max() - day.min() + 1) if len(seen) else 1.0
    pair = seen.user.astype(np.int64) * max(len(seen.items), 1) + seen.item
    different = np.unique(np.stack([pair, day]), axis=1)[0]
    pairs, days = np.unique(different, return_counts=True)
    user, item = pairs // max(len(seen.items), 1), pairs % max(len(seen.items), 1)
    active = max(len(np.unique(seen.user)), 1)
    pace = np.bincount(item, days, len(seen.items))[item] / (active * span)
    watched = TRUST / pace + span
    chance = 1 - (watched / (watched + horizon_days)) ** (TRUST + days)  # of a Poisson count whose pace is gamma
    return pa.table(
        {
            "customer_id": seen.users.names.take(pa.array(user)),
            "product_id": seen.items.names.take(pa.array(item)),
            "probability": chance,
        }
    )


def recommend_offers(
    goods: "pa.Table",
    response: "pa.Table",
    again: "pa.Table | None" = None,
    *,
    covers: Mapping[str, Collection[str]] | None = None,
    n: int = 3,
) -> "pa.Table":
    """The offers that earn most, each on a product that the customer may want.

    A product stands in a list once, with the offer that earns most on it; an offer that would lose money is not
    listed, so that a list may be short or empty.

    Args:
        goods: `schema.RECOMMENDATIONS`: what each customer may want; offers are looked for on these.
        response: `schema.RESPONSE`.
        again: `customer_id`, `product_id`, `probability` of buying without an offer within the horizon of the response,
            as `anyway` gives it; what is missing counts as 0.
        covers: by offer the products that it is about; an offer that is not in it is about all.
        n: length of a list.

    Returns:
        `customer_id`, `rank`, `product_id`, `offer_id`, `net_margin`, `incremental_margin`, `expected_cost` (expected
        minor units), `would_buy_anyway`, `grade`, and `reasons`; by customer, then rank.

    Raises:
        ConfigError: `n` is below 1.
        DataError: a probability is none, or a pair stands twice.
    """
    import pyarrow as pa

    if n < 1:
        raise ConfigError(f"a list has at least one place, got n = {n}")
    good, offer = _crossed(goods, response, covers or {})
    own = _own(goods, again)[good]
    margin, cost = _spread(response, offer, own)
    best, rank = _best(goods, response, _Pairs(good, offer, margin - cost), n)
    place, which = pa.array(good[best]), pa.array(offer[best])
    why = goods["reasons"].combine_chunks().take(place).to_pylist()
    return pa.table(
        {
            "customer_id": goods["customer_id"].combine_chunks().take(place),
            "rank": rank,
            "product_id": goods["product_id"].combine_chunks().take(place),
            "offer_id": response["offer_id"].combine_chunks().take(which),
            "net_margin": (margin - cost)[best],
            "incremental_margin": margin[best],
            "expected_cost": cost[best],
            "would_buy_anyway": own[best],
            "grade": response["grade"].combine_chunks().take(which),
            "reasons": pa.array([[*said, "earns_most"] for said in why], pa.list_(pa.string())),
        }
    )


class _Pairs(NamedTuple):
    """Rows of goods with rows of the response that suit them, shape (pairs,) each."""

    good: Ints
    offer: Ints
    net: Floats


def _crossed(goods: "pa.Table", response: "pa.Table", covers: Mapping[str, Collection[str]]) -> tuple[Ints, Ints]:
    """Every product of a customer with every offer for them that is about it; row numbers in both tables."""
    people = Ids(response["customer_id"])
    whose = people.positions(response["customer_id"])
    by_person = np.argsort(whose, kind="stable")
    starts = np.searchsorted(whose[by_person], np.arange(len(people) + 1))
    asked = people.positions(goods["customer_id"])
    known = np.flatnonzero(asked >= 0)
    first, sizes = starts[asked[known]], np.diff(starts)[asked[known]]
    good = np.repeat(known, sizes)
    within = np.arange(len(good)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    offer = by_person[np.repeat(first, sizes) + within]
    suits = np.ones(len(good), np.bool_)
    offers, products = Ids(response["offer_id"]), Ids(goods["product_id"])
    which, what = offers.positions(response["offer_id"]), products.positions(goods["product_id"])
    for name in sorted(covers):
        if (at := offers.position(name)) >= 0:
            about = products.positions(sorted(set(covers[name])))
            suits &= (which[offer] != at) | np.isin(what[good], about[about >= 0])
    return good[suits], offer[suits]


def _own(goods: "pa.Table", again: "pa.Table | None") -> Floats:
    """Of each row of goods how likely it is bought anyway."""
    if again is None or not again.num_rows:
        return np.zeros(goods.num_rows)
    chance = np.asarray(again["probability"].cast("double").fill_null(np.nan).to_numpy(), np.float64)
    if not ((chance >= 0) & (chance <= 1)).all():
        raise DataError("a probability of buying anyway must lie in 0 to 1")
    people, products = Ids(again["customer_id"]), Ids(again["product_id"])
    pair = people.positions(again["customer_id"]) * len(products) + products.positions(again["product_id"])
    order = np.argsort(pair, kind="stable")
    if (pair[order][1:] == pair[order][:-1]).any():
        raise DataError("a customer and product stand twice among the probabilities of buying anyway")
    who, what = people.positions(goods["customer_id"]), products.positions(goods["product_id"])
    wanted = np.where((who >= 0) & (what >= 0), who * len(products) + what, -1)
    at = np.minimum(np.searchsorted(pair[order], wanted), len(pair) - 1)
    return np.where(pair[order][at] == wanted, chance[order][at], 0.0)


def _spread(response: "pa.Table", offer: Ints, own: Floats) -> tuple[Floats, Floats]:
    """What each pair earns and costs, expected: see the top of this file."""
    margin, cost, buy = (
        np.asarray(response[name].cast("double").fill_null(np.nan).to_numpy(), np.float64)
        for name in ("incremental_margin", "expected_cost", "p_buy")
    )
    count = np.maximum(np.bincount(offer, minlength=response.num_rows), 1)
    mean = np.minimum(np.bincount(offer, own, response.num_rows) / count, 1.0)
    left = 1 - mean
    moved = np.divide(buy - mean, left, out=np.ones_like(left), where=(left > 0) & ~np.isnan(buy)).clip(0, 1)
    used = mean + left * moved
    share = np.divide(1 - own, left[offer], out=np.ones_like(own), where=left[offer] > 0)
    use = np.divide(own + (1 - own) * moved[offer], used[offer], out=np.ones_like(own), where=used[offer] > 0)
    return margin[offer] * share, cost[offer] * use


def _best(goods: "pa.Table", response: "pa.Table", pairs: _Pairs, n: int) -> tuple[Ints, Ints]:
    """Pairs that are listed, by customer, and their rank; of equals the first by ids of product and offer."""
    people, products, offers = Ids(goods["customer_id"]), Ids(goods["product_id"]), Ids(response["offer_id"])
    gain = np.flatnonzero(pairs.net > 0)
    who = people.positions(goods["customer_id"])[pairs.good[gain]]
    what = products.positions(goods["product_id"])[pairs.good[gain]]
    which = offers.positions(response["offer_id"])[pairs.offer[gain]]
    order = np.lexsort((which, what, -pairs.net[gain], who))
    _, first = np.unique(who[order] * max(len(products), 1) + what[order], return_index=True)
    kept = order[np.sort(first)]
    start = np.searchsorted(who[kept], who[kept])
    rank = np.arange(len(kept)) - start + 1
    return gain[kept[rank <= n]], rank[rank <= n]
