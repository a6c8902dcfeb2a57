"""What was done before: past promotions on the same goods, whose response was measured."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from netlift.candidates.candidate import EVERYBODY, Goal
from netlift.candidates.catalogue import Ints
from netlift.candidates.ground import Choice, Ground
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.past import Past
from netlift.candidates.rounding import percent, threshold

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
            yield from _amount(ground, one) if one.face_minor else _percent(ground, one)


def _percent(ground: Ground, one: Past) -> Iterator[Draft]:
    """Per cents off: those that were declared, those that redeemers paid less, or the shop's usual ones."""
    if one.depth is None or (one.estimated and one.depth < LEAST_DEPTH):
        off, code = float(ground.depths[1]), "depth_guessed"
    elif one.estimated:
        off, code = float(percent(one.depth + 0.024) or 5), "depth_estimated"
    else:
        off, code = round(100 * one.depth, 1), "as_before" if one.depth else "letter_only"
    letter = code == "letter_only"
    choice = _choice(ground, one, off / 100, cut=True) if off or (letter and one.personal) else None
    if choice is None:
        return
    if one.code and not one.personal:
        kind, form = "coupon_code", filled(choice, codes=[one.code], off=f"{off:g}", times=None)
    else:
        kind, form = "percent_off", filled(choice, off=f"{off:g}")
    yield _draft(ground, one, choice, code, kind=kind, form=form, cut=off / 100, depth=off / 100 or None)


def _amount(ground: Ground, one: Past) -> Iterator[Draft]:
    """An amount off from the basket that was asked for; where that is not known, from the next usual one."""
    off = one.face_minor or 0
    usual = threshold(ground.baskets.spend_minor[1]) if ground.baskets is not None else 0
    spend = one.least_minor or max(usual, threshold(4 * off))
    choice = _choice(ground, one, off / spend, cut=False) if off < spend else None
    if choice is not None:
        yield _draft(
            ground, one, choice, "as_before" if one.least_minor else "threshold_guessed", kind="spend_threshold",
            form=filled(choice, spend=spend, off=off), cut=off / spend, face_minor=off,
        )  # fmt: skip


def _choice(ground: Ground, one: Past, depth: float, *, cut: bool) -> Choice | None:
    rows, whole = _goods(ground, one)
    return ground.pick(rows, depth, named=not whole, personal=one.personal, cut=cut, least=0.05)


def _draft(ground: Ground, one: Past, choice: Choice, code: str, **more: Any) -> Draft:
    return Draft(
        choice=choice, goal=Goal.PROFIT, uses=int(one.personal), personal=one.personal, audience=EVERYBODY,
        past=one.offer_id, title=one.name, mechanism=one.mechanism, why=("repeats_the_past", code),
        numbers={"days_since": float(one.gap(ground.sources.day)), "reached": float(one.customers)},
        promise=0.5 + 0.5 * min(1.0, one.customers / WELL_KNOWN), **more,
    )  # fmt: skip


def _goods(ground: Ground, one: Past) -> tuple[Ints, bool]:
    """Rows of its goods that are still sold, and whether they are as good as everything."""
    if not one.products:
        return ground.everything, True
    names = np.array(sorted(one.products), dtype=str)
    rows = np.flatnonzero(np.isin(ground.goods.product_id.astype(str), names)).astype(np.int64)
    share = int(ground.goods.revenue[rows].sum()) / max(1, int(ground.goods.revenue.sum()))
    return (ground.everything, True) if share >= NEARLY_ALL else (rows, False)
