"""Names and events: positions, sums, order, and what is refused."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from netlift.errors import ConfigError, DataError
from netlift.recommend.ids import Ids
from netlift.recommend.interactions import Interactions

MAY = datetime(2026, 5, 1, tzinfo=UTC)


def events(*rows: tuple[str, str, int, float]) -> pa.Table:
    user, item, day, weight = zip(*rows, strict=True) if rows else ((), (), (), ())
    at = pa.array([datetime(2026, 5, one, tzinfo=UTC) for one in day], pa.timestamp("us", tz="UTC"))
    columns = {"customer_id": pa.array(user, pa.string()), "product_id": pa.array(item, pa.string()), "at": at}
    return pa.table(columns | {"weight": pa.array(weight, pa.float64())})


def timed(at: int, unit: str) -> pa.Table:
    """One event at so many units since 1970."""
    return events(("ann", "tea", 1, 1.0)).set_column(2, "at", pa.array([at], pa.timestamp(unit, tz="UTC")))


def test_names_are_found_by_their_bytes() -> None:
    names = ["tee", "Tea", "tea", "茶", "", "tea"]
    ids = Ids(names)
    assert ids.names.to_pylist() == sorted(set(names), key=str.encode)
    for name in (*names, "none", "\ud800"):
        asked = ids.position(name)
        assert asked == (ids.names.to_pylist().index(name) if name in names else -1)
    assert ids.positions(names).tolist() == [ids.position(name) for name in names]
    assert ids.names_of(ids.positions(["茶", "Tea"])) == ["茶", "Tea"]
    assert len(ids.with_also(Ids(["cup", "tea"]))) == 6
    many = Ids([f"{k}" for k in range(2000)] + ["茶"])
    wanted = ["茶", "17", "none", "1999"]
    assert many.positions(pa.array([*wanted, None])).tolist() == [*(many.position(name) for name in wanted), -1]
    assert many.positions(wanted * 50).tolist() == [many.position(name) for name in wanted] * 50
    with pytest.raises(DataError, match="1 of 2 names are missing"):
        Ids(pa.array(["a", None]))


def test_events_are_summed_in_a_matrix_whatever_their_order() -> None:
    rows = [("ann", "tea", 3, 2.0), ("bob", "cup", 1, 1.0), ("ann", "tea", 1, 0.5), ("ann", "cup", 2, 1.0)]
    seen = Interactions.of(events(*rows))
    again = Interactions.of(events(*reversed(rows)))
    assert seen.matrix.toarray().tolist() == [[1.0, 2.5], [1.0, 0.0]]
    assert seen.matrix.data.dtype == np.float32
    for name in ("user", "item", "at", "weight", "starts"):
        assert getattr(seen, name).tolist() == getattr(again, name).tolist()
    assert seen.starts.tolist() == [0, 3, 4]
    assert seen.matrix.has_sorted_indices
    # asking for the matrix leaves the events as they were
    assert seen.weight.tolist() == [0.5, 1.0, 2.0, 1.0]


def test_a_moment_divides_the_events() -> None:
    seen = Interactions.of(events(("ann", "tea", 1, 1.0), ("ann", "cup", 5, 1.0)), items=Ids(["pot"]))
    moment = datetime(2026, 5, 5, tzinfo=UTC)
    assert (len(seen.before(moment)), len(seen.since(moment))) == (1, 1)
    assert seen.before(moment).matrix.shape == (1, 3)
    with pytest.raises(ConfigError, match="no time zone"):
        seen.before(datetime(2026, 5, 5))  # noqa: DTZ001


def test_nothing_is_something_too() -> None:
    seen = Interactions.of(events(), users=Ids(["ann"]), items=Ids(["tea"]))
    assert seen.matrix.toarray().tolist() == [[0.0]]
    assert len(Interactions.of(events()).users) == 0


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (events(("ann", "tea", 1, 1.0)).drop(["at"]), "no column 'at'"),
        (events(("ann", "tea", 1, 0.0)), "row 0 of interactions has weight 0.0"),
        (events(("ann", "tea", 1, float("nan"))), "has weight nan"),
        (events(("ann", "tea", 1, 1e39)), r"has weight 1e\+39: weights are numbers above 0, from 1e-30 to 1e\+09"),
        (events(("ann", "tea", 1, 1e-50)), "has weight 1e-50"),
        (timed(2**62, "us"), "outside of the years 1 to 9999"),
        (timed(-(2**62), "us"), "outside of the years 1 to 9999"),
        (timed(2**62, "s"), "outside of the years 1 to 9999"),
        (events(("ann", "tea", 1, 1.0)).set_column(2, "at", pa.array([1])), "must hold times"),
        (events(("ann", "tea", 1, 1.0)).set_column(0, "customer_id", pa.array([None], pa.string())), "empty in 1 rows"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(table: pa.Table, said: str) -> None:
    with pytest.raises(DataError, match=said):
        Interactions.of(table)
