"""Gifts: goods that sell well and cost no more than the margin of the basket that earns them bears."""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from netlift.candidates.candidate import Goal
from netlift.candidates.ground import Ground
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.rounding import threshold

LEAST_COVER = 4.0
"""Weeks of stock that a gift must have where stock is known."""


class Gifts(Idea):
    """A gift from a basket on, dearer gifts for larger baskets, a gift with the best seller."""

    kind = "gifts"
    mechanisms: ClassVar = dict.fromkeys(
        ("gift_with_spend", "gift_tiers", "gift_with_purchase"), "goods sold by the piece"
    )

    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """Gifts for everybody; their cost is the cut."""
        _, usual, deep = ground.depths
        if ground.baskets is None or not usual:
            return
        _, middle, high, _ = (threshold(value) for value in ground.baskets.spend_minor)
        first, second = _gift(ground, middle * usual / 100), _gift(ground, high * deep / 100)
        if first is not None:
            yield from _from(ground, first, middle)
        if first is not None and second is not None and first != second and middle < high:
            yield from _tiered(ground, (first, middle), (second, high))
        yield from _with_best(ground)


def _gift(ground: Ground, worth: float) -> int | None:
    """The best seller among goods that cost the shop between half of an amount and all of it."""
    goods = ground.goods
    cover = goods.cover
    fit = (goods.cost <= worth) & (goods.cost >= worth / 2) & (goods.orders > 0) & ~goods.measured
    rows = np.flatnonzero(fit & (np.isnan(cover) | (cover >= LEAST_COVER)))
    order = np.lexsort((goods.product_id[rows].astype(str), -goods.orders[rows]))
    return int(rows[order][0]) if len(rows) else None


def _named(ground: Ground, row: int) -> dict[str, object]:
    return {"product": str(ground.goods.product_id[row]), "value": int(ground.goods.price[row])}


def _from(ground: Ground, row: int, spend: int) -> Iterator[Draft]:
    cut = int(ground.goods.cost[row]) / spend
    choice = ground.pick(ground.everything, cut, cut=False)
    if choice is not None:
        yield Draft(
            kind="gift_with_spend", form=filled(choice, spend=spend, **_named(ground, row)), choice=choice,
            goal=Goal.REVENUE, cut=cut, face_minor=int(ground.goods.cost[row]), why=("gift_worth_more_than_cost",),
            numbers={"gift_cost_minor": int(ground.goods.cost[row]), "gift_value_minor": int(ground.goods.price[row])},
            promise=0.6,
        )  # fmt: skip


def _tiered(ground: Ground, *steps: tuple[int, int]) -> Iterator[Draft]:
    cut = max(int(ground.goods.cost[row]) / spend for row, spend in steps)
    choice = ground.pick(ground.everything, cut, cut=False)
    if choice is not None:
        tiers = [{"spend": spend, **_named(ground, row)} for row, spend in steps]
        yield Draft(
            kind="gift_tiers", form=filled(choice, tiers=tiers), choice=choice, goal=Goal.REVENUE, cut=cut,
            face_minor=max(int(ground.goods.cost[row]) for row, _ in steps), why=("gift_worth_more_than_cost",),
        )  # fmt: skip


def _with_best(ground: Ground) -> Iterator[Draft]:
    """With so many units of the best shelf that their margin bears the gift."""
    usual = ground.depths[1]
    for shelf in [shelf for shelf in ground.shelves if not shelf.measured][:3]:
        rows = ground.on_shelf(shelf.category)
        units = max(2, round(shelf.units[1]))
        worth = units * float(np.quantile(ground.goods.price[rows], 0.25)) * usual / 100
        gift = _gift(ground, worth)
        if gift is None:
            continue
        cheapest = int(ground.goods.price[rows].min())
        cut = int(ground.goods.cost[gift]) / (units * cheapest)
        dear = rows if cut <= usual / 100 else rows[ground.goods.price[rows] * units * usual / 100 >= worth]
        cut = int(ground.goods.cost[gift]) / (units * int(ground.goods.price[dear].min())) if len(dear) else 1.0
        whole = shelf.category if len(dear) == len(rows) else None
        choice = ground.pick(dear, cut, category=whole, named=whole is None, cut=False) if cut < 1 else None
        if choice is not None:
            form = {"buy": units, "at_most": 1, **_named(ground, gift)}
            yield Draft(
                kind="gift_with_purchase", form=filled(choice, **form), choice=choice, goal=Goal.REVENUE, cut=cut,
                face_minor=int(ground.goods.cost[gift]), why=("gift_worth_more_than_cost", "strong_shelf"),
                numbers={"gift_cost_minor": int(ground.goods.cost[gift])},
            )  # fmt: skip
            return
