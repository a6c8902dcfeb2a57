"""What was done before: past promotions on the same goods, whose response was measured."""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from netlift.candidates.candidate import EVERYBODY, Goal
from netlift.candidates.catalogue import Ints
from netlift.candidates.ground import Choice, Ground
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.past import Past
from netlift.candidates.rounding import face, percent, threshold

LEAST_REACHED = 20
"""Customers whom a personal promotion must have reached for its response to be known at all."""
WELL_KNOWN = 300
"""Customers reached from which on a response counts as well measured."""
LEAST_DEPTH = 0.05
"""An estimated depth below this is taken for unknown: most of what redeemers bought was not what the coupon was for."""
NEARLY_ALL = 0.8
"""Share of revenue from which goods count as everything."""


class Repeat(Idea):
    """The latest first."""

    kind = "repeat"
    mechanisms: ClassVar = {
        "percent_off": "promotions of the past",
        "spend_threshold": "promotions of the past with an amount off",
        "coupon_code": "codes of the past",
    }

    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """Personal ones that reached enough customers, and public ones, as far as their goods are still there."""
        for one in sorted(ground.sources.past, key=lambda past: (-past.end_day, past.offer_id)):
            if one.personal and one.customers < LEAST_REACHED:
                continue
            off, code = _percent(ground, one)
            if off or one.face_minor:
                yield from _again(ground, one, off, code)


def _percent(ground: Ground, one: Past) -> tuple[int, str]:
    """Per cents off, and whether they were declared, read from what was paid, or are guessed."""
    if one.depth is not None and not (one.estimated and one.depth < LEAST_DEPTH):
        return (percent(one.depth + 0.024) or 5), "depth_estimated" if one.estimated else "as_before"
    return (0, "as_before") if one.face_minor else (ground.depths[1], "depth_guessed")


def _again(ground: Ground, one: Past, off: int, code: str) -> Iterator[Draft]:
    rows, whole = _goods(ground, one)
    spend = threshold(ground.baskets.spend_minor[1]) if ground.baskets is not None else 0
    amount = face(one.face_minor) if one.face_minor else 0
    spend = max(spend, threshold(4 * amount))
    cut = amount / spend if amount else off / 100
    choice = ground.pick(rows, cut, named=not whole, personal=one.personal, cut=not amount, least=0.05)
    if choice is None or not ground.crowd.size:
        return
    kind, form = _form(one, choice, off=off, amount=amount, spend=spend)
    yield Draft(
        kind=kind, form=form, choice=choice, goal=Goal.PROFIT, cut=cut, depth=None if amount else cut,
        face_minor=amount or None, uses=int(one.personal), personal=one.personal, audience=EVERYBODY,
        past=one.offer_id, mechanism=one.mechanism, why=("repeats_the_past", code),
        numbers={"days_since": float(one.gap(ground.sources.day)), "reached": float(one.customers)},
        promise=0.5 + 0.5 * min(1.0, one.customers / WELL_KNOWN),
    )  # fmt: skip


def _form(one: Past, choice: Choice, *, off: int, amount: int, spend: int) -> tuple[str, dict[str, object]]:
    if amount:
        return "spend_threshold", filled(choice, spend=spend, off=amount)
    if one.code and not one.personal:
        return "coupon_code", filled(choice, codes=[one.code], off=str(off), times=None)
    return "percent_off", filled(choice, off=str(off))


def _goods(ground: Ground, one: Past) -> tuple[Ints, bool]:
    """Rows of its goods that are still sold, and whether they are as good as everything."""
    if not one.products:
        return ground.everything, True
    names = np.array(sorted(one.products), dtype=str)
    rows = np.flatnonzero(np.isin(ground.goods.product_id.astype(str), names)).astype(np.int64)
    share = int(ground.goods.revenue[rows].sum()) / max(1, int(ground.goods.revenue.sum()))
    return (ground.everything, True) if share >= NEARLY_ALL else (rows, False)
