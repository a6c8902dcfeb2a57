"""Splitting money in SQL: exact for any weights, close to proportional, never more than the weight."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlift.data.shares import share


def split(total: int, weights: list[int]) -> list[int]:
    """The parts as DuckDB computes them, in the order of the weights."""
    values = ", ".join(f"({row}, {total}::BIGINT, {weight}::BIGINT)" for row, weight in enumerate(weights))
    found = duckdb.sql(
        f"SELECT {share('total', 'weight', by='true')} FROM (VALUES {values}) t(_row, total, weight) ORDER BY _row"
    ).fetchall()
    return [part for (part,) in found]


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [33, 34, 33]),  # 33.3, 66.7, 100 rounded: 33, 67, 100
        (1000, [2400, 999, 300], [649, 270, 81]),
        (5, [0, 0], [3, 2]),  # nothing to go by: every row alike, 2.5 rounds up
        (0, [3, 4], [0, 0]),
        (7, [0, 9, 0], [0, 7, 0]),
    ],
)
def test_parts_by_hand(total: int, weights: list[int], parts: list[int]) -> None:
    assert split(total, weights) == parts


@given(st.integers(0, 10**13), st.lists(st.integers(0, 10**13), min_size=1, max_size=12))
def test_parts_sum_exactly_and_are_proportional(total: int, weights: list[int]) -> None:
    """Whatever is split, nothing is lost, and every part is within one unit of its exact share."""
    parts = split(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=12), st.floats(0, 1))
def test_a_discount_never_exceeds_its_line(weights: list[int], depth: float) -> None:
    total = int(sum(weights) * depth)
    if sum(weights):
        assert all(0 <= part <= weight for part, weight in zip(split(total, weights), weights, strict=True))
