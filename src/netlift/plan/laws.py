"""What the law and good manners ask of prices, checked for every candidate on the goods that it names.

lowest_30    an announced price cut stays below the lowest price of the last 30 days (Directive 98/6/EC, Article 6a);
             asked of public cuts of shelf prices only
below_cost   no unit is sold below its cost of goods
price_floor  where a shop sets prices below which nothing may be sold, none is
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from netlift.candidates.candidate import Candidate, Scope
from netlift.candidates.catalogue import Goods
from netlift.plan.told import Law
from netlift.types import Check

CUTS = frozenset({"percent_off", "amount_off", "fixed_price", "flash_sale", "clearance", "price_list"})
"""Mechanisms that announce a lower price of goods, not of baskets."""


def price_laws(
    candidates: Sequence[Candidate], goods: Goods, *, floors: Mapping[str, int] | None = None
) -> tuple[Law, ...]:
    """Checks of every candidate; `value` is the share of its goods, by revenue, that would break the rule.

    How much a unit loses at most is the candidate's figure `cut`, or the depth of its offer.

    Args:
        candidates: any.
        goods: of the catalogue, with prices, costs and the lowest price of late.
        floors: lowest allowed price of a product, minor units.
    """
    known = np.array([(floors or {}).get(str(product), 0) for product in goods.product_id], np.int64)
    return tuple(law for one in candidates for law in _laws(one, goods, known, floors is not None))


def _laws(candidate: Candidate, goods: Goods, floors: NDArray[np.int64], has_floors: bool) -> Iterator[Law]:
    rows = _on_offer(candidate, goods)
    offer = candidate.offer.offer_id
    cut = float(candidate.numbers.get("cut", candidate.offer.depth or 0.0))
    after = np.floor(goods.price[rows] * (1 - cut) + 1e-9)
    revenue = goods.revenue[rows].astype(np.float64)

    def share(broken: NDArray[np.bool_]) -> float:
        return float(revenue[broken].sum() / revenue.sum()) if revenue.sum() > 0 else float(broken.any())

    def law(code: str, broken: NDArray[np.bool_]) -> Law:
        passed = bool(not broken.any()) if len(rows) else None
        numbers = {"goods": float(len(rows)), "broken": float(broken.sum()), "cut": cut}
        return Law(offer, Check(code, passed, share(broken), 0.0, numbers))

    yield law("below_cost", after < goods.cost[rows])
    if candidate.scope is not Scope.PERSONAL and candidate.kind in CUTS and cut > 0:
        yield law("lowest_30", after >= goods.lowest[rows])
    if has_floors:
        yield law("price_floor", after < floors[rows])


def _on_offer(candidate: Candidate, goods: Goods) -> NDArray[np.int64]:
    """Rows of the goods that the candidate names; all where it names none."""
    if not candidate.categories and not candidate.offer.products:
        return np.arange(goods.size)
    named = np.isin(goods.product_id.astype(str), list(candidate.offer.products))
    named |= np.isin(goods.category.astype(str), list(candidate.categories))
    return np.flatnonzero(named)
