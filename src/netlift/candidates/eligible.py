"""Who may be given a candidate: members of its audience who consent, were not written to too often, and are rested."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from netlift.candidates.audiences import Bools, Crowd
from netlift.candidates.candidate import Candidate, Scope
from netlift.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Care:
    """What protects customers from too much of it."""

    contacts_7: int | None = 2
    """Contacts of the last 7 days from which on a customer is left alone; None: no limit."""
    contacts_30: int | None = 6
    """The same of the last 30 days."""
    unknown_consent: bool = True
    """Whether customers whose consent is not known may be written to; who refused never is."""

    def __post_init__(self) -> None:
        for name in ("contacts_7", "contacts_30"):
            limit = getattr(self, name)
            if limit is not None and limit < 1:
                raise ConfigError(f"{name} must be at least 1, got {limit}: with 0, nobody would ever be written to")


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """Customers whom past personal promotions reached, by promotion, so that the same people are not asked again."""

    customers: Mapping[str, Bools] = field(default_factory=dict)
    """Promotion -> who was reached, shape (n,), in the order of the profiles."""


CARE = Care()
NOBODY = Reached()


def eligible(candidate: Candidate, crowd: Crowd, *, care: Care = CARE, reached: Reached = NOBODY) -> Bools:
    """Which customers may be given a candidate.

    Whoever meets a public candidate is not chosen, so consent and contacts do not matter to it.

    Args:
        candidate: the offer with its audience.
        crowd: profiles and interests.
        care: consent and frequency.
        reached: customers of past promotions whose goods still rest for them (`candidate.resting`).

    Returns:
        Shape (n,), in the order of the profiles.
    """
    mask = np.array(crowd.members(candidate.audience))
    if candidate.scope is Scope.PERSONAL:
        mask &= willing(crowd, care)
        for promotion in candidate.resting:
            if promotion in reached.customers:
                mask &= ~reached.customers[promotion]
    return mask


def masks(
    candidates: Sequence[Candidate], crowd: Crowd, *, care: Care = CARE, reached: Reached = NOBODY
) -> Mapping[str, Bools]:
    """`eligible` for several candidates, by offer id."""
    return {one.offer.offer_id: eligible(one, crowd, care=care, reached=reached) for one in candidates}


def willing(crowd: Crowd, care: Care = CARE) -> Bools:
    """Customers who did not refuse to be written to, and were not written to too often; shape (n,)."""
    mask = np.ones(crowd.size, dtype=bool)
    consent = crowd.numbers("accepts_marketing")
    mask &= (consent != 0) if care.unknown_consent else (consent == 1)
    for column, limit in (("contacts_7", care.contacts_7), ("contacts_30", care.contacts_30)):
        if limit is not None:
            with np.errstate(invalid="ignore"):
                mask &= ~(crowd.numbers(column) >= limit)
    return mask
