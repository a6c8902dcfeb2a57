"""The model matrix: which columns, in which order, what stands for nulls, and what may never be among them."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlift.errors import ConfigError, DataError
from netlift.profiles.features.lifecycle import STAGES
from netlift.profiles.matrix import Matrix, Vocabulary, matrix
from netlift.profiles.table import columns
from tests.profiles.feature_shops import interested, profiled


@pytest.fixture(scope="module", name="profiled")
def profiles_of_the_shop() -> pa.Table:
    return profiled()


@pytest.fixture(scope="module", name="interested")
def interests_of_the_shop() -> pa.Table:
    return interested()


@pytest.fixture(scope="module")
def vocabulary(profiled: pa.Table, interested: pa.Table) -> Vocabulary:
    return Vocabulary.fit(profiled, interested, most=4, categories=3)


def column(found: Matrix, name: str) -> list[float]:
    values: list[float] = found.X[:, found.names.index(name)].tolist()
    return values


def test_every_number_becomes_a_column_and_nothing_is_missing(profiled: pa.Table) -> None:
    found = matrix(profiled)
    numbers = [one.name for one in columns() if one.kind != "string"]
    assert found.names == (*numbers, *(f"lifecycle={stage}" for stage in STAGES))
    assert found.X.shape == (200, len(found.names))
    assert found.X.dtype == np.float64
    assert np.isfinite(found.X).all()
    assert found.customer_id.tolist() == profiled["customer_id"].to_pylist()
    assert column(found, "spend_minor") == profiled["spend_minor"].to_pylist()
    stages = np.column_stack([column(found, f"lifecycle={stage}") for stage in STAGES])
    assert stages.sum(axis=1).tolist() == [1.0] * 200


def test_a_null_becomes_what_its_column_declares() -> None:
    """Never ordered: ten years; no price level: average; an unknown customer: the fills, so a prospect."""
    table = pa.table(
        {
            "customer_id": ["a"],
            "recency_days": pa.array([None], pa.int64()),
            "price_level": pa.array([None], pa.float64()),
            "orders": pa.array([None], pa.int64()),
            "accepts_marketing": pa.array([None], pa.bool_()),
            "lifecycle": pa.array([None], pa.string()),
            "own": pa.array([None], pa.float64()),
        }
    )
    found = matrix(table)
    wanted = {
        "recency_days": 3650,
        "price_level": 1,
        "orders": 0,
        "accepts_marketing": 0,
        "own": 0,
        "lifecycle=prospect": 1,
    }
    assert {name: column(found, name)[0] for name in wanted} == wanted


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=5))
def test_no_number_of_a_table_makes_a_nan(values: list[float]) -> None:
    table = pa.table({"customer_id": [str(i) for i in range(len(values))], "silence": pa.array(values, pa.float64())})
    found = matrix(table)
    assert np.isfinite(found.X).all()
    kept = np.isfinite(values)
    assert found.X[kept, 0].tolist() == np.asarray(values)[kept].tolist()


def test_a_vocabulary_adds_levels_and_interests(
    profiled: pa.Table, interested: pa.Table, vocabulary: Vocabulary
) -> None:
    found = matrix(profiled, vocabulary=vocabulary, interests=interested)
    assert len(vocabulary.levels["region"]) == 4
    assert len(vocabulary.categories) == 3
    for level in vocabulary.levels["region"]:
        assert column(found, f"region={level}") == [float(one == level) for one in profiled["region"].to_pylist()]
    held = {(row["customer_id"], row["category"]): row["interest"] for row in interested.to_pylist()}
    for category in vocabulary.categories:
        wanted = [held.get((who, category), 0.0) for who in found.customer_id]
        assert column(found, f"interest={category}") == wanted
        assert sum(wanted) > 0


def test_the_commonest_levels_and_categories_are_chosen_ties_by_name() -> None:
    table = pa.table({"customer_id": list("abcdefg"), "region": ["n", "n", "s", "s", "e", "e", None]})
    assert Vocabulary.fit(table, least=2, most=2).levels == {"region": ("e", "n")}
    assert Vocabulary.fit(table, least=3).levels == {}
    likes = pa.table({"customer_id": list("aabb"), "category": ["x", "y", "y", "z"], "interest": [0.5, 0.5, 0.5, 0.5]})
    assert Vocabulary.fit(table, likes, categories=2).categories == ("y", "x")


def test_learning_and_scoring_get_the_same_columns(
    profiled: pa.Table, interested: pa.Table, vocabulary: Vocabulary
) -> None:
    """Rows scored in parts are the rows of the whole, whatever levels a part happens to hold."""
    whole = matrix(profiled, vocabulary=vocabulary, interests=interested)
    kept = Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json())))
    assert kept == vocabulary
    for first, size in ((0, 1), (1, 60), (61, 139)):
        part = matrix(profiled.slice(first, size), names=whole.names, vocabulary=kept, interests=interested)
        assert part.names == whole.names
        assert np.array_equal(part.X, whole.X[first : first + size])


def test_names_choose_columns_and_their_order(profiled: pa.Table) -> None:
    found = matrix(profiled, names=["lifecycle=lost", "orders"])
    assert found.names == ("lifecycle=lost", "orders")
    assert column(found, "orders") == profiled["orders"].to_pylist()
    assert matrix(profiled, names=[]).X.shape == (200, 0)


def test_an_empty_table_keeps_its_columns(profiled: pa.Table, interested: pa.Table, vocabulary: Vocabulary) -> None:
    whole = matrix(profiled, vocabulary=vocabulary, interests=interested)
    found = matrix(profiled.slice(0, 0), vocabulary=vocabulary, interests=interested)
    assert (found.names, found.X.shape) == (whole.names, (0, len(whole.names)))


@pytest.mark.parametrize("name", ["age", "gender", "occupation"])
def test_age_gender_and_occupation_never_become_a_column(name: str) -> None:
    """Neither as numbers, nor as levels, nor by asking for them."""
    numbers = pa.table({"customer_id": ["a"], name: [30], "orders": [1]})
    assert matrix(numbers).names == ("orders",)
    with pytest.raises(ConfigError, match="never an input"):
        matrix(numbers, names=[name])
    with pytest.raises(ConfigError, match="never an input"):
        matrix(numbers, vocabulary=Vocabulary({name: ("30",)}))
    assert not {name, f"{name}_band"} & {one.name for one in columns()}


def test_what_cannot_be_made_is_refused(profiled: pa.Table, vocabulary: Vocabulary) -> None:
    with pytest.raises(ConfigError, match="'order' is no feature of this table; there are: orders"):
        matrix(profiled, names=["order"])
    with pytest.raises(ConfigError, match="named twice"):
        matrix(profiled, names=["orders", "orders"])
    with pytest.raises(DataError, match="give the table of interests"):
        matrix(profiled, vocabulary=vocabulary)
    with pytest.raises(DataError, match="need the column customer_id"):
        matrix(pa.table({"orders": [1]}))
    with pytest.raises(DataError, match="needs levels and categories, got nothing"):
        Vocabulary.from_json({})
