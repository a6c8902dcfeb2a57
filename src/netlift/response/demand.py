"""What each customer will buy anyway, by category: purchase rates between one's own past and everybody's.

The days on which customer i buys goods of a category come at a rate of his own, of mean m and variance v across
customers; over T days their number varies by p m T around rate x T. With b = p m / v and a = m b,

    expected rate after n such days within T days of being known    (a + n) / (b + T), variance p (a + n) / (b + T)^2

the best linear forecast (Buehlmann 1967, doi:10.1017/S0515036100008989); for p = 1 it is the NBD model's (Ehrenberg
1959, doi:10.2307/2985810). v is what the two halves of the past have in common, so that a full cupboard, which makes
purchases more regular than chance (p < 1), is not mistaken for customers being alike. The day of the very first
purchase does not count: without it there would be no customer. Seasons are not in it; only the last `LOOK_BACK` days
are read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.candidates.offer import Offer
from netlift.errors import ConfigError, DataError
from netlift.history.shop import Shop
from netlift.response.tried import Tried

Floats = NDArray[np.float64]

LOOK_BACK = 182
"""Days of the past that rates are read from."""
CHUNK = 20_000
"""Customers at a time."""


@dataclass(frozen=True, slots=True)
class Planned:
    """An offer that is thought of: on which goods, for how long."""

    offer: Offer
    days: int = 14
    """Days in which it can be used."""
    categories: tuple[str, ...] = ()
    """Categories on offer, beside `offer.products`; both empty: everything."""
    noticed: float = 1.0
    """Share of the purchases at which those who are offered it think of it; prices on the shelf are always seen."""
    tried: Tried | None = None
    """What a dry run says, where the offer is no plain percentage; it is then read as a cut in price of equal worth."""

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ConfigError(f"offer {self.offer.offer_id!r}: days must be at least 1, got {self.days}")
        if not 0 < self.noticed <= 1:
            raise ConfigError(f"offer {self.offer.offer_id!r}: noticed is a share above 0, got {self.noticed:g}")
        if self.offer.depth is not None and not 0 < self.offer.depth < 1:
            raise ConfigError(
                f"offer {self.offer.offer_id!r}: depth is a share above 0 and below 1 (0.1 for 10 %), "
                f"got {self.offer.depth:g}"
            )

    @property
    def depth(self) -> float | None:
        """Share of the price taken off where it can be used; None: neither declared nor tried."""
        return self.offer.depth if self.tried is None else self.tried.depth or None


class Rates(NamedTuple):
    """Prior of buying days per day."""

    a: Floats
    """Days of purchase that everybody's habits count for; one for each category."""
    b: Floats
    """Days of being known that they count for."""
    wild: Floats
    """p: variance of the number of days around the own rate, 1 for Poisson."""

    def posterior(self, bought: Floats, known: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of the rates per day.

        Args:
            bought: days with purchases, shape (n, n_categories) or (n,).
            known: days of being known, shape (n,).

        >>> rates = Rates(np.array([1.0]), np.array([100.0]), np.array([1.0]))
        >>> mean, variance = rates.posterior(np.array([[9.0]]), np.array([100.0]))
        >>> mean.item(), variance.item()
        (0.05, 0.00025)
        """
        span = known[:, None] + self.b if bought.ndim == 2 else known + self.b
        mean = (bought + self.a) / span
        return mean, self.wild * mean / span


class People(NamedTuple):
    """Some customers, by id."""

    customer_id: NDArray[np.object_]
    known: Floats
    """Days of being known within the look-back, shape (n,)."""
    bought: Floats
    """Days with purchases of each category, shape (n, n_categories)."""
    days: Floats
    """Days with any purchase, shape (n,)."""
    baskets: Floats
    """All days of purchase, the first one too, shape (n,)."""
    spent: Floats
    """Value at list price on them, minor units, shape (n,)."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Purchases of a shop before a day, ready to be asked in chunks of customers."""

    shop: Shop
    as_of: int
    """Day number of the first day that is not known."""
    look_back: int
    """Days before it that were read."""
    customers: int
    categories: tuple[str, ...]
    rates: Rates
    """By category."""
    any_rate: Rates
    """Of buying anything; arrays of shape (1,)."""
    value: Floats
    """Mean value at list price of a day's purchase in each category, minor units."""
    margin: Floats
    """Mean margin at list price of it: less cost of goods, returns and fees; minor units."""
    basket: float
    """Mean value at list price of a day's purchase of everything, minor units."""
    basket_margin: float
    """Margin at list price of it, minor units."""
    basket_prior: float
    """Days of purchase of one's own that count as much as what everybody spends."""
    basket_sd: float
    """Standard deviation of one customer's baskets around his mean, minor units."""

    def chunks(self, size: int = CHUNK) -> Iterator[People]:
        """All customers with an order before `as_of`, in order of id."""
        for low in range(0, self.customers, size):
            high = min(low + size, self.customers)
            yield _people(self.shop, low, high, len(self.categories))

    def own_basket(self, people: People) -> tuple[Floats, Floats]:
        """Expected value of a customer's next basket and its standard error: between his mean and everybody's."""
        weight = people.baskets + self.basket_prior
        return (people.spent + self.basket_prior * self.basket) / weight, self.basket_sd / np.sqrt(weight)


def first_uses(mean: Floats, most: int) -> Floats:
    """Expected uses of an offer that can be used `most` times: E min(N, most), N Poisson with this mean.

    That is the sum of the chances of at least 1, 2, ..., `most`; 0 means without limit.

    >>> first_uses(np.array([0.1, 10.0]), 1).round(3).tolist()
    [0.095, 1.0]
    """
    from scipy.special import pdtrc

    if most < 1:
        return mean
    found: Floats = np.sum([pdtrc(k, mean) for k in range(most)], axis=0)
    return found


_KNOWN = """
CREATE OR REPLACE TEMP TABLE demand_people AS
SELECT row_number() OVER (ORDER BY customer_id) - 1 AS row, customer_id, first,
       {until} - greatest(first + 1, {since}) AS known, coalesce(days, 0) AS days, coalesce(late, 0) AS late,
       coalesce(baskets, 0) AS baskets, coalesce(spent, 0) AS spent, coalesce(squares, 0) AS squares
FROM (SELECT customer_id, min(day) AS first FROM customer_days WHERE day < {until} GROUP BY customer_id) f
LEFT JOIN (
  SELECT d.customer_id, count(*) FILTER (d.day > g.first) AS days,
         count(*) FILTER (d.day > g.first AND d.day >= {middle}) AS late, count(*) AS baskets,
         sum(d.list_revenue)::BIGINT AS spent, sum(d.list_revenue::HUGEINT * d.list_revenue) AS squares
  FROM customer_days d JOIN (
    SELECT customer_id, min(day) AS first FROM customer_days GROUP BY customer_id) g USING (customer_id)
  WHERE d.day < {until} AND d.day >= {since} GROUP BY d.customer_id) USING (customer_id)
ORDER BY row
"""
_DAYS = """
CREATE OR REPLACE TEMP TABLE demand_days AS
SELECT p.row, s.category, s.day, s.day > p.first AS again, sum(s.list_revenue)::BIGINT AS list,
       sum(s.list_revenue - s.cost_of_goods)::BIGINT AS margin, sum(s.returns)::BIGINT AS returns
FROM sold s JOIN demand_people p USING (customer_id)
WHERE s.day < {until} AND s.day >= {since} GROUP BY p.row, s.category, s.day, 4
"""
_KINDS = """
CREATE OR REPLACE TEMP TABLE demand_kinds AS
SELECT row_number() OVER (ORDER BY category) - 1 AS kind, category, count(*) AS days, sum(list)::DOUBLE AS list,
       sum(margin)::DOUBLE AS margin, sum(returns)::DOUBLE AS returns
FROM demand_days GROUP BY category ORDER BY category
"""
_BOUGHT = """
CREATE OR REPLACE TEMP TABLE demand_bought AS
SELECT d.row, k.kind, count(*) AS n, count(*) FILTER (d.day >= {middle}) AS late
FROM demand_days d JOIN demand_kinds k USING (category) WHERE d.again
GROUP BY ALL ORDER BY d.row, k.kind
"""
_SUMS = """
SELECT coalesce(sum(n), 0)::DOUBLE, coalesce(sum(n) FILTER (steady), 0)::DOUBLE,
       coalesce(sum(late) FILTER (steady), 0)::DOUBLE, coalesce(sum(n * n) FILTER (steady), 0)::DOUBLE,
       coalesce(sum((n - late) * late) FILTER (steady), 0)::DOUBLE
FROM ({source}) GROUP BY kind ORDER BY kind
"""
"""Days of purchase of all customers; of those known through the whole look-back: days, those in its later half,
squares, and products of the halves."""
_BY_KIND = """
SELECT k.kind, x.n, x.late, p.known = {look_back} AS steady
FROM demand_kinds k LEFT JOIN demand_bought x USING (kind) LEFT JOIN demand_people p USING (row)
"""
_BY_ALL = "SELECT 0 AS kind, days AS n, late, known = {look_back} AS steady FROM demand_people"
LEAST_STEADY = 50
"""Customers known through the whole look-back from whom the spread of rates is read; below, it is taken as large as
the mean, which is an exponential distribution of rates."""


def demand(shop: Shop, as_of: int | None = None, *, look_back: int = LOOK_BACK) -> Demand:
    """Read purchase rates; leaves tables `demand_...` on the connection, of which there is one set at a time.

    Args:
        shop: opened shop.
        as_of: day number of the first day that is not to be read; None: after the last one.
        look_back: days before it that are read.

    Raises:
        DataError: nobody bought anything in those days.
    """
    until = int(shop.span.end.timestamp() // 86_400) if as_of is None else as_of
    days = {"until": until, "since": until - look_back, "middle": until - look_back // 2}
    for query in (_KNOWN, _DAYS, _KINDS, _BOUGHT):
        shop.con.execute(query.format(**days))
    kinds = shop.con.execute("SELECT category, days, list, margin, returns FROM demand_kinds ORDER BY kind").fetchall()
    if not kinds:
        raise DataError(f"no known customer bought anything in the {look_back} days before the day asked about")
    customers, total, steady = _one(
        shop, f"SELECT count(*), sum(known), count(*) FILTER (known = {look_back}) FROM demand_people"
    )
    sources = [source.format(look_back=look_back) for source in (_BY_KIND, _BY_ALL)]
    sums = [shop.con.execute(_SUMS.format(source=source)).fetchall() for source in sources]
    rates, any_rate = (_rates(np.array(x, dtype=np.float64).T, total, steady, look_back) for x in sums)
    names = tuple(str(kind[0]) for kind in kinds)
    count, value, margin, returns = (np.array([kind[i] for kind in kinds], dtype=np.float64) for i in range(1, 5))
    left = margin - returns - shop.terms.fee_rate * (value - returns)
    (days_bought,) = _one(shop, "SELECT sum(baskets) FROM demand_people")
    basket, spread, prior = _baskets(shop)
    return Demand(
        shop, until, look_back, int(customers), names, rates, any_rate, value / count, left / count,
        basket, float(left.sum() / days_bought), prior, spread,
    )  # fmt: skip


def _rates(sums: Floats, total: float, steady: float, look_back: int) -> Rates:
    """Prior from sums of shape (5, n_categories); see `_SUMS`."""
    everybody, days, late, squares, halves = sums
    mean = np.maximum(everybody, 0.5) / max(total, 1.0)
    if steady < LEAST_STEADY:
        return Rates(np.ones_like(mean), 1 / mean, np.ones_like(mean))
    apart = (look_back // 2) * (look_back - look_back // 2)
    own = (halves / steady - (days - late) * late / steady**2) / apart
    own = np.clip(own, 1e-3 * mean**2, 10 * mean**2)
    around = squares / steady - (days / steady) ** 2 - own * look_back**2
    wild = np.clip(around / np.maximum(days / steady, 1e-9), 0.2, 5.0)
    return Rates(wild * mean**2 / own, wild * mean / own, wild)


def _baskets(shop: Shop) -> tuple[float, float, float]:
    """Mean basket, standard deviation within a customer, and variance within over variance between (one-way moments).

    Sums run over customers in order of id, so that threads cannot change them.
    """
    rows = shop.con.execute(
        "SELECT baskets, spent, squares::DOUBLE AS squares FROM demand_people WHERE baskets > 0 ORDER BY row"
    ).fetchnumpy()
    n, spent, squares = (np.asarray(rows[name], dtype=np.float64) for name in ("baskets", "spent", "squares"))
    mean = float(spent.sum() / n.sum())
    within = max(float(np.sum(squares - spent**2 / n)), 0.0) / max(float(n.sum()) - len(n), 1.0)
    size = float(n.sum() - np.sum(n**2) / n.sum())
    between = float(np.sum(n * (spent / n - mean) ** 2)) - (len(n) - 1) * within
    between = max(between / size, 1e-3 * within, 1e-9) if size > 0 else max(within, 1e-9)
    return mean, float(np.sqrt(within)), within / between


def _people(shop: Shop, low: int, high: int, kinds: int) -> People:
    base = shop.con.execute(
        "SELECT customer_id, known, coalesce(days, 0) AS days, coalesce(baskets, 0) AS baskets, "
        f"coalesce(spent, 0) AS spent FROM demand_people WHERE row >= {low} AND row < {high} ORDER BY row"
    ).to_arrow_table()
    cells = shop.con.execute(
        f"SELECT row - {low} AS row, kind, n FROM demand_bought WHERE row >= {low} AND row < {high}"
    ).fetchnumpy()
    bought = np.zeros((high - low, kinds))
    bought[cells["row"], cells["kind"]] = cells["n"]

    def column(name: str) -> Floats:
        return np.asarray(base[name].cast("float64").to_numpy(zero_copy_only=False), dtype=np.float64)

    return People(
        base["customer_id"].to_numpy(zero_copy_only=False), column("known"), bought, column("days"),
        column("baskets"), column("spent"),
    )  # fmt: skip


def _one(shop: Shop, query: str) -> Sequence[float]:
    row = shop.con.execute(query).fetchone()
    return tuple(float(x or 0) for x in row) if row else ()
