"""From a comparison to what a merchant reads: net lift, waterfall, decomposition, subsidy, verdict."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from netlift.evaluation.designs.contrast import Contrast
from netlift.evaluation.results import Decomposition, NextTest, Step, Waterfall
from netlift.history.columns import MEASURES, fees, list_margin, pick, profit
from netlift.types import Check, Effect, Grade, Verdict

SURE = 0.9
"""Posterior probability that turns an estimate into a verdict."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the promotion handed out inside its window, as recorded (not estimated); minor units."""

    discount: int
    """Discount given, all parties' shares."""
    funded: int
    """Part of it that suppliers pay back."""
    list_value: int
    """Value at list price of the units that got the discount."""
    contact_cost: int = 0
    fixed_cost: int = 0

    @property
    def spend(self) -> int:
        """What the shop paid: its share of the discount, contacts, fixed cost."""
        return self.discount - self.funded + self.contact_cost + self.fixed_cost

    @property
    def depth(self) -> float:
        """Average share of the list price that was given away."""
        return self.discount / self.list_value if self.list_value > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Money:
    """The numbers of one finding."""

    net_lift: Effect
    per_coin: Effect | None
    waterfall: Waterfall
    decomposition: Decomposition
    subsidy: Effect
    marginal: Effect
    """Net lift less the discount on incremental units: what the last bit of depth earned (below 0: too deep)."""


def assemble(contrast: Contrast, given: Given, *, grade: Grade, level: float, fee_rate: float) -> Money:
    """All money of a finding from one contrast over `columns.COLUMNS`."""
    fixed = given.contact_cost + given.fixed_cost
    net_lift = _shifted(contrast.effect(profit(fee_rate), level=level, grade=grade), -fixed)
    extra_units = given.depth * pick(["window"], ["offer"], ["list_revenue"])
    subsidy = _clipped(
        _mirrored(contrast.effect(extra_units, level=level, grade=grade), given.discount), given.discount
    )
    marginal = _shifted(contrast.effect(profit(fee_rate) - extra_units, level=level, grade=grade), -fixed)
    return Money(
        net_lift,
        _scaled(net_lift, 1 / given.spend) if given.spend > 0 else None,
        _waterfall(contrast, given, net_lift, fee_rate),
        _decomposition(contrast, given, subsidy),
        subsidy,
        marginal,
    )


def _shifted(effect: Effect, by: float) -> Effect:
    return effect._replace(estimate=effect.estimate + by, lower=effect.lower + by, upper=effect.upper + by)


def _scaled(effect: Effect, by: float) -> Effect:
    return effect._replace(
        estimate=effect.estimate * by, lower=effect.lower * by, upper=effect.upper * by, se=effect.se * by
    )


def _mirrored(effect: Effect, total: float) -> Effect:
    """`total` less the effect."""
    return effect._replace(estimate=total - effect.estimate, lower=total - effect.upper, upper=total - effect.lower)


def _clipped(effect: Effect, most: float) -> Effect:
    """A part of a sum lies between nothing and all of it."""
    low, mid, high = (min(max(x, 0.0), most) for x in (effect.lower, effect.estimate, effect.upper))
    return effect._replace(estimate=mid, lower=low, upper=high)


def whole(parts: Sequence[float], total: int) -> tuple[int, ...]:
    """Round `parts` so that they sum to `total`: the largest remainders take the difference.

    >>> whole([1.4, 1.4, -0.2], 3)
    (2, 1, 0)
    """
    down = [math.floor(part) for part in parts]
    missing = total - sum(down)
    order = sorted(range(len(parts)), key=lambda i: (down[i] - parts[i], i))
    each, rest = divmod(missing, len(parts))
    return tuple(floor + each + (i in order[:rest]) for i, floor in enumerate(down))


def _waterfall(contrast: Contrast, given: Given, net_lift: Effect, fee_rate: float) -> Waterfall:
    bars = {measure: float(contrast.total @ pick(measures=[measure])) for measure in MEASURES}
    bars["fees"] = float(contrast.total @ fees(fee_rate))
    bars["contact_cost"], bars["fixed_cost"] = -float(given.contact_cost), -float(given.fixed_cost)
    shown = {code: value for code, value in bars.items() if value or code in {"list_revenue", "discount"}}
    total = round(net_lift.estimate)
    amounts = whole(list(shown.values()), total)
    return Waterfall(tuple(Step(code, amount) for code, amount in zip(shown, amounts, strict=True)), total)


def _decomposition(contrast: Contrast, given: Given, subsidy: Effect) -> Decomposition:
    def margin(phases: Sequence[str], scopes: Sequence[str]) -> int:
        return round(float(contrast.total @ list_margin(phases, scopes)))

    gross = margin(["window"], ["offer"])
    pulled, cannibalised = -margin(["washout"], ["offer"]), -margin(["window", "washout"], ["category"])
    wasted = round(subsidy.estimate)
    return Decomposition(
        gross_lift_minor=gross,
        incremental_minor=gross - pulled - cannibalised,
        pulled_forward_minor=pulled,
        cannibalised_minor=cannibalised,
        halo_minor=margin(["window", "washout"], ["elsewhere"]),
        discount_given_minor=given.discount,
        discount_on_incremental_minor=given.discount - wasted,
        subsidy_minor=wasted,
    )


def verdict(money: Money, checks: Sequence[Check]) -> tuple[Verdict, tuple[str, ...]]:
    """What to do, from the posterior of net lift and of the last bit of depth; a failed placebo asks for a test."""
    if any(check.passed is False and check.code.startswith("placebo") for check in checks):
        return Verdict.TEST, ("placebo_failed",)
    positive, last_bit = money.net_lift.p_positive, money.marginal.p_positive
    strength = "shown" if money.net_lift.excludes_zero else "likely"
    if positive < 1 - SURE:
        return Verdict.STOP, (f"{strength}_negative",)
    standing = f"{strength}_positive" if positive > SURE else "not_shown"
    if last_bit < 1 - SURE:
        return Verdict.SHRINK, ("marginal_depth_loses", standing)
    return (Verdict.KEEP if positive > SURE else Verdict.TEST), (standing,)


def graded(grade: Grade, checks: Sequence[Check]) -> Grade:
    """The design's grade, one step weaker if any check that bears on identification failed."""
    bearing = [check for check in checks if check.passed is False and check.code not in _ADVICE]
    return grade.lowered() if bearing else grade


_ADVICE = frozenset({"sensitivity", "beside", "window_observed", "power", "stock_outs"})
"""Checks that inform but do not lower a grade by themselves."""


def two_sided_p(effect: Effect) -> float:
    """p-value of "no effect" under the normal."""
    return math.erfc(abs(effect.estimate) / effect.se / math.sqrt(2)) if effect.se > 0 else math.nan


def next_test(
    spread: float, n_treated: int, given: Given, net_lift: Effect, *, unit: str, days: int
) -> NextTest | None:
    """The randomised test that would find a net lift worth deciding on with power .8 at a two-sided 10 % level.

    n per arm = 2 (z_.95 + z_.8)^2 spread^2 / delta^2, where delta per unit is the larger of a quarter of the spend
    and half the estimate (Cohen 1988).

    `spread` is the residual standard deviation of profit per unit after adjustment, in minor units.
    """
    worth = max(0.25 * given.spend, abs(net_lift.estimate) / 2)
    if not (worth > 0 and n_treated > 0 and spread > 0):
        return None
    n = 2 * (1.6449 + 0.8416) ** 2 * (spread * n_treated / worth) ** 2
    return NextTest(math.ceil(n), unit, days, round(worth))


def breakeven(contrast: Contrast, given: Given, margin: float) -> float | None:
    """Gross margin rate at which net lift is zero, where all costs come from the assumed `margin`."""
    cost = -float(contrast.total @ pick(measures=["cost_of_goods"]))
    revenue = float(contrast.total @ pick(measures=[m for m in MEASURES if m != "cost_of_goods"]))
    revenue -= given.contact_cost + given.fixed_cost
    return None if abs(cost) < 1 else 1 - (1 - margin) * revenue / cost


def numbers(**values: float) -> Mapping[str, float]:
    """Figures for a check's text, as plain floats."""
    return {name: float(np.asarray(value)) for name, value in values.items()}
