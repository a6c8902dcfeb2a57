"""Festivals in their phases: collecting before, a deposit or a coupon on the way, the burst, and what is left after."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from netlift.candidates.candidate import Goal
from netlift.candidates.festivals import kept_where, phases
from netlift.candidates.ground import Ground
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.rounding import face, threshold


class Festivals(Idea):
    """蓄水, 预热, 爆发, 返场: each phase with what belongs to it."""

    kind = "festivals"
    mechanisms: ClassVar = {
        "next_order_coupon": "a festival in the days asked about",
        "presale_deposit": "a festival, and pre-sales with a deposit (means.deposits)",
        "spend_threshold": "a festival in the days asked about",
        "spend_steps": "a festival in the days asked about",
        "percent_off": "a festival in the days asked about",
    }

    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """For every phase that falls into the days asked about, within that phase."""
        asked = ground.asked.festivals
        names = kept_where(ground.sources.currency) if asked is None else asked
        if ground.baskets is None or not ground.depths[1]:
            return
        for part in phases(names, ground.window, ground.asked.time_zone):
            if part.window.days < (part.phase.end - part.phase.first) / 2:
                continue  # most of the phase lies outside of the days asked about
            here = ground.within(part.window)
            numbers = {"day": float(part.day.month * 100 + part.day.day)}
            for draft in _OF[part.phase.name](here):
                yield replace(
                    draft, phase=part.phase.name, why=(f"festival_{part.phase.name}", *draft.why), promise=0.8,
                    numbers={**draft.numbers, **numbers},
                )  # fmt: skip


def _save_up(ground: Ground) -> Iterator[Draft]:
    """A coupon for later with what is bought now."""
    if ground.baskets is None:
        return
    spend = threshold(ground.baskets.spend_minor[1])
    amount = face(spend * ground.depths[1] / 100)
    choice = ground.pick(ground.everything, amount / spend, cut=False)
    if amount and choice is not None:
        form = {"spend": spend, "amount": amount, "minimum": spend, "valid_days": 28}
        yield Draft(
            kind="next_order_coupon", form=filled(choice, **form), choice=choice, goal=Goal.STICKINESS,
            cut=amount / spend, face_minor=amount, why=("above_usual_basket",), numbers={"off_minor": amount},
        )  # fmt: skip


def _warm_up(ground: Ground) -> Iterator[Draft]:
    """A deposit that counts double, or a coupon in hand for those who buy regularly."""
    light, usual, _ = ground.depths
    if ground.asked.means.deposits:
        choice = ground.pick(ground.everything, light / 100, cut=False)
        if choice is not None:
            yield Draft(
                kind="presale_deposit", form=filled(choice, times="2"), choice=choice, goal=Goal.REVENUE,
                cut=light / 100, why=("deposit_binds",),
            )  # fmt: skip
    audience = ground.audiences.get("active")
    choice = ground.pick(ground.everything, usual / 100, personal=True, cut=False)
    if audience is not None and choice is not None and ground.baskets is not None:
        spend = threshold(ground.baskets.spend_minor[2])
        off = face(spend * usual / 100)
        if off:
            yield Draft(
                kind="spend_threshold", form=filled(choice, spend=spend, off=off), choice=choice,
                goal=Goal.STICKINESS, cut=off / spend, face_minor=off, uses=1, personal=True, audience=audience,
                why=("above_usual_basket",), numbers={"spend_minor": spend, "off_minor": off},
            )  # fmt: skip


def _burst(ground: Ground) -> Iterator[Draft]:
    """As deep as the margin bears, over everything, and on the two best shelves."""
    light, usual, deep = ground.depths
    picked = ground.deepest(ground.everything, (deep, usual, light), cut=False)
    if picked is not None and ground.baskets is not None:
        percent, choice = picked
        step = threshold(ground.baskets.spend_minor[1])
        off = face(step * percent / 100)
        if off:
            yield Draft(
                kind="spend_steps", form=filled(choice, step=step, off=off), choice=choice, goal=Goal.REVENUE,
                cut=off / step, why=("steps_of_usual_basket",),
            )  # fmt: skip
    yield from _shelves(ground, (deep, usual, light), 2)


def _encore(ground: Ground) -> Iterator[Draft]:
    """Lighter, on the shelves that come next."""
    light, usual, _ = ground.depths
    yield from list(_shelves(ground, (usual, light), 4))[2:]


def _shelves(ground: Ground, depths: tuple[int, ...], most: int) -> Iterator[Draft]:
    for shelf in ground.shelves[:most]:
        picked = ground.deepest(ground.on_shelf(shelf.category), depths, category=shelf.category)
        if picked is not None:
            percent, choice = picked
            yield Draft(
                kind="percent_off", form=filled(choice, off=str(percent)), choice=choice, goal=Goal.REVENUE,
                cut=percent / 100, depth=percent / 100, why=("strong_shelf",),
            )  # fmt: skip


_OF: Mapping[str, Callable[[Ground], Iterator[Draft]]] = {
    "save_up": _save_up,
    "warm_up": _warm_up,
    "burst": _burst,
    "encore": _encore,
}
