"""Who has these also takes that one: rules from frequent sets, with what speaks for them."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.catalog.baskets import Baskets, Ints, Places
from netlift.catalog.rules.chance import Floats, at_least, share_false
from netlift.catalog.rules.mining import ItemSets, frequent_sets
from netlift.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa


class _Rules(NamedTuple):
    """Rules of one size; every column of shape (rules,) but the first."""

    given: Places
    """Shape (rules, size - 1)."""
    then: Places
    together: Ints
    of_given: Ints
    of_then: Ints
    p_value: Floats
    """Chance of so many common baskets if the last of `given` to be added said nothing more about `then`."""


def rules(sets: ItemSets, *, confidence: float = 0.0, lift: float = 0.0, level: float = 1.0) -> "pa.Table":
    """Rules with one product as their consequence, from every set of two or more products.

    A rule of two products is tested against chance. One of more is tested within the baskets of each part of it that
    lacks one product, and has the largest of these p-values: it stands only if every product it names adds something
    (Webb 2007, doi:10.1007/s10994-007-5006-x). `q_value` is by size over all rules that might be found, also those
    that were too rare: the products of each side are given, what is tested is whether they meet.

    Args:
        sets: frequent sets; all their parts are among them.
        confidence: at least this share of the baskets with the first also has the second.
        lift: at least so many times the support that chance would give.
        level: `q_value` at most, a share of false discoveries; 1: all.

    Returns:
        `given` (list of ids, in order), `then` (id), `baskets` (with all of them), `support`, `confidence`, `lift`,
        `leverage` (support above chance), `p_value`, `q_value`; by q_value, then lift (high first), then ids.

    Raises:
        ConfigError: confidence or level is no share.
    """
    if not (0 <= confidence <= 1 and 0 <= level <= 1):
        raise ConfigError(f"confidence and level are shares, got {confidence} and {level}")
    parts = []
    for size in range(2, len(sets.items) + 1):
        found = _of_size(sets, size)
        products, before = len(sets.items[0]), len(sets.items[size - 2])
        # of a pair both rules have one p-value, and are one test
        tests = products * (products - 1) // 2 if size == 2 else before * (products - size + 1)
        q = np.empty(len(found.then))
        if size == 2:
            q[: len(q) // 2] = q[len(q) // 2 :] = share_false(found.p_value[: len(q) // 2], tests)
        else:
            q = share_false(found.p_value, tests)
        parts.append(_table(sets.baskets, found, q, (confidence, lift, level)))
    return _joined(parts)


def pair_rules(baskets: Baskets, support: float = 0.001, *, level: float = 1.0) -> "pa.Table":
    """Rules of two products; see `rules`."""
    return rules(frequent_sets(baskets, support, longest=2), level=level)


def _of_size(sets: ItemSets, size: int) -> _Rules:
    items, together = sets.items[size - 1], sets.together[size - 1]
    columns = [_taking(sets, items, together, out) for out in range(size)]
    stacked: list[NDArray[np.generic]] = [np.concatenate(part) for part in zip(*columns, strict=True)]
    return _Rules(*stacked)  # type: ignore[arg-type]


def _taking(sets: ItemSets, items: Places, together: Ints, out: int) -> _Rules:
    """Rules to the product in column `out`."""
    given, then = np.delete(items, out, axis=1), items[:, out]
    of_given, of_then = _baskets_with(sets, given), _baskets_with(sets, then[:, None])
    if given.shape[1] == 1:
        return _Rules(
            given, then, together, of_given, of_then, at_least(together, len(sets.baskets), of_given, of_then)
        )
    p_value = np.zeros(len(then))
    for less in range(given.shape[1]):
        part = np.delete(given, less, axis=1)
        both = np.sort(np.column_stack([part, then]), axis=1)
        p_value = np.maximum(
            p_value, at_least(together, _baskets_with(sets, part), of_given, _baskets_with(sets, both))
        )
    return _Rules(given, then, together, of_given, of_then, p_value)


def _baskets_with(sets: ItemSets, items: Places) -> Ints:
    """Baskets with each of these frequent sets, whose rows are in order."""
    known = sets.items[items.shape[1] - 1]
    place = np.searchsorted(_keys(known), _keys(items))
    found: Ints = sets.together[items.shape[1] - 1][place]
    return found


def _keys(items: Places) -> NDArray[np.bytes_]:
    """Rows as bytes that have their order."""
    return np.ascontiguousarray(items.astype(">i4")).view(f"S{4 * items.shape[1]}").ravel()


def _table(baskets: Baskets, found: _Rules, q: Floats, at_least_of: tuple[float, float, float]) -> "pa.Table":
    import pyarrow as pa

    confidence, lift, level = at_least_of
    total = max(len(baskets), 1)
    sure = found.together / found.of_given
    above = sure * total / found.of_then
    kept = np.flatnonzero((sure >= confidence) & (above >= lift) & (q <= level))
    size = found.given.shape[1]
    flat = baskets.names.take(pa.array(found.given[kept].ravel()))
    support = found.together / total
    chance = found.of_given / total * (found.of_then / total)
    columns = {
        "baskets": found.together, "support": support, "confidence": sure, "lift": above,
        "leverage": support - chance, "p_value": found.p_value, "q_value": q,
    }  # fmt: skip
    return pa.table(
        {
            "given": pa.FixedSizeListArray.from_arrays(flat, size).cast(pa.list_(pa.string())),
            "then": baskets.names.take(pa.array(found.then[kept])),
        }
        | {name: pa.array(column[kept]) for name, column in columns.items()}
    ).take(pa.array(np.lexsort((*found.given[kept].T[::-1], found.then[kept], -above[kept], q[kept]))))


def _joined(parts: list["pa.Table"]) -> "pa.Table":
    import pyarrow as pa

    if parts:
        joined = pa.concat_tables(parts)
        order = np.lexsort((-joined["lift"].to_numpy(), joined["q_value"].to_numpy()))
        return joined.take(pa.array(order)).combine_chunks()
    numbers = ("support", "confidence", "lift", "leverage", "p_value", "q_value")
    types = {"given": pa.list_(pa.string()), "then": pa.string(), "baskets": pa.int64()}
    return pa.schema(types | dict.fromkeys(numbers, pa.float64())).empty_table()
