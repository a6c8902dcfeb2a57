"""From pairs and limits to an allocation problem: what may be chosen, and one row per limit.

Rows are called `budget`, `liability`, `loss`, `roi`, `churn`, `stock:PRODUCT`, `channel:NAME`, `most:OFFER`,
`least:OFFER`, `share:NAME` and `differs:PLAN`. Pairs that are expected to lose money are left out, unless a minimum
or yesterday's plan may need them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from netlift.allocation.problem import Problem, Row, cells_row, offers_row, whole
from netlift.candidates.candidate import Candidate
from netlift.errors import ConfigError
from netlift.plan.limits import Limits
from netlift.plan.pool import Bools, Floats, Ints, Pool
from netlift.plan.winner import shrinkage

if TYPE_CHECKING:
    from netlift.allocation.crowd import Counter
    from netlift.plan.artefact import Plan

OVERLAP = 0.5
"""Most that two plans may share: pairs in both, of the pairs in either."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A problem, and which pair of the pool each of its candidates is."""

    problem: Problem
    cells: Ints
    """Shape (candidates,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What all plans of one making have in common."""

    pool: Pool
    limits: Limits
    value: Floats
    """What each pair is believed to earn when plans are chosen, minor units, shape (pairs,): its net margin, with the
    averages of measured offers shrunk to their common mean; else the worst known offer wins."""
    yesterday: Ints
    """Pairs of yesterday's plan that can be given again."""
    had: int
    """Customers who had something yesterday, and still could."""
    passes: "Counter | None" = None
    """Where passes over everybody are counted when a plan is chosen; None: here."""

    @classmethod
    def of(
        cls, pool: Pool, limits: Limits, yesterday: "Plan | None" = None, *, passes: "Counter | None" = None
    ) -> "Frame":
        """A frame; names of the limits are checked against what there is.

        Raises:
            ConfigError: a limit on an offer, channel, share or product that nothing has to do with.
        """
        _check_names(pool, limits)
        pairs = _of_yesterday(pool, yesterday)
        value = pool.net + shrinkage(pool).shift[pool.offer] if len(pool) else pool.net
        return cls(pool, limits, value, pairs, len(np.unique(pool.owner[pairs])), passes)


def question(
    frame: Frame,
    value: Floats,
    *,
    only: Bools | None = None,
    needed: Bools | None = None,
    extra: Sequence["Extra"] = (),
    limits: Limits | None = None,
) -> Question:
    """What to solve.

    Args:
        frame: pairs and limits.
        value: what each pair is worth, minor units, shape (pairs,).
        only: the pairs that may be chosen at all, shape (pairs,); None: all.
        needed: pairs that may be chosen although they are worth less than nothing, shape (pairs,).
        extra: further rows over pairs.
        limits: instead of the frame's, e.g. with another budget.
    """
    pool, limits = frame.pool, limits or frame.limits
    may = (value > 0) | _wanted(frame, limits)
    if needed is not None:
        may |= needed
    if only is not None:
        may &= only
    cells = np.flatnonzero(may)
    _, sizes = np.unique(pool.owner[cells], return_counts=True)
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
    channels = sorted({str(one.channel) for one in pool.candidates})
    slot = np.array([channels.index(str(one.channel)) for one in pool.candidates], np.int32)
    contacts = max(1, min(limits.contacts, len(channels)))  # more than one per channel there cannot be
    rows = [*_rows(frame, limits, cells), *(one.row(cells) for one in extra)]
    return Question(
        Problem(start, pool.offer[cells], whole(value[cells]), pool.offers, tuple(rows), slot, contacts), cells
    )


@dataclass(frozen=True, slots=True, eq=False)
class Extra:
    """A further row over the pairs of a pool."""

    name: str
    amounts: Floats
    """Shape (pairs,)."""
    limit: float
    unit: str = "customers"
    minimum: bool = False

    def row(self, cells: Ints) -> Row:
        """The row for some of the pairs."""
        return cells_row(self.name, self.amounts[cells], self.limit, unit=self.unit, minimum=self.minimum)


def differs(pool: Pool, code: str, cells: Ints, *, overlap: float = OVERLAP) -> Extra:
    """At most so much overlap with an earlier plan.

    With s pairs in both of a and b, s / (a + b - s) <= t is s - t (b - s) <= t a: linear in what is chosen.

    Args:
        pool: the pairs.
        code: of the earlier plan.
        cells: its pairs.
        overlap: t.
    """
    amounts = np.full(len(pool), -overlap)
    amounts[cells] = 1.0
    return Extra(f"differs:{code}", amounts, overlap * len(cells))


def share(name: str, inside: Bools, least: float) -> Extra:
    """At least a share of all that is given lies inside: sum over what is given of (inside - least) >= 0."""
    return Extra(f"share:{name}", inside.astype(np.float64) - least, 0.0, minimum=True)


def inside(pool: Pool, name: str) -> Bools:
    """Pairs of an audience, offer, mechanism or goal, shape (pairs,).

    Raises:
        ConfigError: there is none of this name.
    """
    if name in pool.eligible.segments:
        return pool.eligible.segments[name][pool.owner]
    of = np.array([name in _names_of(one) for one in pool.candidates], np.bool_)
    if not of.any():
        known = {*pool.eligible.segments, *(said for one in pool.candidates for said in _names_of(one))}
        raise ConfigError(f"no audience, offer, mechanism or goal {name!r} to have a share; {_near(name, known)}")
    return of[pool.offer]


def uses(pool: Pool, cells: Ints) -> Floats:
    """How often each pair is expected to be used: what it costs beside the contact, by the most that a use costs."""
    offers = [one.offer for one in pool.candidates]
    contact = np.array([float(one.contact_cost_minor) for one in offers])[pool.offer[cells]]
    times = np.array([float(max(one.uses, 1)) for one in offers])[pool.offer[cells]]
    each = (pool.liability[cells] - contact) / times
    spent = np.maximum(pool.cost[cells] - contact, 0.0)
    return np.minimum(np.divide(spent, each, out=np.zeros(len(cells)), where=each > 0), times)


def _rows(frame: Frame, limits: Limits, cells: Ints) -> Iterator[Row]:
    pool = frame.pool
    if limits.budget_minor is not None:
        yield cells_row("budget", pool.cost[cells], limits.budget_minor)
    if limits.liability_minor is not None:
        yield cells_row("liability", pool.liability[cells], limits.liability_minor)
    if limits.loss_minor is not None:
        yield cells_row("loss", np.maximum(-frame.value[cells], 0.0), limits.loss_minor)
    if limits.roi is not None:
        yield cells_row("roi", limits.roi * pool.cost[cells] - frame.value[cells], 0.0)
    if limits.churn is not None and frame.had:
        yield _churn(frame, limits.churn).row(cells)
    yield from _offer_rows(pool, limits)
    for product, units in limits.stock.items():
        of = np.array([product in one.offer.products for one in pool.candidates], np.bool_)[pool.offer[cells]]
        yield cells_row(f"stock:{product}", np.where(of, uses(pool, cells), 0.0), units, unit="pieces")
    for one in limits.share:
        yield share(one.of, inside(pool, one.of), one.least).row(cells)


def _offer_rows(pool: Pool, limits: Limits) -> Iterator[Row]:
    """Rows in which only the offer counts."""
    for channel, customers in limits.channels.items():
        yield offers_row(f"channel:{channel}", [float(one.channel == channel) for one in pool.candidates], customers)
    for offer, between in limits.offers.items():
        here = [float(one == offer) for one in pool.offers]
        if between.most is not None:
            yield offers_row(f"most:{offer}", here, between.most)
        if between.least:
            yield offers_row(f"least:{offer}", here, between.least, minimum=True)


def _churn(frame: Frame, churn: float) -> Extra:
    """At most a share of yesterday's customers change.

    A customer who had something changes unless it is given again (had - what is given again); one who had nothing
    changes with every pair that is given.
    """
    pool = frame.pool
    had = np.zeros(pool.customers, np.bool_)
    had[pool.owner[frame.yesterday]] = True
    amounts: Floats = np.where(had[pool.owner], 0.0, 1.0)
    per_customer = np.bincount(pool.owner[frame.yesterday], minlength=pool.customers)
    amounts[frame.yesterday] = -1.0 / np.maximum(per_customer[pool.owner[frame.yesterday]], 1)
    return Extra("churn", amounts, churn * frame.had - frame.had)


def _wanted(frame: Frame, limits: Limits) -> Bools:
    """Pairs that a minimum or yesterday's plan may need, whatever they earn; shape (pairs,)."""
    pool = frame.pool
    offers = np.array([offer in limits.offers and limits.offers[offer].least > 0 for offer in pool.offers], np.bool_)
    found = offers[pool.offer] if len(offers) else np.zeros(len(pool), np.bool_)
    for one in limits.share:
        found |= inside(pool, one.of)
    if limits.churn is not None:
        found[frame.yesterday] = True
    return found


def _of_yesterday(pool: Pool, yesterday: "Plan | None") -> Ints:
    """Pairs of the pool that yesterday's plan had given or withheld."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if yesterday is None or not len(pool) or not yesterday.rows.num_rows:
        return np.zeros(0, np.int64)
    rows = yesterday.rows.filter(pc.is_in(yesterday.rows["arm"], value_set=pa.array(["treatment", "control"])))
    who = pc.index_in(rows["customer_id"], value_set=pool.eligible.customer_id).fill_null(-1)
    what = pc.index_in(rows["offer_id"], value_set=pa.array(pool.offers, pa.string())).fill_null(-1)
    owners, offers = (x.to_numpy(zero_copy_only=False).astype(np.int64) for x in (who, what))
    good = (owners >= 0) & (offers >= 0)
    width = len(pool.candidates)
    keys = owners[good] * width + offers[good]
    return np.flatnonzero(np.isin(pool.owner.astype(np.int64) * width + pool.offer, keys))


def _check_names(pool: Pool, limits: Limits) -> None:
    for name in limits.offers:
        if name not in pool.offers and pool.candidates:
            raise ConfigError(f"a limit on the offer {name!r}, which no candidate is; {_near(name, set(pool.offers))}")
    products = {product for one in pool.candidates for product in one.offer.products}
    channels = {str(one.channel) for one in pool.candidates}
    for what, named, known in (("channel", limits.channels, channels), ("stock of", limits.stock, products)):
        for name in named:  # a cap on what nothing uses is kept anyway, but a near miss was meant for something
            if name not in known and get_close_matches(name, known, n=1, cutoff=0.75):
                raise ConfigError(f"a limit on the {what} {name!r}, which no candidate uses; {_near(name, known)}")
    for one in limits.share:
        if pool.candidates:
            inside(pool, one.of)


def _names_of(candidate: Candidate) -> tuple[str, ...]:
    return candidate.offer.offer_id, candidate.kind, str(candidate.goal), candidate.audience.audience_id


def _near(name: str, known: set[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known)) or 'none'}"
