"""Together cheaper: sets of goods that people buy together anyway, and promotions that partners pay a part of."""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from netlift.candidates.candidate import Goal
from netlift.candidates.catalogue import Ints
from netlift.candidates.ground import Ground
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.rounding import face, percent, price, threshold
from netlift.candidates.sources import Pair

MOST_PAIRS = 12
"""Pairs that are looked at, those most often together first."""


class Bundles(Idea):
    """From products that are in one basket more often than chance would have it."""

    kind = "bundles"
    mechanisms: ClassVar = {
        "bundle": "products that are often bought together",
        "buy_x_get_y": "products that are often bought together",
        "add_on": "products that are often bought together",
        "joint_promotion": "partners that pay a part (means.partners)",
    }

    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """The first pairs that bear it, each in another form; then one for each partner."""
        place, forms, turn = ground.goods.place(), (_bundle, _reward, _add_on), 0
        for pair in ground.sources.pairs[:MOST_PAIRS]:
            if {pair.one, pair.other} <= place.keys():
                found = list(forms[turn % len(forms)](ground, pair, (place[pair.one], place[pair.other])))
                turn += bool(found)
                yield from found
            if turn >= 2 * len(forms):
                break
        yield from _joint(ground)


def _numbers(pair: Pair) -> dict[str, float]:
    return {"together": float(pair.together), "lift": round(pair.lift, 4)}


def _rows(*rows: int) -> Ints:
    return np.array(sorted(rows), dtype=np.int64)


def _bundle(ground: Ground, pair: Pair, rows: tuple[int, int]) -> Iterator[Draft]:
    """Both at one price, if the set keeps its cost."""
    (one, other), goods, usual = rows, ground.goods, ground.depths[1]
    listed = int(goods.price[one] + goods.price[other])
    together = price(listed * (1 - usual / 100))
    choice = ground.pick(_rows(one, other), 1 - together / listed, named=True, cut=False)
    if usual and choice is not None and len(choice.rows) == 2 and together < listed:
        parts = [{"goods": {"products": [product]}} for product in sorted((pair.one, pair.other))]
        yield Draft(
            kind="bundle", form={"parts": parts, "price": together}, choice=choice, goal=Goal.REVENUE,
            cut=1 - together / listed, why=("bought_together",),
            numbers={**_numbers(pair), "price_minor": together, "list_minor": listed},
        )  # fmt: skip


def _reward(ground: Ground, pair: Pair, rows: tuple[int, int]) -> Iterator[Draft]:
    """Who buys the better seller gets the other one cheaper; both together keep their cost."""
    (one, other), goods = rows, ground.goods
    left = int(goods.price[one] + goods.price[other] - goods.cost[one] - goods.cost[other])
    off = min(50, percent(0.6 * left / int(goods.price[other])))
    cut = off / 100 * int(goods.price[other]) / int(goods.price[one] + goods.price[other])
    choice = ground.pick(_rows(one, other), cut, named=True, cut=False) if off else None
    if choice is not None and len(choice.rows) == 2:
        form = {"goods": {"products": [pair.one]}, "reward": {"products": [pair.other]}, "off": str(off)}
        yield Draft(
            kind="buy_x_get_y", form=form, choice=choice, goal=Goal.REVENUE, cut=cut, why=("bought_together",),
            numbers=_numbers(pair),
        )  # fmt: skip


def _add_on(ground: Ground, pair: Pair, rows: tuple[int, int]) -> Iterator[Draft]:
    """The other one at a special price for who fills a basket with the better seller in it."""
    (_, other), goods, deep = rows, ground.goods, ground.depths[2]
    listed = int(goods.price[other])
    special = price(listed * (1 - deep / 100))
    choice = ground.pick(_rows(other), 1 - special / listed, named=True, cut=False)
    if ground.baskets is None or not deep or choice is None or not 0 < special < listed:
        return
    spend = threshold(ground.baskets.spend_minor[1])
    yield Draft(
        kind="add_on", form={"spend": spend, "product": pair.other, "value": listed, "price": special},
        choice=choice, goal=Goal.REVENUE, cut=1 - special / listed, face_minor=listed - special,
        why=("bought_together", "above_usual_basket"), numbers=_numbers(pair) | {"spend_minor": spend},
    )  # fmt: skip


def _joint(ground: Ground) -> Iterator[Draft]:
    """An amount off a partner's goods, of which the partner bears a share; as deep as if the shop bore it alone."""
    if ground.baskets is None:
        return
    light, usual, _ = ground.depths
    for partner in ground.asked.means.partners:
        own = [ground.on_shelf(category) for category in partner.categories]
        rows = np.sort(np.concatenate(own)) if own else ground.everything
        single = partner.categories[0] if len(partner.categories) == 1 else None
        picked = ground.deepest(rows, (usual, light), category=single, cut=False)
        spend = threshold(ground.baskets.spend_minor[1])
        off = face(spend * picked[0] / 100) if picked is not None else 0
        if picked is not None and off and len(picked[1].rows):
            form = {"spend": spend, "off": off, "partners": [{"party": partner.name, "percent": str(partner.percent)}]}
            yield Draft(
                kind="joint_promotion", form=filled(picked[1], **form), choice=picked[1], goal=Goal.PROFIT,
                cut=off / spend, face_minor=off, why=("partner_pays",), promise=0.6,
                numbers={"partner_percent": float(partner.percent)},
            )  # fmt: skip
