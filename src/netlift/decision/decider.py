"""Answering one customer from a plan: no database, no network, no clock; safe for any number of threads."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from netlift.decision.decision import Answer, Decision, Status
from netlift.decision.rows import Row, Rows
from netlift.errors import CartError, ConfigError, DataError
from netlift.plan.artefact import Part, Plan, plan_id
from netlift.plan.exposures import CONTROL, WITHHELD
from netlift.promotions import codec
from netlift.promotions.cart import Cart, Facts
from netlift.promotions.engine import Engine
from netlift.promotions.explain import Trace, traced
from netlift.promotions.policy import Policy
from netlift.promotions.promotion import Promotion
from netlift.promotions.quote import Quote

_KEPT = 1024
"""Sets of offers whose engines are kept; one more costs about 0.2 ms."""
_NOTHING_KNOWN = Facts()
_HELD: Mapping[str, tuple[str, ...]] = {arm: ("hold_out" if arm == CONTROL else arm,) for arm in WITHHELD}


class Decider:
    """Answers from one plan.

    It packs the plan's rows once (about 130 bytes each, with ids of 24 characters) and keeps no other copy of them;
    drop the plan to free its own. Everything is read only after that: share one among threads.

    Args:
        plan: as `plan.artefact.read` gives it.
        policy: how the engine rounds, splits and bounds; netlift's own where None.

    Raises:
        DataError: rows and head of the plan do not belong together.
        DefinitionError: a promotion of the plan is wrong.
    """

    def __init__(self, plan: Plan, policy: Policy | None = None) -> None:
        head = plan.head
        self.plan_id, self.currency = plan_id(plan), head.currency
        self._policy = policy or Policy()
        self._asked = sha256(_text([self.plan_id, codec.write(self._policy)]))
        self._parts = {part.candidate.offer.offer_id: _Ready(part) for part in head.parts}
        self._public = {part.candidate.offer.offer_id: _Ready(part) for part in head.public}
        self._rows = Rows(plan.rows, tuple(self._parts))
        if both := sorted(self._parts.keys() & self._public.keys()):
            raise DataError(f"offer {both[0]!r} of the plan is personal and public: make the plan again")
        self._compiled((*self._parts, *self._public))  # a wrong definition is told here, not to a customer
        self._engine = lru_cache(maxsize=_KEPT)(self._compiled)

    def decide(
        self,
        customer_id: str,
        basket: Cart | None = None,
        *,
        now: datetime,
        facts: Facts | None = None,
        trace: bool = True,
    ) -> Decision:
        """What a customer is offered at a moment, and what their basket costs.

        Args:
            customer_id: pseudonym, as in the plan; unknown customers get public offers only.
            basket: what they are about to buy, in the plan's currency; None: offers only.
            now: with its time zone.
            facts: what else is known of shopper and moment, for conditions of the promotions; `customer`, `now` and
                the tokens of what the plan gives are filled in.
            trace: whether to say, where a promotion gives nothing, what was needed and what was there.

        Raises:
            ConfigError: `now` has no time zone, or the facts are of another customer or moment.
            CartError: the basket is wrong, or in another currency.
        """
        known = self._known(customer_id, basket, now, facts or _NOTHING_KNOWN)
        rows = self._rows.of(customer_id)
        answers = self._answers(rows, known, now)
        open_ = tuple(one.offer_id for one in answers if one.status in {Status.GIVEN, Status.PUBLIC})
        if basket is None:
            quote, why = None, None
        else:
            opened = replace(known, tokens=known.tokens.union(*(self._tokens(offer_id) for offer_id in open_)))
            quote, why = self._priced(basket, opened, open_, trace=trace)
        asked = self._question(basket, known)
        return Decision(asked, self.plan_id, customer_id, now, bool(rows), answers, quote, why)

    def _known(self, customer_id: str, basket: Cart | None, now: datetime, facts: Facts) -> Facts:
        if now.tzinfo is None:
            raise ConfigError(f"the moment {now} has no time zone: offers start and end at an instant")
        if facts.customer not in {None, customer_id}:
            raise ConfigError(f"the facts are of customer {facts.customer!r}, the question of {customer_id!r}")
        if facts.now not in {None, now}:
            raise ConfigError(f"the facts are of {facts.now}, the question of {now}: leave one out")
        if basket is not None and basket.currency != self.currency:
            raise CartError(
                f"cart.currency: {basket.currency!r}, but the plan is in {self.currency}: give the basket in it"
            )
        return replace(facts, customer=customer_id, now=now)

    def _answers(self, rows: Sequence[Row], facts: Facts, now: datetime) -> tuple[Answer, ...]:
        by_offer = {row.offer_id: row for row in rows}
        found = [part.answer(by_offer.get(name), facts, now, in_plan=bool(rows)) for name, part in self._parts.items()]
        found += [part.public(facts, now) for part in self._public.values()]
        return tuple(found)

    def _tokens(self, offer_id: str) -> frozenset[str]:
        """A personal offer needs no other key than that it is given; a public one keeps its own trigger."""
        part = self._parts.get(offer_id)
        return frozenset() if part is None else part.tokens

    def _priced(
        self, basket: Cart, facts: Facts, offers: tuple[str, ...], *, trace: bool
    ) -> tuple[Quote, Trace | None]:
        engine = self._engine(offers)
        quote = engine.quote(basket, facts)
        return quote, traced(engine, basket, facts, quote) if trace and quote.refusals else None

    def _compiled(self, offers: tuple[str, ...]) -> Engine:
        return Engine(self._promotions(offers), policy=self._policy)

    def _promotions(self, offers: Sequence[str]) -> list[Promotion]:
        ready = (self._parts.get(offer_id) or self._public[offer_id] for offer_id in offers)
        return [promotion for part in ready for promotion in part.promotions]

    def _question(self, basket: Cart | None, facts: Facts) -> str:
        """The facts name customer and moment; the moment with its zone, in which conditions read days and hours."""
        asked = self._asked.copy()
        asked.update(_text([None if basket is None else codec.write(basket), codec.write(facts)]))
        return asked.hexdigest()[:24]


def _text(data: object) -> bytes:
    return json.dumps(data, sort_keys=True).encode()


class _Times(NamedTuple):
    start: datetime
    end: datetime
    uses: int


class _Ready:
    """A part of the plan with all that does not depend on the customer worked out."""

    def __init__(self, part: Part) -> None:
        candidate = part.candidate
        self._offer, self._channel = candidate.offer, candidate.channel
        self._times = _Times(candidate.window.start, candidate.window.end, candidate.offer.uses)
        self.promotions = candidate.promotions
        self.tokens = frozenset(promotion.id for promotion in candidate.promotions)
        name = candidate.offer.name
        self._others = Answer(candidate.offer.offer_id, name, Status.NOT_ADDRESSED, ("not_chosen",))
        self._unknown = Answer(candidate.offer.offer_id, name, Status.NOT_ADDRESSED, ("not_in_plan",))

    def answer(self, row: Row | None, facts: Facts, now: datetime, *, in_plan: bool) -> Answer:
        """As a personal offer."""
        if row is None:
            return self._others if in_plan else self._unknown
        closed = self._closed(facts, now)
        status, why = (Status.WITHHELD, _HELD[row.arm]) if row.arm in WITHHELD else (Status.GIVEN, row.reasons)
        if closed is not None:
            status, why = Status.CLOSED, (closed,)
        return Answer(
            row.offer_id, self._offer.name, status, why, row.arm, row.propensity, row.net_margin, row.se,
            row.expected_cost, row.grade, self._channel,
        )  # fmt: skip

    def public(self, facts: Facts, now: datetime) -> Answer:
        """As an offer to everybody."""
        closed = self._closed(facts, now)
        status, why = (Status.PUBLIC, "everybody") if closed is None else (Status.CLOSED, closed)
        return Answer(self._offer.offer_id, self._offer.name, status, (why,))

    def _closed(self, facts: Facts, now: datetime) -> str | None:
        start, end, uses = self._times
        if now < start:
            return "not_started"
        if now >= end:
            return "ended"
        return "used_up" if uses and facts.customer_uses.get(self._offer.offer_id, 0) >= uses else None
