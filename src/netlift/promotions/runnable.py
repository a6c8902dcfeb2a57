"""A promotion made ready to run in a quote, and what the quote has found so far."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from netlift.promotions.act import act
from netlift.promotions.conditions import Gate
from netlift.promotions.part import Part
from netlift.promotions.promotion import Limits
from netlift.promotions.reasons import HOW_FAR, Why
from netlift.promotions.state import Key, State


class Entry(Protocol):
    """A promotion or a group: what can be asked to give something."""

    id: str
    rank: int

    def give(self, state: State, run: "Run") -> bool:
        """Apply it; whether it gave anything."""


class Home(Entry, Protocol):
    """The group that a promotion belongs to."""

    exclusive: bool

    @property
    def parent(self) -> "Home | None":
        """The group above it; None for the root."""


class Run:
    """What one evaluation has found so far beside the prices."""

    __slots__ = ("applied", "entries", "proved", "refusals")

    def __init__(self, refusals: dict[str, Why]) -> None:
        self.refusals = refusals
        self.applied: dict[str, None] = {}
        self.entries: Mapping[Entry, list[Entry]] = {}
        self.proved: bool | None = None
        """Whether every best deal so far is proved; None where none was searched for."""

    def apply(self, promotion: str) -> None:
        """Keep that a promotion gave something, whatever it was refused for before."""
        self.applied[promotion] = None
        self.refusals.pop(promotion, None)

    def refuse(self, promotion: str, why: Why) -> None:
        """Keep why a promotion gave nothing, unless it did; of several reasons the one with which it got furthest."""
        known = self.refusals.get(promotion)
        if known is why or promotion in self.applied:
            return
        if known is None or HOW_FAR[why] > HOW_FAR[known]:
            self.refusals[promotion] = why

    def beside(self) -> "Run":
        """A run of the same promotions that has found nothing yet: a trial, or a part of the cart."""
        run = Run({})
        run.entries = self.entries
        return run

    def note(self, proved: bool | None) -> None:
        """Take in how a search ended."""
        if proved is not None:
            self.proved = proved and self.proved is not False


class Runnable:
    """A promotion made ready to run: what must hold for it at all, and its benefits."""

    __slots__ = (
        "audience", "budget", "budget_partial", "exclusive", "gates", "goods", "id", "node", "parts", "rank", "seller",
        "version",
    )  # fmt: skip

    exclusive: bool

    def __init__(
        self, id_: str, version: int, gates: list[Gate], parts: list[Part], limits: Limits, seller: str | None
    ) -> None:
        self.id, self.version, self.parts = id_, version, parts
        self.budget, self.budget_partial, self.seller = limits.budget, limits.budget_partial, seller
        self.gates = gates
        """What must hold for the order as a whole; the engine asks before any group does."""
        self.audience: Gate | None = None
        """Where it asks for what goods make, which each seller has for itself; otherwise it is one of the gates."""
        self.goods: tuple[Key, ...] | None = None
        """Keys of which goods must have one for it to give anything; None where any will do, or those of its seller."""
        self.exclusive = False
        self.rank = 0
        self.node: Home

    def give(self, state: State, run: Run) -> bool:
        """Apply the benefits; whether any gave something."""
        why = self._give(state) if self.seller is None else self.within(state, self._give)
        if why is None:
            run.apply(self.id)
            return True
        run.refuse(self.id, why)
        return False

    def within(self, state: State, give: Callable[[State], Why | None]) -> Why | None:
        """Do something with the cart as the promotion sees it: all of it, or the goods of its seller."""
        return give(state) if self.seller is None else _within_seller(state, self.seller, give)

    def refused(self, state: State) -> Why | None:
        """Why it gives nothing for the goods in scope, whatever its benefits; None where it may.

        Goods of a seller that it is not about are asked nothing else: they have no say.
        """
        keys, scoped = self.goods, state.scoped
        if keys is not None and scoped is not None and not _any_of(keys, scoped, state):
            return Why.NO_MATCHING_GOODS
        return None if self.audience is None else self.audience(state)

    def left(self, state: State) -> int | None:
        """What its budget leaves, in minor units, also after what this order had of it already."""
        if self.budget is None:
            return None
        goods = sum([record[2] for record in state.records if record[0].promotion == self.id])
        delivery = sum([off for part, _, off in state.shipping_records if part.promotion == self.id])
        gifts = sum(
            [
                gift.off * gift.quantity
                for part, grant in state.grants
                if part.promotion == self.id
                for gift in grant.gifts
            ]
        )
        return self.budget - state.facts.spent.get(self.id, 0) - goods - delivery - gifts

    def _give(self, state: State) -> Why | None:
        why = self.refused(state) if self.audience is not None or state.scoped is not None else None
        if why is not None:
            return why
        if self.budget is not None:
            return self._within_budget(state)
        parts = self.parts
        if len(parts) == 1:
            return act(state, parts[0])
        first, given = None, False
        for part in parts:
            why = act(state, part)
            given |= why is None
            first = first or why
        return None if given else first or Why.NOTHING_LEFT

    def _within_budget(self, state: State) -> Why | None:
        rest = self.left(state) or 0
        if rest <= 0:
            return Why.BUDGET_SPENT
        first, mark, given = None, state.mark(), False
        for part in self.parts:
            room = rest - state.given_since(mark)
            if room < 0:  # gifts and delivery are not given in part
                break
            why = act(state, part, room if self.budget_partial else None)
            given |= why is None
            first = first or why
        if state.given_since(mark) > rest:
            state.back_to(mark)
            return Why.BUDGET_SPENT
        return None if given else first or Why.NOTHING_LEFT


def exclude(entries: Sequence[Entry], run: Run, why: Why) -> None:
    """Say why entries gave nothing that might have; those that were refused on their own keep their reason."""
    for entry in entries:
        if not isinstance(entry, Runnable):
            exclude(run.entries.get(entry, []), run, why)
        elif entry.id not in run.applied and entry.id not in run.refusals:
            run.refusals[entry.id] = why


def _any_of(keys: Sequence[Key], scoped: frozenset[int], state: State) -> bool:
    """Whether a line in scope has one of the keys."""
    lookup = state.lookup
    for key in keys:  # noqa: SIM110  a generator takes twice as long
        if key in lookup and not scoped.isdisjoint(lookup[key]):
            return True
    return False


def _within_seller(state: State, seller: str, give: Callable[[State], Why | None]) -> Why | None:
    mine = state.lookup.get(("line.seller", seller), ())
    lines, scoped = state.lines, state.scoped
    if scoped is not None:
        mine = tuple([i for i in mine if i in scoped])
    if not mine:
        return Why.NO_MATCHING_GOODS
    state.lines, state.scoped = mine, frozenset(mine)
    why = give(state)
    state.lines, state.scoped = lines, scoped
    return why
