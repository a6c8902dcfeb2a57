"""How often a customer uses an offer: of the days on which its goods are bought, those that qualify, up to a limit.

The number N of such days is taken as Poisson, with mean l = q o (1 - prod (1 - r_k / o)) for o days of purchase in all,
r_k in category k of which is on offer what `reach` says, and the share q that qualifies.
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


def uses_of(rates: Demand, people: People, planned: Planned, reach: Floats) -> Uses:
    """Expected uses while an offer runs.

    Args:
        rates: what customers buy anyway.
        people: some of them.
        planned: the offer; `uses` of 0 means without limit.
        reach: share of each category's value that is on offer, shape (n_categories,).
    """
    days, tried = planned.days * planned.noticed, planned.tried
    mean, variance = rates.rates.posterior(people.bought, people.known)
    overall = rates.any_rate.posterior(people.days, people.known)[0]
    share = np.minimum(mean * reach / np.maximum(overall, 1e-12)[:, None], 1 - 1e-9)
    qualify, size = (1.0, 1.0) if tried is None else (tried.share, tried.size)
    visits = overall * days * -np.expm1(np.log1p(-share).sum(axis=1)) * qualify
    used = first_uses(visits, planned.offer.uses)
    part = days * qualify * size * (used / np.maximum(visits, 1e-12) if planned.offer.uses > 0 else 1.0)
    return Uses(mean, variance, np.broadcast_to(part, (len(mean),))[:, None], used)
