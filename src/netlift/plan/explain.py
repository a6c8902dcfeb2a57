"""Why a plan is what it is, as figures and codes for a report: money, people, goods, conflicts, law, a dry run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netlift.candidates.candidate import Candidate
from netlift.errors import NetliftError
from netlift.plan.artefact import Plan
from netlift.plan.build import Given
from netlift.plan.choose import Choice, at_prices
from netlift.plan.people import examples_of, rules_of, segments_of
from netlift.plan.pool import Ints, Pool
from netlift.plan.rows import Frame, uses
from netlift.plan.told import Cut, DryRun, Example, Explained, Law, Rule, Rules, Segment, Step, Stock
from netlift.promotions.cart import Cart, Facts
from netlift.promotions.lint import Finding, lint
from netlift.types import Check

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "Context", "Cut", "DryRun", "Example", "Explained", "Law", "Rule", "Rules", "Segment", "Step", "Stock", "explain",
]  # fmt: skip

CARTS = 200
"""Recent carts that are quoted, at most; more are thinned out evenly."""
LINTED = 12
"""Promotions that the linter looks over together, at most."""
FEW = 20
"""Carts that the linter tries."""


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What all explanations of one making have in common."""

    frame: Frame
    profiles: "pa.Table | None"
    """One row per customer of the pool, in its order."""
    stock: Mapping[str, float]
    carts: Sequence[Cart]
    laws: Sequence[Law]
    tried: dict[str, tuple[int, float, frozenset[int]]]
    """Offers that were tried on the carts: orders, discount, and which carts."""
    linted: dict[tuple[str, ...], tuple[Finding, ...]]
    """Promotions that were looked over together."""

    @classmethod
    def of(
        cls, frame: Frame, profiles: "pa.Table | None", *, stock: Mapping[str, float], carts: Sequence[Cart],
        laws: Sequence[Law],
    ) -> "Context":  # fmt: skip
        """Profiles brought into the pool's order; customers without one have nulls."""
        import pyarrow.compute as pc

        if profiles is not None:
            where = pc.index_in(frame.pool.eligible.customer_id, value_set=profiles["customer_id"].combine_chunks())
            profiles = profiles.take(where) if not where.null_count else None
        thinned = carts[:: -(-len(carts) // CARTS)] if carts else carts
        return cls(frame, profiles, dict(stock), tuple(thinned), tuple(laws), {}, {})


def explain(context: Context, choice: Choice, plan: Plan, given: Given) -> Explained:
    """The explanation of one plan.

    Args:
        context: see `Context`.
        choice: what was chosen, and at which prices.
        plan: what came of it.
        given: who gets what.
    """
    pool, cells = context.frame.pool, given.all
    candidates = [part.candidate for part in (*plan.head.parts, *plan.head.public)]
    rules, segments = None, tuple[Segment, ...]()
    if context.profiles is not None and len(pool):
        worth = at_prices(context.frame, choice, context.frame.value if choice.value is None else choice.value)
        rules = rules_of(pool, context.profiles, given.cells, worth)
        segments = segments_of(pool, context.profiles, cells)
    arms = ["treatment" if one else "explore" for one in np.isin(cells, given.treated)]
    return Explained(
        tuple(_steps(pool, cells, plan)), rules, segments,
        examples_of(pool, context.profiles, cells, given.cells, arms),
        tuple(_stock(context, cells)), _conflicts(context, plan), tuple(_laws(context, cells, candidates)),
        _dry_run(context, candidates),
    )  # fmt: skip


def _steps(pool: Pool, cells: Ints, plan: Plan) -> Iterator[Step]:
    contact = np.array([float(one.offer.contact_cost_minor) for one in pool.candidates])
    told = float(np.minimum(contact[pool.offer[cells]], pool.cost[cells]).sum()) if len(cells) else 0.0
    cost = float(pool.cost[cells].sum())
    yield Step("margin", float(pool.net[cells].sum()) + cost)
    yield Step("discount", told - cost)
    yield Step("contact", -told)
    if plan.head.public:
        yield Step("public", sum(part.net.estimate for part in plan.head.public))
    yield Step("correction", -plan.head.worth.optimism)


def _stock(context: Context, cells: Ints) -> Iterator[Stock]:
    """Products of the plan's offers of which the stock is known."""
    pool = context.frame.pool
    known = {**context.stock, **context.frame.limits.stock}
    expected = pool.sums(cells, uses(pool, cells))
    for number in np.flatnonzero(pool.sums(cells, np.ones(len(cells)))):
        offer = pool.candidates[int(number)].offer
        for product in offer.products:
            if product in known:
                moved = float(expected[number])
                high = moved + 1.645 * float(np.sqrt(moved))  # uses are counts: their variance is their mean
                yield Stock(product, offer.offer_id, known[product], moved, high, high <= known[product])


def _conflicts(context: Context, plan: Plan) -> tuple[Finding, ...]:
    """What the linter finds in each personal offer beside the public ones: no customer meets two of a channel."""
    public = [one for part in plan.head.public for one in part.candidate.promotions]
    sets = [[*public, *part.candidate.promotions] for part in plan.head.parts] or [public]
    found: dict[tuple[object, ...], Finding] = {}
    for promotions in sets:
        names = tuple(one.id for one in promotions)
        if names and names not in context.linted:
            context.linted[names] = lint(promotions[:LINTED], typical_carts=context.carts[:FEW])
        for finding in context.linted.get(names, ()):
            found.setdefault((finding.code, finding.promotions, finding.en), finding)
    return tuple(found.values())


def _laws(context: Context, cells: Ints, candidates: Sequence[Candidate]) -> Iterator[Law]:
    offers = {one.offer.offer_id for one in candidates}
    yield from (law for law in context.laws if law.offer_id is None or law.offer_id in offers)
    pool = context.frame.pool
    most = int(np.bincount(pool.owner[cells]).max(initial=0)) if len(cells) else 0
    allowed = context.frame.limits.contacts
    yield Law(None, Check("contacts", most <= allowed, float(most), float(allowed)))
    profiles = context.profiles
    if profiles is not None and "accepts_marketing" in profiles.column_names:
        import pyarrow.compute as pc

        refused = pc.fill_null(pc.equal(profiles["accepts_marketing"], False), False)
        number = int(refused.to_numpy(zero_copy_only=False)[np.unique(pool.owner[cells])].sum())
        yield Law(None, Check("consent", number == 0, float(number), 0.0))
    elif len(cells):
        yield Law(None, Check("consent", None, float("nan"), 0.0))


def _dry_run(context: Context, candidates: Sequence[Candidate]) -> DryRun | None:
    if not context.carts or not candidates:
        return None
    for one in candidates:
        if one.offer.offer_id not in context.tried:
            context.tried[one.offer.offer_id] = _tried(one, context.carts)
    found = {one.offer.offer_id: context.tried[one.offer.offer_id] for one in candidates}
    listed = float(sum(line.unit_price * line.quantity for cart in context.carts for line in cart.lines))
    return DryRun(
        len(context.carts), 0, len(frozenset().union(*(which for _, _, which in found.values()))),
        sum(discount for _, discount, _ in found.values()), listed,
        {name: (orders, discount) for name, (orders, discount, _) in sorted(found.items())},
    )  # fmt: skip


def _tried(candidate: Candidate, carts: Sequence[Cart]) -> tuple[int, float, frozenset[int]]:
    """Orders to which an offer applies, its discount, and which carts these are; its shopper holds code and token."""
    from netlift.promotions.engine import compiled

    engine = compiled(candidate.promotions)
    middle = candidate.window.start + (candidate.window.end - candidate.window.start) / 2
    codes = frozenset(code for one in candidate.promotions for code in one.trigger.codes)
    facts = Facts(now=middle, codes=codes, tokens=frozenset(one.id for one in candidate.promotions))
    taken, discount = set(), 0
    for number, cart in enumerate(carts):
        try:
            quote = engine.quote(cart, facts)
        except NetliftError:  # a cart in another currency, say: nothing that this offer could apply to
            continue
        if quote.applied:
            taken.add(number)
            discount += quote.discount + quote.shipping_discount
    return len(taken), float(discount), frozenset(taken)
