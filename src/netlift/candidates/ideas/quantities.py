"""More of the same: tiers of units, the second one cheaper, three for two, at what the margin of the set bears."""

from collections.abc import Iterator
from math import ceil
from typing import ClassVar

import numpy as np

from netlift.candidates.candidate import Goal
from netlift.candidates.catalogue import Shelf
from netlift.candidates.ground import Choice, Ground, best_sellers
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.rounding import face, price

MOST_SHELVES = 6
MOST_UNITS = 6
"""Sets larger than this are no longer bought for the offer's sake."""


class Quantities(Idea):
    """On shelves whose goods are bought by the piece."""

    kind = "quantities"
    mechanisms: ClassVar = dict.fromkeys(
        (
            "quantity_tiers", "quantity_off", "quantity_price", "multi_buy", "cheapest_free", "buy_get", "nth_item",
            "second_half_price", "mix_and_match",
        ),
        "goods sold by the piece",
    )  # fmt: skip

    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """Each form on a shelf of its own, in the order of revenue, as far as shelves reach."""
        forms = (_tiers, _free_one, _nth, _group_price, _half, _second_buy, _cheapest, _amounts, _prices)
        shelves = [shelf for shelf in ground.shelves if not shelf.measured][:MOST_SHELVES]
        for place, form in enumerate(forms):
            for turn in range(len(shelves)):
                shelf = shelves[(place + turn) % len(shelves)]
                found = list(form(ground, shelf))
                if found:
                    yield from found
                    break


def _more(shelf: Shelf) -> int:
    """One unit more than usual, at least two."""
    return max(2, min(MOST_UNITS - 1, ceil(shelf.units[0]) + 1))


def _draft(kind: str, form: dict[str, object], choice: Choice, cut: float, shelf: Shelf, **more: int) -> Draft:
    return Draft(
        kind=kind, form=filled(choice, **form), choice=choice, goal=Goal.REVENUE, cut=cut,
        why=("one_more_than_usual",), numbers={"units": shelf.units[0], **more},
    )  # fmt: skip


def _set_of(ground: Ground, shelf: Shelf, sizes: range, share: float = 1.0) -> tuple[int, Choice] | None:
    """The smallest set of which one unit may be free (or cheaper by a share), with the goods that bear it."""
    rows = ground.on_shelf(shelf.category)
    for size in sizes:
        choice = ground.pick(rows, share / size, category=shelf.category, cut=False)
        if choice is not None:
            return size, choice
    return None


def _tiers(ground: Ground, shelf: Shelf) -> Iterator[Draft]:
    light, usual, _ = ground.depths
    picked = ground.deepest(ground.on_shelf(shelf.category), (usual,), category=shelf.category, cut=False)
    if picked is not None and light < usual:
        units = _more(shelf)
        tiers = [{"units": units, "off": str(light)}, {"units": units + 1, "off": str(usual)}]
        yield _draft("quantity_tiers", {"tiers": tiers}, picked[1], usual / 100, shelf)


def _free_one(ground: Ground, shelf: Shelf) -> Iterator[Draft]:
    found = _set_of(ground, shelf, range(3, MOST_UNITS + 1))
    if found is not None:
        size, choice = found
        yield _draft("multi_buy", {"take": size, "pay": size - 1}, choice, 1 / size, shelf)


def _second_buy(ground: Ground, shelf: Shelf) -> Iterator[Draft]:
    found = _set_of(ground, shelf, range(2, MOST_UNITS + 1))
    if found is not None:
        size, choice = found
        yield _draft("buy_get", {"buy": size - 1, "get": 1, "same_product": True}, choice, 1 / size, shelf)


def _cheapest(ground: Ground, shelf: Shelf) -> Iterator[Draft]:
    found = _set_of(ground, shelf, range(3, MOST_UNITS + 1))
    if found is not None:
        size, choice = found
        yield _draft("cheapest_free", {"units": size, "free": 1}, choice, 1 / size, shelf)


def _nth(ground: Ground, shelf: Shelf) -> Iterator[Draft]:
    number = _more(shelf)
    for off in (50, 40, 30, 20):
        cut = off / 100 / number
        choice = ground.pick(ground.on_shelf(shelf.category), cut, category=shelf.category, cut=False)
        if choice is not None:
            yield _draft("nth_item", {"number": number, "off": str(off)}, choice, cut, shelf)
            return


def _half(ground: Ground, shelf: Shelf) -> Iterator[Draft]:
    found = _set_of(ground, shelf, range(2, 3), 0.5)
    if found is not None:
        yield _draft("second_half_price", {}, found[1], 0.25, shelf)


def _group_price(ground: Ground, shelf: Shelf) -> Iterator[Draft]:
    """A set of any goods of about the same price."""
    usual, units = ground.depths[1], max(3, _more(shelf))
    rows = ground.on_shelf(shelf.category)
    listed = ground.goods.price[rows]
    middle = float(np.median(listed))
    near = rows[np.abs(listed - middle) <= 0.1 * middle]
    together = price(units * middle * (1 - usual / 100))
    if len(near) < 2 or not usual or not 0 < together < units * int(ground.goods.price[near].min()):
        return
    cut = 1 - together / (units * int(ground.goods.price[near].max()))
    choice = ground.pick(near, cut, named=True, cut=False)
    if choice is not None:
        yield _draft("mix_and_match", {"units": units, "price": together}, choice, cut, shelf)


def _amounts(ground: Ground, shelf: Shelf) -> Iterator[Draft]:
    """Amounts off for more units of the best seller."""
    light, usual, _ = ground.depths
    for row in best_sellers(ground, ground.on_shelf(shelf.category), 1):
        units, listed = _more(shelf), int(ground.goods.price[row])
        first, second = face(units * listed * light / 100), face((units + 1) * listed * usual / 100)
        cut = max(first / (units * listed), second / ((units + 1) * listed))
        choice = ground.pick(ground.everything[row : row + 1], cut, named=True, cut=False)
        if choice is not None and 0 < first < second:
            tiers = [{"units": units, "off": first}, {"units": units + 1, "off": second}]
            yield _draft("quantity_off", {"tiers": tiers}, choice, cut, shelf)


def _prices(ground: Ground, shelf: Shelf) -> Iterator[Draft]:
    """A lower price for more units of the best seller."""
    for row in best_sellers(ground, ground.on_shelf(shelf.category), 1):
        units, listed = _more(shelf), int(ground.goods.price[row])
        lower = price(listed * (1 - ground.depths[1] / 100))
        cut = 1 - lower / listed
        choice = ground.pick(ground.everything[row : row + 1], cut, named=True, cut=False)
        if choice is not None and 0 < lower < listed and ground.depths[1]:
            yield _draft("quantity_price", {"tiers": [{"units": units, "price": lower}]}, choice, cut, shelf)
