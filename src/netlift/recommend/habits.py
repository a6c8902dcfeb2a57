"""What receipts say of customers and goods as of a moment: how often, how lately, how regularly, and in which baskets.

A basket is everything that a customer did at one time. A product counts more, in the columns that say `small`, where
it stood in a small basket: the next basket is often a small one, and what people come back for alone is in it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.recommend.ids import Ints
from netlift.recommend.interactions import Interactions

Floats = NDArray[np.float64]
Signs = NDArray[np.float32]
_DAY = 86_400e6
_BEFORE = 5.0
"""Baskets that everybody's rate of buying again weighs in a customer's own."""

OWN = (
    "times", "days_15", "small_days_15", "days_100", "small_days_100", "alone_days_100", "baskets_10",
    "small_baskets_10", "small_baskets_3", "since", "first", "baskets_since", "gap", "due", "baskets_due", "rate",
    "steady_rate", "usual_size", "least_size", "place",
)  # fmt: skip
"""Of a customer and a product: purchases, fading by days or baskets, by the root of the basket's size (`small`) or by
the size (`alone`); days and baskets since; mean days between two, and the time since then in such; share of the baskets
since the first that had it, alone and drawn to everybody's; logarithm of sizes; place among the customer's products."""
CUSTOMER = ("baskets", "size", "inverse_size", "last_size", "last", "between", "faded_baskets", "faded_small")
"""Of a customer: number of baskets, their mean size and inverse size, the size of the last one, days since it and
between two, faded numbers of baskets and of their lines by the root of the size."""
GOODS = ("popular", "popular_alone", "rising", "buyers", "again", "per_buyer", "again_rate", "days_between", "alone")
"""Of a product: lately in which share of baskets, also by their size, and beside the longer past; buyers, the share of
them who bought again, purchases of each, the share of later baskets that had it again, logarithm of the days between,
mean inverse size of its baskets."""
SHARES = ("share", "faded_share", "small_share", "since_usual")
"""Of a customer and a product beside either: purchases by baskets, faded, by lines; days since beside usual ones."""
SIGNS = OWN + CUSTOMER + GOODS + SHARES


class Baskets(NamedTuple):
    """Receipts of some customers before a moment, a line for each product of a basket."""

    row: Ints
    """Place of the customer among those asked for, rising, shape (lines,)."""
    item: Ints
    weight: Floats
    basket: Ints
    of: Ints
    """Place of the customer, shape (baskets,)."""
    ago: Floats
    """Days before the moment."""
    size: Floats
    """Products."""
    later: Floats
    """Baskets of the customer since."""
    customers: int
    items: int


class Own(NamedTuple):
    """Products that customers had, by customer, then product."""

    row: Ints
    item: Ints
    signs: Signs
    """Shape (pairs, `OWN`)."""
    items: int
    """Of all."""

    def find(self, row: Ints, item: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """Where customers and products stand among the pairs, and whether they do."""
        keys, asked = self.row * self.items + self.item, row * self.items + item
        place = np.searchsorted(keys, asked)
        return place, np.append(keys, -1)[place] == asked


def lines_of(seen: Interactions, users: Ints, begin: int, end: int) -> tuple[Ints, Ints]:
    """Events of customers from a moment until before another: their places, and that of the customer in `users`."""
    count = np.diff(seen.starts)[users]
    line = np.repeat(seen.starts[users] - np.cumsum(count) + count, count) + np.arange(count.sum())
    row = np.repeat(np.arange(len(users)), count)
    kept = (seen.at[line] >= begin) & (seen.at[line] < end)
    return line[kept], row[kept]


def baskets(seen: Interactions, users: Ints, moment: int) -> Baskets:
    """Receipts of customers before a moment.

    Args:
        seen: events.
        users: by position, each once.
        moment: in microseconds since 1970.
    """
    line, row = lines_of(seen, users, int(np.iinfo(np.int64).min), moment)
    item, at = seen.item[line].astype(np.int64), seen.at[line]
    opens = _changes(row, at)
    first = np.flatnonzero(_changes(row, at, item))  # the same product twice at one time is one line
    weight = np.add.reduceat(seen.weight[line].astype(np.float64), first) if len(first) else np.empty(0)
    basket = (np.cumsum(opens) - 1)[first]
    of = row[opens]
    ends = np.cumsum(np.bincount(of, minlength=len(users)))
    return Baskets(
        row[first], item[first], weight, basket, of, (moment - at[opens]) / _DAY,
        np.bincount(basket).astype(np.float64), (ends[of] - 1 - np.arange(len(of))).astype(np.float64),
        len(users), len(seen.items),
    )  # fmt: skip


def goods(told: Baskets) -> Signs:
    """What a crowd's receipts say of each product, shape (items, `GOODS`)."""
    size = told.size[told.basket]
    fading, long = 0.5 ** (told.ago / 20), 0.5 ** (told.ago / 120)

    def count(weight: Floats) -> Floats:
        return np.bincount(told.item, weight, told.items).astype(np.float64)

    row, item, pair = _pairs(told)
    times = np.bincount(pair, minlength=len(row)).astype(np.float64)
    first, last = _reach(told.ago[told.basket], pair, len(row))
    chances, _ = _reach(told.later[told.basket], pair, len(row))
    twice = times > 1
    ever, buyers = count(np.ones(len(size))), np.bincount(item, minlength=told.items)
    again = np.bincount(item[twice], minlength=told.items)
    between = np.log1p((first - last)[twice] / (times[twice] - 1))
    lately = count(fading[told.basket])
    columns = (
        lately / _some(fading.sum()), count(fading[told.basket] / size) / _some(fading.sum()),
        lately / _some(count(long[told.basket])), buyers, again / _some(buyers), ever / _some(buyers),
        np.bincount(item, times - 1, told.items) / _some(np.bincount(item, chances, told.items)),
        np.bincount(item[twice], between, told.items) / _some(again), count(1 / size) / _some(ever),
    )  # fmt: skip
    return np.column_stack(columns).astype(np.float32)


def customers(told: Baskets) -> Signs:
    """What each customer's receipts say of their baskets, shape (customers, `CUSTOMER`); NaN where there are none."""

    def total(weight: Floats) -> Floats:
        return np.bincount(told.of, weight, told.customers).astype(np.float64)

    number, faded = total(np.ones(len(told.of))), 0.5 ** (told.ago / 100)
    last, first, last_size = (np.full(told.customers, np.nan) for _ in range(3))
    last[told.of], last_size[told.of] = told.ago, told.size  # baskets come by time, so the last one stays
    first[told.of[::-1]] = told.ago[::-1]
    columns = (
        number, total(told.size) / _some(number), total(1 / told.size) / _some(number), last_size, last,
        (first - last) / _some(number - 1), total(faded), total(faded * told.size**0.5),
    )  # fmt: skip
    return np.column_stack(columns).astype(np.float32)


def own(told: Baskets, known: Signs) -> Own:
    """What each customer's receipts say of each product they had.

    Args:
        told: receipts.
        known: from `goods`.
    """
    row, item, pair = _pairs(told)
    ago, size, later = (one[told.basket] for one in (told.ago, told.size, told.later))

    def total(weight: Floats) -> Floats:
        return np.bincount(pair, told.weight * weight, len(row)).astype(np.float64)

    small = size**-0.5
    times = np.bincount(pair, minlength=len(row)).astype(np.float64)
    first, since = _reach(ago, pair, len(row))
    chances, baskets_since = _reach(later, pair, len(row))
    _, least = _reach(size, pair, len(row))
    twice = np.where(times > 1, 1.0, np.nan)
    gap = twice * (first - since) / np.maximum(times - 1, 1)
    gap_baskets = twice * (chances - baskets_since) / np.maximum(times - 1, 1)
    usual = known[item, GOODS.index("again_rate")]
    best = total(small * 0.5 ** (ago / 100))
    columns = (
        total(np.ones(len(size))), total(0.5 ** (ago / 15)), total(small * 0.5 ** (ago / 15)),
        total(0.5 ** (ago / 100)), best, total(0.5 ** (ago / 100) / size), total(0.5 ** (later / 10)),
        total(small * 0.5 ** (later / 10)), total(small * 0.5 ** (later / 3)), since, first, baskets_since, gap,
        since / np.maximum(gap, 0.5), (baskets_since + 1) / np.maximum(gap_baskets, 0.5), times / (chances + 1),
        (times - 1 + _BEFORE * usual) / (chances + _BEFORE),
        np.bincount(pair, np.log(size), len(row)) / _some(times), least, _place(row, item, best),
    )  # fmt: skip
    return Own(row, item, np.column_stack(columns).astype(np.float32), told.items)


def signs(mine: Own, buying: Signs, known: Signs, row: Ints, item: Ints) -> Signs:
    """All that is known of customers with products, shape (asked, `SIGNS`); a product that was not had has NaN.

    Args:
        mine: from `own`.
        buying: from `customers`.
        known: from `goods`.
        row: places of customers.
        item: places of products.
    """
    place, had = mine.find(row, item)
    its = np.full((len(row), len(OWN)), np.nan, np.float32)
    its[had] = mine.signs[place[had]]
    its[:, : OWN.index("since")][~had] = 0
    who, what = buying[row], known[item]

    def of(name: str) -> Signs:
        return its[:, OWN.index(name)]

    number, faded, small = (who[:, CUSTOMER.index(name)] for name in ("baskets", "faded_baskets", "faded_small"))
    shares = (
        of("times") / _some(number), of("days_100") / _some(faded), of("small_days_100") / _some(small),
        np.log1p(of("since")) - what[:, GOODS.index("days_between")],
    )  # fmt: skip
    return np.column_stack([its, who, what, *shares]).astype(np.float32)


def _pairs(told: Baskets) -> tuple[Ints, Ints, Ints]:
    """Customer and product of each pair, in order, and the pair of each line."""
    keys, pair = np.unique(told.row * max(told.items, 1) + told.item, return_inverse=True)
    return keys // max(told.items, 1), keys % max(told.items, 1), pair


def _reach(values: Floats, pair: Ints, pairs: int) -> tuple[Floats, Floats]:
    """Highest and lowest value of each pair."""
    high, low = np.full(pairs, -np.inf), np.full(pairs, np.inf)
    np.maximum.at(high, pair, values)
    np.minimum.at(low, pair, values)
    return high, low


def _place(row: Ints, item: Ints, value: Floats) -> Floats:
    """0 for the highest value of each customer, 1 for the next; of equals the first product."""
    order = np.lexsort((item, -value, row))
    place = np.empty(len(row))
    place[order] = np.arange(len(row)) - np.searchsorted(row, row[order])
    return place


def _changes(*columns: Ints) -> NDArray[np.bool_]:
    """Whether anything differs from the line before; true of the first."""
    found = np.ones(len(columns[0]), np.bool_)
    found[1:] = np.any([one[1:] != one[:-1] for one in columns], axis=0)
    return found


def _some(whole: NDArray[np.floating] | NDArray[np.integer] | np.floating) -> Floats:
    """To divide by: 1 where there is nothing."""
    return np.where(whole > 0, whole, 1).astype(np.float64)
