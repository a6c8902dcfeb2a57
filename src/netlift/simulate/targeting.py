"""Who is reached by a campaign, who draws which arm, who knows a code."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netlift.simulate.config import ShopConfig
from netlift.simulate.draws import Floats32, keys_of, uniform
from netlift.simulate.offers import Offer
from netlift.simulate.people import RING, People, visit_rates

HALF_LIFE = 60.0
"""Days in which spend counts half for whoever chooses a campaign's customers."""


@dataclass(frozen=True)
class Usual:
    """Mean and spread over all customers of what targeting looks at; fixed by the configuration."""

    spend: tuple[float, float]
    """log(1 + recent baskets)"""
    recency: tuple[float, float]
    """log(1 + days since the last order)"""
    rate: tuple[float, float]
    """log of the visit rate"""


@dataclass(frozen=True)
class Assignment:
    """One promotion among the customers of a block; arrays of shape (n,)."""

    listed: NDArray[np.bool_]
    """Gets a row in EXPOSURES."""
    reached: NDArray[np.bool_]
    """Was written to (and so may answer); roll-outs: lives where it runs."""
    holds: NDArray[np.bool_]
    """Can use it: reached, told by a friend, or aware of it."""
    propensity: Floats32
    """Chance of being reached, given the past."""


def usual(config: ShopConfig) -> Usual:
    """Moments over the quantiles of the visit rate, with Poisson visits and exponential gaps."""
    rate = visit_rates(config, ((np.arange(512) + 0.5) / 512).astype(np.float32)).astype(np.float64)
    mean = rate / 7 * HALF_LIFE / np.log(2)
    size = np.log1p(mean)
    gap = np.log1p(7 / rate) - 0.4
    noise = np.mean(1 / (1 + mean))
    return Usual(
        (float(size.mean() - 0.5 * noise), float(np.sqrt(size.var() + noise))),
        (float(gap.mean()), float(np.sqrt(gap.var() + 0.8))),
        (float(np.log(rate).mean()), float(np.log(rate).std())),
    )


def assign(people: People, offer: Offer, norm: Usual, past: tuple[Floats32, Floats32]) -> Assignment:
    """Decide on a promotion's first day who has it; `past` is recent baskets and days since the last order."""
    keys = keys_of(offer.key, people.first + np.arange(people.count))
    there = (people.joins < offer.start) & people.consent
    spec = offer.spec
    if spec.contacts:
        chance = _chance(offer, people, norm, past)
        reached = there & (uniform(keys, 0) < chance)
        listed = there if spec.kind == "experiment" else reached
        holds = (reached | _shared(people, reached)) if offer.live else np.zeros_like(reached)
        return Assignment(listed, reached, holds, chance)
    nobody = np.zeros(people.count, bool)
    aware = uniform(keys, 0) < np.minimum(0.98, spec.attention * (0.4 + 1.2 * people.deal))
    runs = offer.opens[people.region] < offer.end
    may = {"code": aware, "member": people.member}.get(spec.kind, ~nobody)
    holds = runs & may if offer.live else nobody
    return Assignment(nobody, runs & (spec.kind == "rollout"), holds, np.ones(people.count, np.float32))


def _chance(offer: Offer, people: People, norm: Usual, past: tuple[Floats32, Floats32]) -> Floats32:
    """Logistic in standardised recent spend and recency; the intercept keeps the mean share about as asked."""
    spec = offer.spec
    spend = (np.log1p(past[0]) - norm.spend[0]) / norm.spend[1]
    fresh = -(np.log1p(past[1]) - norm.recency[0]) / norm.recency[1]
    hidden = (np.log(people.rate) - norm.rate[0]) / norm.rate[1]
    slope = spec.targeting * (0.8 * spend + 0.4 * fresh) + spec.hidden_targeting * hidden
    middle = np.log(spec.treated_share / (1 - spec.treated_share))
    stretch = np.sqrt(1 + 0.35 * (spec.targeting**2 + spec.hidden_targeting**2))
    chance = 1 / (1 + np.exp(-(middle * stretch + slope)))
    return np.clip(chance, 0.02, 0.98).astype(np.float32)


def _shared(people: People, reached: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Members of a ring with at least one reached member."""
    ring = (people.first + np.arange(people.count)) // RING
    _, place = np.unique(ring, return_inverse=True)
    return people.ring & (np.bincount(place, reached) > 0)[place]
