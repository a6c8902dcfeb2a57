"""The trace of a quote: for every promotion and condition what was needed, what was there, and how near it came.

It is made only when it is asked for, by asking every condition again on the cart as it was before promotions and,
for facts that follow the running price, as the quote left it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netlift.promotions.cart import Cart, Facts, FactValue
from netlift.promotions.conditions import Lines, compared, gate
from netlift.promotions.effect import Effect
from netlift.promotions.engine import Engine
from netlift.promotions.facts import fact_named
from netlift.promotions.gates import gates
from netlift.promotions.policy import Policy
from netlift.promotions.predicate import All, Not, Operand, Predicate, Test
from netlift.promotions.predicate import Any as AnyOf
from netlift.promotions.promotion import Group, Promotion
from netlift.promotions.quote import Quote
from netlift.promotions.reasons import Why
from netlift.promotions.state import State
from netlift.promotions.texts import Language, condition, near_miss, reason
from netlift.promotions.value import Steps, Tiers


@dataclass(frozen=True, slots=True)
class Row:
    """One condition of one promotion on one cart."""

    promotion: str
    place: str
    """Where it stands in the definition, such as `benefits[0].when.all[1]`."""
    fact: str
    op: str
    needed: Operand
    actual: FactValue | frozenset[str]
    """What was there; for a condition on lines the ids of the lines that fit."""
    holds: bool
    why: Why | None = None
    missing: int | None = None
    """How far a threshold is away, in minor units or units; None where there is no distance."""
    kind: str = ""
    """`money` or `units`, what `missing` is counted in."""

    def text(self, currency: str, language: Language = "en") -> str:
        """The row in words, "23.00 short of 99.00"."""
        if not self.fact:
            return "" if self.why is None else reason(self.why, language)
        if self.missing is not None and isinstance(self.needed, int):
            unit = "money" if self.kind == "money" else "units"
            return near_miss(unit, self.missing, self.needed, currency, language)  # type: ignore[arg-type]
        return condition(self.fact, self.op, self.needed, self.actual, language)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one promotion, with the conditions that it was judged by."""

    promotion: str
    applied: bool
    discount: int
    """Of goods and delivery, in minor units."""
    why: Why | None
    rows: tuple[Row, ...]

    @property
    def near_misses(self) -> tuple[Row, ...]:
        """Thresholds that were missed, nearest first."""
        found = [row for row in self.rows if not row.holds and row.missing is not None]
        return tuple(sorted(found, key=lambda row: row.missing or 0))

    def text(self, currency: str, language: Language = "en") -> str:
        """Why it gave nothing, with the nearest miss; empty where it applied."""
        if self.why is None:
            return ""
        said = reason(self.why, language)
        near = [row for row in self.near_misses if row.why is self.why]
        all_ = [row for row in near if ".any[" not in row.place and ".tiers[" not in row.place]
        first = [row for row in near if row not in all_][:1]
        texts = dict.fromkeys(row.text(currency, language) for row in [*all_, *first])
        if texts:
            said += "：" + "；".join(texts) if language == "zh_CN" else ": " + ", ".join(texts)
        return said


@dataclass(frozen=True, slots=True)
class Trace:
    """A quote and why it is so: one verdict per promotion, by id."""

    quote: Quote
    verdicts: tuple[Verdict, ...]


def explain(
    cart: Cart,
    facts: Facts,
    promotions: Sequence[Promotion],
    policy: Policy | None = None,
    *,
    root: Group | None = None,
) -> Trace:
    """Price a cart and say of every promotion what was needed and what was there.

    Raises:
        DefinitionError: a promotion, the tree or the policy is wrong.
        CartError: the cart is wrong.
    """
    engine = Engine(promotions, root or Group(), policy or Policy())
    return traced(engine, cart, facts, engine.quote(cart, facts))


def traced(engine: Engine, cart: Cart, facts: Facts, quote: Quote) -> Trace:
    """Say of a quote that is there already why it is so.

    Args:
        engine: that made the quote.
        cart: as it was asked about.
        facts: as they were asked with.
        quote: the engine's answer to just this cart and these facts.
    """
    state = State(cart, facts, engine.policy, engine.attributes)
    given = dict.fromkeys(engine.promotions, 0)
    for one in quote.adjustments:
        given[one.promotion] += one.amount
    for other in quote.shipping_adjustments:
        given[other.promotion] += other.amount
    _as_left(state, quote)
    verdicts = [
        Verdict(name, name in quote.applied, given[name], quote.refusals.get(name), tuple(_rows(promotion, state)))
        for name, promotion in engine.promotions.items()
    ]
    return Trace(quote, tuple(verdicts))


def _as_left(state: State, quote: Quote) -> None:
    """Running prices as the quote left them, so that conditions on them show what they came to."""
    payable = {line.id: line.payable for line in quote.lines}
    state.left = [payable[line.id] for line in state.lines_given]


def _rows(promotion: Promotion, state: State) -> Iterator[Row]:
    outer = state.lines, state.scoped
    if promotion.seller is not None:
        mine = state.lookup.get(("line.seller", promotion.seller), ())
        state.lines, state.scoped = mine, frozenset(mine)
    yield from _gate_rows(promotion, state)
    if promotion.audience is not None:
        yield from _predicate_rows(promotion.id, "audience", promotion.audience, state)
    for number, benefit in enumerate(promotion.benefits):
        at = f"benefits[{number}]"
        if benefit.when is not None:
            yield from _predicate_rows(promotion.id, f"{at}.when", benefit.when, state)
        lines = Lines(benefit.target.where).of(state)
        if benefit.effect.needs_goods:
            yield _goods_row(promotion.id, f"{at}.target", benefit.target.where, lines, state)
            size = benefit.target.group_size or benefit.target.min_units
            if size and lines:
                yield _count_row(promotion.id, f"{at}.target", size, state.quantity_of(lines))
        for slot_number, slot in enumerate(benefit.target.slots):
            mine = tuple(i for i in Lines(slot.where).of(state) if i in set(lines))
            yield _count_row(promotion.id, f"{at}.target.slots[{slot_number}]", slot.quantity, state.quantity_of(mine))
        yield from _value_rows(promotion.id, at, benefit.effect, lines, state)
    state.lines, state.scoped = outer


def _gate_rows(promotion: Promotion, state: State) -> Iterator[Row]:
    """Currency, window, trigger and limits: one row for each that refuses."""
    for one in gates(promotion):
        why = one(state)
        if why is not None:
            yield Row(promotion.id, "", "", "", "", None, holds=False, why=why)


def _goods_row(promotion: str, place: str, where: Predicate | None, lines: Sequence[int], state: State) -> Row:
    ids = tuple(state.lines_given[i].id for i in lines)
    fact = where.fact if isinstance(where, Test) else "line"
    needed: Operand = where.value if isinstance(where, Test) else ""
    op = where.op if isinstance(where, Test) else ""
    return Row(promotion, place, fact, op, needed, ids, holds=bool(ids), why=None if ids else Why.NO_MATCHING_GOODS)


def _count_row(promotion: str, place: str, needed: int, actual: int) -> Row:
    if actual >= needed:
        return Row(promotion, place, "units", ">=", needed, actual, holds=True)
    return Row(
        promotion, place, "units", ">=", needed, actual, holds=False, why=Why.TOO_FEW_UNITS,
        missing=needed - actual, kind="units",
    )  # fmt: skip


def _value_rows(promotion: str, at: str, effect: Effect, lines: tuple[int, ...], state: State) -> Iterator[Row]:
    """The next tier or step of every value of the effect that has some."""
    for name in getattr(effect, "__dataclass_fields__", {}):
        value = getattr(effect, name)
        if not isinstance(value, Tiers | Steps):
            continue
        actual = _measured(value.of, lines, state)
        starts = [row.start for row in value.rows] if isinstance(value, Tiers) else [value.step]
        kind = "units" if value.of.endswith("quantity") else "money"
        for number, start in enumerate(starts):
            short = start - actual
            yield Row(
                promotion, f"{at}.effect.{name}.tiers[{number}]", value.of, ">=", start, actual, holds=short <= 0,
                why=None if short <= 0 else Why.BELOW_THRESHOLD, missing=short if short > 0 else None, kind=kind,
            )  # fmt: skip


def _measured(of: str, lines: tuple[int, ...], state: State) -> int:
    chosen = lines if of.startswith("selection.") else state.lines
    if of.endswith("quantity"):
        return state.quantity_of(chosen)
    return state.subtotal_of(chosen) if of.endswith("subtotal") and "running" not in of else state.running_of(chosen)


def _predicate_rows(promotion: str, place: str, predicate: Predicate, state: State) -> Iterator[Row]:
    if isinstance(predicate, All | AnyOf):
        word = "all" if isinstance(predicate, All) else "any"
        for number, part in enumerate(predicate.parts):
            yield from _predicate_rows(promotion, f"{place}.{word}[{number}]", part, state)
    elif isinstance(predicate, Not):
        holds = gate(predicate)(state) is None
        yield Row(
            promotion, f"{place}.not", "", "", "", None, holds=holds, why=None if holds else gate(predicate)(state)
        )
    else:
        yield _test_row(promotion, place, predicate, state)


def _test_row(promotion: str, place: str, test: Test, state: State) -> Row:
    fact = fact_named(test.fact)
    if fact is None or fact.cart is None:  # the check of definitions refuses it
        raise TypeError(test.fact)
    lines = state.lines if test.where is None else Lines(test.where).of(state)
    actual = fact.cart(state, lines)
    holds = actual is not None and compared(test.op, test.value)(actual)
    why = None if holds else gate(test)(state) or fact.why
    missing, kind = None, ""
    threshold = test.op in {">=", ">"} and fact.takes_where and fact.type in {"money", "integer"}
    if not holds and threshold and isinstance(actual, int) and isinstance(test.value, int):
        missing = test.value - actual + (test.op == ">")
        kind = "money" if fact.type == "money" else "units"
    return Row(promotion, place, test.fact, test.op, test.value, actual, holds, why, missing, kind)
