"""Together cheaper: sets of goods that people buy together anyway, and promotions that partners pay a part of."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np

from netlift.candidates.candidate import Goal
from netlift.candidates.catalogue import Ints
from netlift.candidates.ground import Ground
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.rounding import face, percent, price, threshold
from netlift.candidates.sources import Pair
from netlift.catalog.bundles import Terms, bundles

MOST_PAIRS = 12
"""Pairs that are looked at, those most often together first."""
OF_EACH = 2
"""Drafts of each form."""
KEPT = 0.05
"""Share of a set's price that is left over its cost, at least."""


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
        """Sets that bring most at once; other pairs in other forms, by turns; then one for each partner.

        Where margins bear no usual per cent off, there is only the last.
        """
        place, depth = ground.goods.place(), ground.depths[1]
        pairs = [pair for pair in ground.sources.pairs if depth and {pair.one, pair.other} <= place.keys()]
        used: set[Pair] = set()
        for pair, most in _sets(ground, pairs, place):
            for draft in _bundle(ground, pair, (place[pair.one], place[pair.other]), most):
                used.add(pair)
                yield draft
            if len(used) == OF_EACH:
                break
        forms, turn = (_reward, _add_on), 0
        for pair in pairs[:MOST_PAIRS]:
            if pair not in used and turn < OF_EACH * len(forms):
                found = list(forms[turn % len(forms)](ground, pair, (place[pair.one], place[pair.other])))
                turn += bool(found)
                yield from found
        yield from _joint(ground)


def _numbers(pair: Pair) -> dict[str, float]:
    return {"together": float(pair.together), "lift": round(pair.lift, 4)}


def _rows(*rows: int) -> Ints:
    return np.array(sorted(rows), dtype=np.int64)


def _sets(ground: Ground, pairs: Sequence[Pair], place: Mapping[str, int]) -> Iterator[tuple[Pair, int]]:
    """Pairs that are there and keep a margin at the usual depth, with their lowest price; by margin times orders."""
    import pyarrow as pa

    goods, depth = ground.goods, ground.depths[1] / 100
    if not pairs:
        return
    both = [*pairs, *(pair._replace(one=pair.other, other=pair.one) for pair in pairs)]
    rules = pa.table(
        {
            "given": [[pair.one] for pair in both], "then": [pair.other for pair in both],
            "lift": [pair.lift for pair in both], "q_value": [pair.q_value for pair in both],
            "baskets": [pair.together for pair in both],
        }
    )  # fmt: skip
    rows = _rows(*{place[name] for pair in pairs for name in (pair.one, pair.other)})
    shelf = pa.table(
        {
            "product_id": pa.array(goods.product_id[rows], pa.string()), "price_minor": goods.price[rows],
            "cost_minor": goods.cost[rows], "available": pa.array(goods.stock[rows], from_pandas=True),
        }
    )  # fmt: skip
    by_names = {tuple(sorted((pair.one, pair.other))): pair for pair in pairs}
    found = bundles(rules, shelf, Terms(depth=depth, margin=KEPT, most=len(pairs)))
    for names, lowest in zip(found["products"].to_pylist(), found["price_minor"].to_pylist(), strict=True):
        yield by_names[tuple(names)], lowest


def _bundle(ground: Ground, pair: Pair, rows: tuple[int, int], lowest: int) -> Iterator[Draft]:
    """Both at one price, the round one below `lowest` if that keeps a margin too."""
    goods, both = ground.goods, list(rows)
    listed, cost, together = int(goods.price[both].sum()), int(goods.cost[both].sum()), price(lowest)
    if together - cost < KEPT * together:
        together = lowest
    choice = ground.pick(_rows(*rows), 1 - together / listed, named=True, cut=False)
    if choice is not None and len(choice.rows) == 2:
        parts = [{"goods": {"products": [product]}} for product in sorted((pair.one, pair.other))]
        further = round((listed - together) / (together - cost), 4)
        yield Draft(
            kind="bundle", form={"parts": parts, "price": together}, choice=choice, goal=Goal.REVENUE,
            cut=1 - together / listed, why=("bought_together", "pays_from_further_sets"),
            numbers={**_numbers(pair), "price_minor": together, "list_minor": listed, "further": further},
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
