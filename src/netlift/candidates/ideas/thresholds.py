"""Thresholds for everybody: an amount or per cents off from a basket that is just above what most spend."""

from collections.abc import Iterator
from typing import ClassVar

from netlift.candidates.candidate import Goal
from netlift.candidates.ground import Choice, Ground
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.rounding import face, rising, threshold


class Thresholds(Idea):
    """满减 in all its forms, over the goods that bear it."""

    kind = "thresholds"
    mechanisms: ClassVar = {
        "spend_threshold": "",
        "spend_tiers": "",
        "spend_steps": "",
        "spend_percent": "",
        "cross_shop": "a platform that takes part (means.platform)",
        "payment_discount": "ways of payment that are cheaper for the shop (means.payments)",
    }

    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """One of each; steps and tiers start at other quartiles of the baskets than the plain threshold."""
        light, usual, _ = ground.depths
        picked = ground.deepest(ground.everything, (usual, light), cut=False)
        if ground.baskets is None or picked is None:
            return
        percent, choice = picked
        low, middle, high, top = (threshold(value) for value in ground.baskets.spend_minor)
        yield from _threshold(middle, percent, choice, Goal.REVENUE, 0.7)
        yield from _threshold(high, percent, choice, Goal.PROFIT, 0.5)
        yield from _tiers(ground, (middle, high, top), percent, choice)
        yield from _steps("spend_steps", low, percent, choice)
        if ground.asked.means.platform:
            yield from _steps("cross_shop", middle, percent, choice)
        for method in ground.asked.means.payments:
            off = face(middle * light / 100)
            if off:
                form = {"payments": [method], "off": off, "spend": middle}
                everything = ground.pick(ground.everything, off / middle, cut=False)
                if everything is not None and not everything.goods:
                    yield Draft(
                        kind="payment_discount", form=form, choice=everything, goal=Goal.PROFIT, cut=off / middle,
                        face_minor=off, why=("cheap_payment",),
                    )  # fmt: skip


def _threshold(spend: int, percent: int, choice: Choice, goal: Goal, promise: float) -> Iterator[Draft]:
    off = face(spend * percent / 100)
    if off:
        yield Draft(
            kind="spend_threshold", form=filled(choice, spend=spend, off=off), choice=choice, goal=goal,
            cut=off / spend, face_minor=off, why=("above_usual_basket",), promise=promise,
            numbers={"spend_minor": spend, "off_minor": off},
        )  # fmt: skip


def _tiers(ground: Ground, spends: tuple[int, ...], percent: int, choice: Choice) -> Iterator[Draft]:
    light = ground.depths[0]
    rates = [light, (light + percent) / 2, percent]
    offs = [face(spend * rate / 100) for spend, rate in zip(spends, rates, strict=True)]
    if rising(list(spends)) and rising([0, *offs]):
        tiers = [{"spend": spend, "off": off} for spend, off in zip(spends, offs, strict=True)]
        yield Draft(
            kind="spend_tiers", form=filled(choice, tiers=tiers), choice=choice, goal=Goal.REVENUE,
            cut=max(off / spend for spend, off in zip(spends, offs, strict=True)), face_minor=offs[-1],
            why=("tiers_along_baskets",), promise=0.6,
        )  # fmt: skip
    if light < percent and rising(list(spends)):
        steps = [{"spend": spends[0], "off": str(light)}, {"spend": spends[1], "off": str(percent)}]
        yield Draft(
            kind="spend_percent", form=filled(choice, tiers=steps), choice=choice, goal=Goal.REVENUE,
            cut=percent / 100, why=("tiers_along_baskets",),
        )  # fmt: skip


def _steps(kind: str, step: int, percent: int, choice: Choice) -> Iterator[Draft]:
    off = face(step * percent / 100)
    if off:
        yield Draft(
            kind=kind, form=filled(choice, step=step, off=off, at_most=5), choice=choice, goal=Goal.REVENUE,
            cut=off / step, face_minor=5 * off, why=("steps_of_usual_basket",),
        )  # fmt: skip
