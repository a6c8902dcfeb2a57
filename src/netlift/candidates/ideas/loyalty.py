"""Reasons to come back: coupons for the next order, points, birthdays, prices for members."""

from collections.abc import Iterator
from typing import ClassVar

from netlift.candidates.candidate import EVERYBODY, Goal
from netlift.candidates.ground import Ground
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.rounding import face, threshold
from netlift.money import exponent


class Loyalty(Idea):
    """What is given today for tomorrow."""

    kind = "loyalty"
    mechanisms: ClassVar = {
        "next_order_coupon": "",
        "earn_points": "loyalty points of a known worth (means.point_minor)",
        "burn_points": "loyalty points of a known worth (means.point_minor)",
        "birthday": "birthdays of customers",
        "price_list": "price lists that the shop keeps (means.price_lists), and customers in their segments",
    }

    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """One of each that the shop can do."""
        light, usual, _ = ground.depths
        if ground.baskets is None or not usual:
            return
        yield from _next_order(ground)
        if ground.asked.means.point_minor is not None and ground.asked.means.point_minor > 0:
            yield from _points(ground, ground.asked.means.point_minor)
        if ground.sources.birthdays:
            picked = ground.deepest(ground.everything, (usual, light), cut=False)
            if picked is not None:
                percent, choice = picked
                yield Draft(
                    kind="birthday", form=filled(choice, off=str(percent), when="month"), choice=choice,
                    goal=Goal.STICKINESS, cut=percent / 100, depth=percent / 100, why=("birthdays_known",),
                    numbers={"birthdays": float(ground.sources.birthdays)},
                )  # fmt: skip
        yield from _members(ground)


def _next_order(ground: Ground) -> Iterator[Draft]:
    """Earned by a usual basket, usable within two usual gaps; everybody, and those with one order."""
    light, usual, _ = ground.depths
    if ground.baskets is None:
        return
    low, middle, *_ = (threshold(value) for value in ground.baskets.spend_minor)
    days = max(7, round(2 * ground.sources.gap_days))
    for percent, minimum, name in ((usual, middle, "everybody"), (light, low, "new")):
        personal = name != "everybody"
        amount = face(minimum * percent / 100)
        audience = ground.audiences.get(name, EVERYBODY)
        choice = ground.pick(ground.everything, amount / minimum, personal=personal, cut=False)
        if amount and choice is not None and (name == "everybody" or name in ground.audiences):
            form = {"spend": minimum, "amount": amount, "minimum": minimum, "valid_days": days}
            yield Draft(
                kind="next_order_coupon", form=filled(choice, **form), choice=choice, goal=Goal.STICKINESS,
                cut=amount / minimum, face_minor=amount, uses=int(personal), personal=personal, audience=audience,
                why=("within_two_gaps",), numbers={"valid_days": float(days), "off_minor": amount}, promise=0.6,
            )  # fmt: skip


def _points(ground: Ground, worth: float) -> Iterator[Draft]:
    """Points worth a light discount for every major unit spent; points pay at most a usual one."""
    light, usual, _ = ground.depths
    per = 10 ** exponent(ground.sources.currency)
    points = round(light / 100 * per / worth)
    if not points:  # one point is worth more than a light discount on one major unit
        points, per = 1, round(100 * worth / light)
    cut = points * worth / per
    choice = ground.pick(ground.everything, cut, cut=False)
    if choice is not None:
        yield Draft(
            kind="earn_points", form=filled(choice, points=points, per=per), choice=choice, goal=Goal.STICKINESS,
            cut=cut, why=("points_for_return",), numbers={"point_minor": worth},
        )  # fmt: skip
    pays = ground.pick(ground.everything, usual / 100, cut=False)
    if pays is not None and round(100 * worth):
        form = {"points": 100, "worth": round(100 * worth), "most": str(usual)}
        yield Draft(
            kind="burn_points", form=filled(pays, **form), choice=pays, goal=Goal.STICKINESS, cut=usual / 100,
            why=("points_for_return",), numbers={"point_minor": worth},
        )  # fmt: skip


def _members(ground: Ground) -> Iterator[Draft]:
    """Price lists whose segments have customers; how far they go below list price, the shop knows."""
    choice = ground.pick(ground.everything, 0.0, cut=False)
    for name, segments in ground.asked.means.price_lists:
        members = sum(ground.sources.segments.get(segment, 0) for segment in segments)
        if members and choice is not None:
            yield Draft(
                kind="price_list", form=filled(choice, name=name, segments=list(segments)), choice=choice,
                goal=Goal.STICKINESS, cut=0.0, why=("members_known",), numbers={"members": float(members)}, promise=0.4,
            )  # fmt: skip
