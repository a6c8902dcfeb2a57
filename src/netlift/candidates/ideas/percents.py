"""Prices down on a shelf for everybody: per cents, an amount off each unit, one price for many, quiet hours."""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from netlift.candidates.candidate import Goal
from netlift.candidates.catalogue import Shelf
from netlift.candidates.ground import Ground
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.rounding import face, price

MOST_SHELVES = 5


class Percents(Idea):
    """Price cuts on the shelves that sell most."""

    kind = "percents"
    mechanisms: ClassVar = {
        "percent_off": "",
        "amount_off": "",
        "fixed_price": "",
        "happy_hour": "orders that tell the hour",
    }

    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """Per cents on the best shelves, the other forms on the first that fits."""
        light, usual, deep = ground.depths
        for place, shelf in enumerate(ground.shelves[:MOST_SHELVES]):
            depths = ((usual, deep, light), (light, usual, deep), (deep, usual, light))[place % 3]
            picked = ground.deepest(ground.on_shelf(shelf.category), depths, category=shelf.category)
            if picked is not None:
                percent, choice = picked
                yield Draft(
                    kind="percent_off", form=filled(choice, off=str(percent)), choice=choice, goal=Goal.REVENUE,
                    cut=percent / 100, depth=percent / 100, why=("strong_shelf",), promise=0.6 - 0.05 * place,
                    numbers={"shelf_share": shelf.revenue_minor / max(1, int(ground.goods.revenue.sum()))},
                )  # fmt: skip
        pieces = [shelf for shelf in ground.shelves if not shelf.measured][:MOST_SHELVES]
        for draft in (_amount, _one_price):
            tries = (list(draft(ground, shelf, off)) for off in (usual, deep) if off for shelf in pieces)
            yield from next((found for found in tries if found), [])
        yield from _quiet(ground)


def _amount(ground: Ground, shelf: Shelf, percent: int) -> Iterator[Draft]:
    """The same amount off each of the dearer half of a shelf."""
    rows = ground.on_shelf(shelf.category)
    middle = int(np.median(ground.goods.price[rows]))
    off = face(middle * percent / 100)
    choice = ground.pick(rows[ground.goods.price[rows] >= middle], off / middle, named=True) if off else None
    if choice is not None:
        yield Draft(
            kind="amount_off", form=filled(choice, off=off), choice=choice, goal=Goal.REVENUE, cut=off / middle,
            why=("dearer_half",),
        )  # fmt: skip


def _one_price(ground: Ground, shelf: Shelf, percent: int) -> Iterator[Draft]:
    """One price for goods that cost somewhat more."""
    rows = ground.on_shelf(shelf.category)
    one = price(float(np.median(ground.goods.price[rows])) * (1 - percent / 100))
    if not one:
        return
    here = ground.goods.price[rows]
    near = rows[(here * (1 - percent / 100) <= one) & (here > one)]
    cut = 1 - one / int(ground.goods.price[near].max()) if len(near) else 0.0
    choice = ground.pick(near, cut, named=True) if len(near) > 1 else None
    if choice is not None:
        yield Draft(
            kind="fixed_price", form=filled(choice, price=one), choice=choice, goal=Goal.REVENUE, cut=cut,
            why=("one_price_for_many",), numbers={"products": float(len(choice.rows))},
        )  # fmt: skip


def _quiet(ground: Ground) -> Iterator[Draft]:
    """Per cents off everything in the quietest hours."""
    light, usual, deep = ground.depths
    quiet = ground.baskets.quiet if ground.baskets is not None else None
    picked = ground.deepest(ground.everything, (usual, deep, light))
    if quiet is not None and picked is not None:
        (first, share), (percent, choice) = quiet, picked
        hours = {"start": f"{first:02d}:00", "end": f"{(first + 3) % 24:02d}:00"}
        yield Draft(
            kind="happy_hour", form=filled(choice, off=str(percent), **hours), choice=choice, goal=Goal.REVENUE,
            cut=percent / 100, why=("quiet_hours",), numbers={"hour": float(first), "even_share": share},
        )  # fmt: skip
