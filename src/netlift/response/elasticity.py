"""Own-price elasticities of products, drawn towards their category and shop, with what a price also does to others.

Three numbers describe a price change of a product by a factor (1 - d) and are powers of that factor:

- its own elasticity e: its units, in the same week, when nothing else changes;
- the shop's cross elasticity c: what goods of the category gain when *the others* become dearer, so that a category
  whose prices all fall by d sells (1 - d)^(e + c), and goods beside an offer lose;
- the shop's memory m: what is missing in the weeks after low prices, because people stocked up.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netlift.errors import EstimationError
from netlift.response.elasticity_fit import Floats, Ints, Slopes, own_slopes, poisson
from netlift.response.elasticity_noise import noise
from netlift.response.elasticity_panel import Panel
from netlift.response.elasticity_pool import Found, Pooled, pool
from netlift.types import Check, Grade

if TYPE_CHECKING:
    import pyarrow as pa

LEAST_PRODUCTS = 20
"""Products from which the shop's weeks can be told from the products' own moves."""
LEAST_CLUSTERS = 8
"""Categories from which errors are clustered by category; below, by product."""
MONTHS = 8
"""Weeks of a cluster where there are fewer products than that."""
LEAST_MOVED = 5
"""Clusters whose prices move, below which a placebo has little to say."""
LEAST_DEEP = 10
"""Product-weeks that a depth needs to count as tried."""
CUT = 0.03
"""Share of the usual price from which a product-week counts as lowered."""
PLACEBO_LIMIT = 2.58
"""Standard errors at which next week's price is said to matter; by chance one in a hundred times."""
SHARP = 0.25
"""A placebo is worth something if its standard error is at most this share of the elasticity, or .25."""


class Slope(NamedTuple):
    """A figure of the whole shop; 0 with error 0 where it could not be told from the own price."""

    estimate: float
    se: float
    along: float = 0.0
    """How far it moves along with the own price in these data: the own slope falls by this for each unit of it."""


@dataclass(frozen=True, slots=True)
class Elasticities:
    """What follows prices in one shop."""

    products: tuple[str, ...]
    categories: tuple[str, ...]
    category: Ints
    """Category of each product."""
    raw: Floats
    """Each product's own figure; nan where its price does not move."""
    raw_se: Floats
    pooled: Pooled
    cross: Slope
    past: Slope
    future: Slope | None
    """Placebo: what next week's price does to this week's quantity; None: it could not be run."""
    filled: float
    """Share of product-weeks without sales."""
    checks: tuple[Check, ...]
    grade: Grade
    """Of the elasticities as answers about prices on the shelf."""
    joint: Floats
    """Covariance of `cross` and `past`, shape (2, 2)."""
    deepest: float
    """Depth that at least `LEAST_DEEP` product-weeks reached, share of the usual price."""
    lowered: int
    """Product-weeks at least `CUT` below the product's usual price."""
    usual: int
    """The other product-weeks."""

    @property
    def own(self) -> Slope:
        """The shop's mean own elasticity."""
        return Slope(self.pooled.shop, math.hypot(self.pooled.shop_se, self.carried))

    @property
    def carried(self) -> float:
        """Error of every own elasticity that comes from those of `cross` and `past`."""
        along = np.array([self.cross.along, self.past.along])
        return math.sqrt(float(along @ self.joint @ along))

    @property
    def upside_down(self) -> Ints:
        """Products that even after pooling sell more when dearer: kept as they are, but named."""
        return np.flatnonzero(self.pooled.product > 0)

    def table(self) -> "pa.Table":
        """One row per product: its own figure, the pooled one, and how much of its own is in it."""
        import pyarrow as pa

        names = np.array(self.categories, dtype=object)
        return pa.table(
            {
                "product_id": list(self.products),
                "category": names[self.category].tolist(),
                "raw": [None if math.isnan(x) else float(x) for x in self.raw],
                "raw_se": [None if math.isnan(x) else float(x) for x in self.raw_se],
                "elasticity": self.pooled.product,
                "se": np.hypot(self.pooled.product_se, self.carried),
                "own_weight": self.pooled.product_weight,
                "upside_down": self.pooled.product > 0,
            }
        )


def elasticities(panel: Panel) -> Elasticities:
    """Estimate and pool.

    Season and feasts are the shop's week effects; a product's slow changes are levels of half a year. What is left is
    taken for response: if prices are lowered just when this product, and not the shop, sells well anyway, it is not.

    Raises:
        EstimationError: no price moves within products and seasons.

    >>> rng = np.random.default_rng(1)
    >>> week, product = np.tile(np.arange(52), 30), np.repeat(np.arange(30), 52)
    >>> price = np.where(rng.random(30 * 52) < 0.15, 0.8, 1.0)
    >>> found = elasticities(Panel.of(product, week, rng.poisson(40 * price**-2.5), price))
    >>> -2.7 < found.own.estimate < -2.3
    True
    """
    week = panel.week if len(panel.products) >= LEAST_PRODUCTS else None
    cluster, kinds = _clusters(panel)
    extra = _telling(panel)
    columns = [panel.price, *(getattr(panel, name) for name in extra)]
    common = poisson(panel.quantity, np.column_stack(columns), panel.level, week, cluster)
    slopes = {name: _slope(common, 1 + i) for i, name in enumerate(extra)}
    cross, past = (slopes.get(name, Slope(0.0, 0.0)) for name in ("others", "past"))
    raw, raw_se, found = _own(panel, common, week, cross.estimate * panel.others + past.estimate * panel.past)
    pooled = pool(found, len(panel.products), panel.category, len(panel.categories))
    future = _placebo(panel, columns, week, cluster)
    checks = _checks(common, pooled, future, kinds)
    return Elasticities(
        panel.products, panel.categories, panel.category, raw, raw_se, pooled,
        _along(panel, common, cross, panel.others), _along(panel, common, past, panel.past),
        future, panel.filled, checks, _grade(checks), _joint(common, extra),
        _deepest(panel), int(np.sum(panel.price <= math.log(1 - CUT))), int(np.sum(panel.price > math.log(1 - CUT))),
    )  # fmt: skip


def _clusters(panel: Panel) -> tuple[Ints, int]:
    """What errors go together by: categories, or products, or where those are few, two months of a product."""
    known = [name for name in panel.categories if name]
    of_row = panel.category[panel.product] if len(known) >= LEAST_CLUSTERS else panel.product
    if len(panel.products) < LEAST_CLUSTERS:
        of_row = panel.product * (int(panel.week.max()) // MONTHS + 1) + panel.week // MONTHS
    return np.unique(of_row, return_inverse=True)[1].astype(np.int64), len(np.unique(of_row))


def _telling(panel: Panel) -> tuple[str, ...]:
    """Which of the other prices can be told from the own one: at least a tenth of their variance is their own."""
    kept = [panel.price]
    names = []
    for name in ("others", "past"):
        x = _centred(getattr(panel, name), panel.level)
        base = np.column_stack([_centred(column, panel.level) for column in kept])
        rest = x - base @ np.linalg.lstsq(base, x, rcond=None)[0]
        if float(x @ x) > 1e-6 * len(x) and float(rest @ rest) > 0.1 * float(x @ x):
            kept.append(getattr(panel, name))
            names.append(name)
    return tuple(names)


def _centred(x: Floats, level: Ints) -> Floats:
    return x - (np.bincount(level, x) / np.maximum(np.bincount(level), 1))[level]


def _slope(common: Slopes, which: int) -> Slope:
    return Slope(float(common.estimate[which]), common.se(which))


def _deepest(panel: Panel) -> float:
    """The depth that the `LEAST_DEEP` deepest product-weeks have in common, at least 0."""
    place = min(LEAST_DEEP, panel.rows) - 1
    return max(0.0, 1 - math.exp(float(np.partition(panel.price, place)[place])))


def _joint(common: Slopes, extra: tuple[str, ...]) -> Floats:
    found = np.zeros((2, 2))
    place = [("others", "past").index(name) for name in extra]
    found[np.ix_(place, place)] = common.covariance[1:, 1:]
    return found


def _along(panel: Panel, common: Slopes, slope: Slope, x: Floats) -> Slope:
    """How much of `x` goes along with the own price, by the fitted quantities."""
    if not slope.se:
        return slope
    bottom = np.bincount(panel.level, common.mean)

    def centred(values: Floats) -> Floats:
        top = np.bincount(panel.level, common.mean * values)
        return values - np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)[panel.level]

    price = centred(panel.price)
    spread = float(common.mean @ price**2)
    return slope._replace(along=float((common.mean * price) @ centred(x)) / spread if spread > 0 else 0.0)


def _own(panel: Panel, common: Slopes, week: Ints | None, given: Floats) -> tuple[Floats, Floats, list[Found]]:
    """Slopes of the products, the shop's effects given, and their covariance by category."""
    offset = given if week is None else given + common.week[week]
    reference = float(np.clip(common.estimate[0], -8.0, 1.0))
    own = own_slopes(panel.quantity, panel.price, offset, panel.product, panel.level, reference=reference)
    spread = noise(panel, own.mean)
    raw_se = np.full(len(panel.products), np.nan)
    found = []
    for category in range(len(panel.categories)):
        product, covariance = spread.covariance(panel, own.hat, own.reference, category)
        raw_se[product] = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        told = np.isfinite(own.estimate[product]) & (np.diag(covariance) > 0)
        if told.any():
            mine = product[told]
            slope = _unskewed(own.estimate[mine], own.skew[mine], raw_se[mine])
            found.append(Found(category, mine, slope, covariance[np.ix_(told, told)]))
    return own.estimate, np.where(np.isfinite(own.estimate), raw_se, np.nan), found


def _unskewed(slope: Floats, skew: Floats, se: Floats) -> Floats:
    """Slopes without the bias of few sales, moved by at most half a standard error."""
    return slope + np.clip(0.5 * skew * se**2, -0.5 * se, 0.5 * se)


def _placebo(panel: Panel, columns: list[Floats], week: Ints | None, cluster: Ints) -> Slope | None:
    try:
        found = poisson(panel.quantity, np.column_stack([*columns, panel.future]), panel.level, week, cluster)
    except EstimationError:
        return None
    return _slope(found, len(columns))


def _checks(common: Slopes, pooled: Pooled, future: Slope | None, kinds: int) -> tuple[Check, ...]:
    moves = Check("price_moves", common.clusters >= LEAST_MOVED, common.clusters, LEAST_MOVED, {"of": float(kinds)})
    if future is None or not future.se > 0:
        return Check("placebo_ahead", None, math.nan, PLACEBO_LIMIT), moves
    value = abs(future.estimate) / future.se
    sharp = future.se <= max(SHARP, SHARP * abs(pooled.shop))
    passed = False if value > PLACEBO_LIMIT else True if sharp else None
    numbers = {"slope": future.estimate, "se": future.se}
    return Check("placebo_ahead", passed, value, PLACEBO_LIMIT, numbers), moves


def _grade(checks: tuple[Check, ...]) -> Grade:
    """Quasi-experimental only if a sharp placebo found nothing and prices moved in several places."""
    placebo, moves = checks
    if placebo.passed is False:
        return Grade.WEAK
    return Grade.QUASI if placebo.passed and moves.passed else Grade.OBSERVATIONAL
