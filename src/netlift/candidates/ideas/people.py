"""For those who have gone quiet, and those who are only just coming: win-back and first orders."""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from netlift.candidates.candidate import EVERYBODY, Goal
from netlift.candidates.ground import Ground
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.rounding import face, threshold


class WinBack(Idea):
    """Per cents off for customers who have been silent for longer than their own habit."""

    kind = "win_back"
    mechanisms: ClassVar = {"win_back": "customers who have gone quiet", "spend_threshold": "customers gone quiet"}

    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """Deeper for those who are nearly lost."""
        light, usual, deep = ground.depths
        for name, depths in (("lapsed", (deep, usual, light)), ("at_risk", (usual, light))):
            audience = ground.audiences.get(name)
            picked = ground.deepest(ground.everything, depths, personal=True, cut=False)
            if audience is None or picked is None:
                continue
            percent, choice = picked
            silent = ground.crowd.numbers("recency_days")[ground.crowd.members(audience)]
            silent = silent[~np.isnan(silent)]
            if not len(silent):
                continue
            days = int(silent.min())
            yield Draft(
                kind="win_back", form=filled(choice, days=days, off=str(percent)), choice=choice, goal=Goal.WIN_BACK,
                cut=percent / 100, depth=percent / 100, uses=1, personal=True, audience=audience,
                why=("silent_for_long",), numbers={"days": float(days), "customers": float(len(silent))}, promise=0.7,
            )  # fmt: skip
            if ground.baskets is not None and name == "lapsed":
                spend = threshold(ground.baskets.spend_minor[0])
                off = face(spend * percent / 100)
                if off:
                    yield Draft(
                        kind="spend_threshold", form=filled(choice, spend=spend, off=off), choice=choice,
                        goal=Goal.WIN_BACK, cut=off / spend, face_minor=off, uses=1, personal=True, audience=audience,
                        why=("silent_for_long",), numbers={"spend_minor": spend, "off_minor": off}, promise=0.65,
                    )  # fmt: skip


class Newcomers(Idea):
    """Per cents off the first order, and the second, which makes a customer."""

    kind = "newcomers"
    mechanisms: ClassVar = {"nth_order": ""}

    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """The first for everybody who comes, and for known people without an order; the second for new customers."""
        light, usual, _ = ground.depths
        asked = (
            ("everybody", 1, False, "first_order"),
            ("prospects", 1, True, "first_order"),
            ("new", 2, True, "second_order"),
        )
        for name, number, personal, why in asked:
            audience = ground.audiences.get(name, EVERYBODY)
            picked = ground.deepest(ground.everything, (usual, light), personal=personal, cut=False)
            if picked is None or ground.baskets is None or (personal and name not in ground.audiences):
                continue
            percent, choice = picked
            most = face(2 * ground.baskets.spend_minor[2] * percent / 100)
            if most:
                form = filled(choice, off=str(percent), number=number, most=most)
                yield Draft(
                    kind="nth_order", form=form, choice=choice, goal=Goal.NEW_BUYERS, cut=percent / 100,
                    depth=percent / 100, face_minor=most, uses=1, personal=personal, audience=audience, why=(why,),
                    promise=0.65,
                )  # fmt: skip
