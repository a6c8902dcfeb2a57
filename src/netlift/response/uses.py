"""How often a customer uses an offer: of the days on which its goods are bought, those that qualify, up to a limit.

The number N of such days is taken as Poisson, with mean l = q o (1 - prod (1 - r_k / o)) for o days of purchase in all,
r_k in category k of which is on offer what `reach` says, and the share q that qualifies.

Where an order qualifies by its size (`tried.from_minor`), q is the customer's own: baskets are taken as Gamma with his
expected mean and everybody's spread, times one factor for all (`fit_of`) that makes it the share that was tried.
"""

from typing import NamedTuple

import numpy as np

from netlift.response.demand import Demand, Floats, People, Planned, first_uses


class Uses(NamedTuple):
    """Of some customers."""

    rates: Floats
    """Days of purchase by category per day, without the offer, shape (n, n_categories)."""
    variance: Floats
    """Of these."""
    part: Floats
    """What is bought where the offer is used, over what is bought in a day, shape (n, 1)."""
    used: Floats
    """Expected uses, shape (n,)."""


WHOLE = 0.999
"""Share of the value of all categories that must be on offer before whole baskets tell who reaches a threshold."""


def fit_of(rates: Demand, planned: Planned, reach: Floats) -> float:
    """By what the own shares of customers are multiplied, so that of all visits as many qualify as were tried."""
    if not _by_basket(planned, reach):
        return 1.0
    visits, qualified = 0.0, 0.0
    for people in rates.chunks():
        days = rates.any_rate.posterior(people.days, people.known)[0]
        visits += float(days.sum())
        qualified += float(days @ _reaching(rates, people, planned))
    tried = planned.tried.share if planned.tried is not None else 1.0
    return tried * visits / qualified if qualified > 0 else 1.0


def _by_basket(planned: Planned, reach: Floats) -> bool:
    return planned.tried is not None and planned.tried.from_minor > 0 and bool((reach >= WHOLE).all())


def _reaching(rates: Demand, people: People, planned: Planned) -> Floats:
    """Chance that a basket reaches the threshold, shape (n,)."""
    from scipy.special import gammaincc

    least = planned.tried.from_minor if planned.tried is not None else 0.0
    mean, spread = np.maximum(rates.own_basket(people)[0], 1.0), max(rates.basket_sd, 1.0)
    found: Floats = gammaincc((mean / spread) ** 2, least * mean / spread**2)
    return found


def uses_of(rates: Demand, people: People, planned: Planned, reach: Floats, fit: float = 1.0) -> Uses:
    """Expected uses while an offer runs.

    Args:
        rates: what customers buy anyway.
        people: some of them.
        planned: the offer; `uses` of 0 means without limit.
        reach: share of each category's value that is on offer, shape (n_categories,).
        fit: of `fit_of`.
    """
    days, tried = planned.days * planned.noticed, planned.tried
    mean, variance = rates.rates.posterior(people.bought, people.known)
    overall = rates.any_rate.posterior(people.days, people.known)[0]
    share = np.minimum(mean * reach / np.maximum(overall, 1e-12)[:, None], 1 - 1e-9)
    goods_days = overall * -np.expm1(np.log1p(-share).sum(axis=1))
    qualify = size = np.ones(len(mean))
    if tried is not None and _by_basket(planned, reach):
        usual = mean @ (reach * rates.value) / np.maximum(goods_days, 1e-12)
        qualify, size = np.minimum(fit * _reaching(rates, people, planned), 1.0), tried.goods_minor / usual
    elif tried is not None:
        qualify, size = qualify * tried.share, size * tried.size
    visits = goods_days * days * qualify
    used = first_uses(visits, planned.offer.uses)
    part = days * qualify * size * (used / np.maximum(visits, 1e-12) if planned.offer.uses > 0 else 1.0)
    return Uses(mean, variance, part[:, None], used)
