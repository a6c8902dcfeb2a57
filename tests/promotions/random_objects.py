"""Random objects of the promotion language, drawn from the same shapes that read and write it."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import assume
from hypothesis import strategies as st

from netlift.errors import ConfigError
from netlift.promotions.bounds import Bound
from netlift.promotions.hints import SINGLES, record_of
from netlift.promotions.predicate import Not
from netlift.promotions.records import Kinds, OneOf, Record
from netlift.promotions.shapes import Choice, ListOf, MapOf, Shape, Single
from netlift.promotions.value import Steps, Tier, Tiers

T = TypeVar("T")
Strategy = st.SearchStrategy[Any]

NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "Zs")), max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
"""What a JSON parser may answer, lone surrogates, NaN and infinity included."""


def objects(owner: type[T], depth: int = 3) -> st.SearchStrategy[T]:
    """Objects with right types and numbers within bounds; what refers to what is not looked at."""
    return _record(record_of(owner), depth)


def _of(shape: Shape, depth: int, bound: Bound | None = None) -> Strategy:
    match shape:
        case Record():
            return _record(shape, depth)
        case Kinds():
            return st.one_of([_record(shape.record(kind), depth) for kind in shape.known()])
        case OneOf():
            return _union(shape, depth, bound)
        case ListOf():
            unique = shape.container is frozenset
            items = st.lists(_of(shape.item, depth, bound), max_size=3 if depth > 0 else 0, unique=unique)
            return items.map(shape.container)
    return _leaf(shape, depth, bound)


def _leaf(shape: Shape, depth: int, bound: Bound | None) -> Strategy:
    match shape:
        case Single():
            return _single(shape, bound)
        case Choice():
            return st.sampled_from(shape.words if shape.enum is None else list(shape.enum))
        case MapOf():
            return st.dictionaries(NAMES, _of(shape.item, depth, bound), max_size=2)
    raise AssertionError(shape)


def _union(shape: OneOf, depth: int, bound: Bound | None) -> Strategy:
    endless = (Not,)  # the one part that it must have may be another of its kind
    options = [one for one in shape.options if depth > 0 or not (isinstance(one, Record) and one.python in endless)]
    drawn = [_table(one, bound) if _is_table(one) else _of(one, depth, bound) for one in options]
    return st.one_of([st.none(), *drawn] if shape.optional else drawn)


def _is_table(shape: Shape) -> bool:
    return isinstance(shape, Record) and shape.python in (Tiers, Steps)


def _table(shape: Shape, bound: Bound | None) -> Strategy:
    """Tiers or steps whose values are within the bounds of the field that they stand in."""
    assert isinstance(shape, Record)
    if shape.python is Tiers:
        tiers = st.builds(Tier, st.integers(0, 10**9), _number(bound))
        return st.builds(Tiers, st.lists(tiers, max_size=3).map(tuple))
    return st.builds(Steps, st.integers(1, 10**6), _single(SINGLES[int], bound), at_most=st.none() | st.integers(1, 9))


def _number(bound: Bound | None) -> Strategy:
    whole = bound is None or bound.whole
    return _single(SINGLES[int], bound) if whole else _single(SINGLES[int], bound) | _single(SINGLES[Decimal], bound)


@st.composite
def _record(draw: st.DrawFn, record: Record, depth: int) -> Any:
    depth -= record.nests
    values = {}
    for one in record.fields:
        if one.default is not None and (depth <= 0 or draw(st.booleans())):
            continue
        values[one.name] = draw(_of(one.shape, depth, one.bound))
    try:
        return record.python(**values)
    except ConfigError:  # a price effect without a price
        assume(False)


def _single(shape: Single, bound: Bound | None) -> Strategy:
    low = -(10**6) if bound is None or bound.low is None else bound.low
    high = 10**12 if bound is None or bound.high is None else bound.high
    strategies: dict[type, Strategy] = {
        bool: st.booleans(),
        int: st.integers(low, high),
        str: NAMES,
        Decimal: st.decimals(low, high, places=4) if bound is None or not bound.whole else st.integers(low, high),
        date: st.dates(),
        time: st.times(),
        datetime: st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  zone is drawn
    }
    return strategies[shape.python]
