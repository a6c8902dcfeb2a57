"""Candidates made ready to be answered: `respond(shop, declared=declared_of(shop, candidates))` has rows for each.

What answers a candidate, the best that there is:

    1. it repeats an offer that has a log     the measured response of that offer, where its terms are those of the past
    2. a plain percentage off goods           how sales followed prices on the shelf
    3. anything else                          a dry run on recent carts says who qualifies and what it is worth; it is
                                              read as a cut in price of that worth, the evidence weak at most
    4. prices never moved, hardly anybody     what past offers of the mechanism earned, where there are three; else no
       qualifies                              effect is assumed, and the pilot named that would measure it

2 and 3 are drawn towards what past offers of the mechanism earned, where there are three.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from netlift.candidates.candidate import Candidate, Scope
from netlift.history.shop import Shop
from netlift.promotions.effects.percent import Percent
from netlift.promotions.predicate import Test
from netlift.response.assumed_file import Declared
from netlift.response.demand import Planned
from netlift.response.dry_run import OnProgress, dry_runs
from netlift.response.noticed import Noticed, noticed_of
from netlift.response.pooled import Prior, priors_of
from netlift.response.respond import last_day
from netlift.response.results import Learned
from netlift.types import Check

GUESSED = frozenset({"depth_guessed", "threshold_guessed"})
"""Reasons of a candidate by which it is not what was done before."""
_WHO = frozenset({"customer.days_since_order", "customer.order_number", "customer.segments", "customer.id"})
"""Facts of a promotion's audience by which customers are chosen, not orders."""


def declared_of(
    shop: Shop,
    candidates: Sequence[Candidate],
    *,
    as_of: datetime | None = None,
    pooled: Sequence[Prior] = (),
    learned: Sequence[Learned] = (),
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> tuple[Declared, ...]:
    """Declare candidates, each with the dry run, the priors and the habits of redemption that answer it.

    Args:
        shop: the past, opened by `history.shop.open_shop`.
        candidates: personal and public ones.
        as_of: nothing of this day or later is read; None: the day after the last order.
        pooled: what audits say of mechanisms, at most one for each; they come before those of `learned`.
        learned: offers of the past that were answered before; those of the logs that `respond` reads itself need not
            be given.
        seed: of the draw of orders for the dry runs.
        on_progress: told what is being done.

    Returns:
        In the order of the candidates; every one is answered for all known customers, so whom it is for is left to
        the plan. `planned.tried` is what the dry run found.

    Raises:
        DataError: `as_of` lies before the first order.
    """
    until = last_day(shop, as_of)
    depths = [plain_depth(one) for one in candidates]
    asked = [one for one, depth in zip(candidates, depths, strict=True) if depth is None]
    tried = dry_runs(shop, asked, until=until, seed=seed, on_progress=on_progress)
    habits = noticed_of(shop, until)
    priors = priors_of(learned) | {one.mechanism: one for one in pooled}
    found = []
    for one, depth in zip(candidates, depths, strict=True):
        offer = one.offer if depth is None else replace(one.offer, depth=depth, face_minor=None)
        noticed, checks = _noticed(one, habits)
        planned = Planned(
            offer, one.days, one.categories, noticed, None if depth is not None else tried[offer.offer_id]
        )
        prior = priors.get(one.kind) or priors.get(one.offer.mechanism)
        found.append(Declared(planned, past=_same_as(one), prior=prior, anyhow=True, checks=checks))
    return tuple(found)


def _same_as(candidate: Candidate) -> str | None:
    """The past offer that it repeats; None where its terms had to be guessed.

    Another depth earns and costs another amount, so the log of the past says nothing of it.
    """
    return None if GUESSED.intersection(candidate.why) else candidate.past


def plain_depth(candidate: Candidate) -> float | None:
    """Depth of a candidate that takes one share off every unit of its goods and asks for nothing; None: it is another.

    Only such a one is like a price on the shelf: no threshold, no maximum, no hours, nobody else who pays. It may be
    for some customers only, as a first order or those who stayed away.
    """
    if len(candidate.promotions) != 1 or len(candidate.promotions[0].benefits) != 1:
        return None
    (promotion,), (benefit,) = candidate.promotions, candidate.promotions[0].benefits
    effect, target, window = benefit.effect, benefit.target, promotion.window
    share = effect.off if isinstance(effect, Percent) and isinstance(effect.off, Decimal) else None
    bounded = benefit.when or benefit.caps.max_discount or promotion.funding or promotion.seller or target.min_units
    timed = window.weekdays or window.days_of_month or window.dates or window.hours
    audience = promotion.audience
    others = audience is not None and not (isinstance(audience, Test) and audience.fact in _WHO)
    unnamed = target.where is not None and not (candidate.categories or candidate.offer.products)
    if share is None or bounded or timed or others or unnamed or not target.whole_lines or not 0 < share < 100:
        return None
    return float(share / 100)


def _noticed(candidate: Candidate, habits: Noticed) -> tuple[float, tuple[Check, ...]]:
    """Share of purchases at which a personal offer is thought of; what everybody meets is always seen."""
    if candidate.scope is not Scope.PERSONAL:
        return 1.0, ()
    return habits.of(candidate.offer.mechanism, candidate.channel)
