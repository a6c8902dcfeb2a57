"""Aggregates are what numpy says of the rows, and parts add up to the whole."""

import numpy as np
import pytest

from netlift.errors import DataError, EstimationError
from netlift.experiments.aggregates import Aggregates


@pytest.fixture
def rows() -> dict[str, np.ndarray]:
    """Two correlated columns of 500 units."""
    rng = np.random.default_rng(1)
    before = rng.gamma(2.0, 30.0, 500)
    return {"before": before, "after": 0.5 * before + rng.normal(0, 20, 500)}


def test_of_rows_equals_numpy(rows):
    arm = Aggregates.of(rows)
    assert arm.count == 500
    assert arm.mean("after") == pytest.approx(np.mean(rows["after"]), rel=1e-14)
    assert arm.var("after") == pytest.approx(np.var(rows["after"], ddof=1), rel=1e-14)
    assert arm.cov("after", "before") == pytest.approx(np.cov(rows["after"], rows["before"])[0, 1], rel=1e-14)


def test_parts_add_up_to_the_whole(rows):
    whole = Aggregates.of(rows)
    parts = [Aggregates.of({name: values[cut] for name, values in rows.items()})
             for cut in (slice(0, 7), slice(7, 300), slice(300, None))]  # fmt: skip
    merged = parts[0] + parts[1] + parts[2]
    assert merged.count == whole.count
    np.testing.assert_allclose(merged.means, whole.means, rtol=1e-13)
    np.testing.assert_allclose(merged.covs, whole.covs, rtol=1e-12)


def test_sums_of_a_database_give_the_same(rows):
    matrix = np.stack(list(rows.values()))
    arm = Aggregates.from_sums(list(rows), 500, matrix.sum(axis=1), matrix @ matrix.T)
    np.testing.assert_allclose(arm.covs, Aggregates.of(rows).covs, rtol=1e-10)


@pytest.mark.parametrize("columns", [{}, {"a": [1.0]}, {"a": [1.0, 2.0], "b": [1.0]}, {"a": [1.0, float("nan")]}])
def test_unusable_columns_are_refused(columns):
    with pytest.raises(DataError):
        Aggregates.of(columns)


def test_different_columns_do_not_add_and_unknown_ones_are_named():
    arm = Aggregates.of({"a": [1.0, 2.0]})
    with pytest.raises(DataError, match="different columns"):
        arm + Aggregates.of({"b": [1.0, 2.0]})
    with pytest.raises(EstimationError, match="there are: a"):
        arm.mean("b")
    with pytest.raises(DataError, match="at least 2"):
        Aggregates.from_sums(["a"], 1, [1.0], [[1.0]])
