"""What each customer will buy anyway, by category: purchase rates between one's own past and everybody's.

The days on which customer i buys goods of category k follow a Poisson process with a rate of his own, Gamma(a_k, b_k)
across customers. After n such days within T days of being known, the expected rate is (a + n) / (b + T) and its
variance (a + n) / (b + T)^2 (Greene 1982, "Reliability of consumer purchase rates"; the NBD of Ehrenberg 1959,
doi:10.2307/2985810). a and b by moments over the customers. The day of the very first purchase does not count: without
it there would be no customer. Seasons are not in it, nor that customers leave; so only the last `LOOK_BACK` days are
read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError, DataError
from netlift.history.shop import Shop
from netlift.response.results import Offer

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


class Rates(NamedTuple):
    """Prior of buying days per day."""

    a: Floats
    """Shape: in days of purchase; one for each category."""
    b: Floats
    """Strength, in days."""

    def posterior(self, bought: Floats, known: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of the rates per day.

        Args:
            bought: days with purchases, shape (n, n_categories) or (n,).
            known: days of being known, shape (n,).

        >>> mean, variance = Rates(np.array([1.0]), np.array([100.0])).posterior(np.array([[9.0]]), np.array([100.0]))
        >>> mean.item(), variance.item()
        (0.05, 0.00025)
        """
        span = known[:, None] + self.b if bought.ndim == 2 else known + self.b
        mean = (bought + self.a) / span
        return mean, mean / span


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
       {until} - greatest(first + 1, {since}) AS known, days, baskets, spent, squares
FROM (SELECT customer_id, min(day) AS first FROM customer_days WHERE day < {until} GROUP BY customer_id) f
LEFT JOIN (
  SELECT d.customer_id, count(*) FILTER (d.day > g.first) AS days, count(*) AS baskets,
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
SELECT d.row, k.kind, count(*) AS n FROM demand_days d JOIN demand_kinds k USING (category) WHERE d.again
GROUP BY ALL ORDER BY d.row, k.kind
"""
_MOMENTS = """
SELECT k.kind, coalesce(sum(b.n), 0)::DOUBLE, coalesce(sum(b.n * b.n), 0)::DOUBLE,
       coalesce(sum(b.n * p.known), 0)::DOUBLE
FROM demand_kinds k LEFT JOIN demand_bought b USING (kind) LEFT JOIN demand_people p USING (row)
GROUP BY k.kind ORDER BY k.kind
"""


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
    days = {"until": until, "since": until - look_back}
    for query in (_KNOWN, _DAYS, _KINDS, _BOUGHT):
        shop.con.execute(query.format(**days))
    kinds = shop.con.execute("SELECT category, days, list, margin, returns FROM demand_kinds ORDER BY kind").fetchall()
    if not kinds:
        raise DataError(f"no known customer bought anything in the {look_back} days before the day asked about")
    customers, total, squares = _one(shop, "SELECT count(*), sum(known), sum(known * known) FROM demand_people")
    n, nn, nt = (np.array(column) for column in list(zip(*shop.con.execute(_MOMENTS).fetchall(), strict=True))[1:])
    names = tuple(str(kind[0]) for kind in kinds)
    count, value, margin, returns = (np.array([kind[i] for kind in kinds], dtype=np.float64) for i in range(1, 5))
    left = margin - returns - shop.terms.fee_rate * (value - returns)
    bought = _one(
        shop,
        "SELECT sum(days), sum(days * days), sum(days * known), sum(baskets) FROM demand_people",
    )
    basket, spread, prior = _baskets(shop)
    return Demand(
        shop, until, look_back, int(customers), names, _gamma((n, nn, nt), (total, squares)),
        _gamma(np.array(bought[:3])[:, None], (total, squares)), value / count, left / count,
        basket, float(left.sum() / bought[3]), prior, spread,
    )  # fmt: skip


def _gamma(sums: Sequence[Floats] | Floats, known: tuple[float, float]) -> Rates:
    """Moments: E n = m T, Var n = m T + v T^2; a = m^2 / v and b = m / v, nearly alike customers where v is not > 0."""
    (n, nn, nt), total, squares = sums, max(known[0], 1.0), max(known[1], 1.0)
    mean = np.maximum(n, 0.5) / total
    excess = nn - 2 * mean * nt + mean**2 * squares - mean * total
    variance = np.maximum(excess / squares, 1e-4 * mean**2)
    return Rates(mean**2 / variance, mean / variance)


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
