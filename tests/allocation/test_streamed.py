"""Problems that lie in Parquet: the same plan as in memory, and clear words where they are wrong."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netlift.allocation import streamed
from netlift.allocation.optimiser import OPTIMISERS
from netlift.allocation.problem import Problem
from netlift.allocation.source import Limit, Source
from netlift.allocation.verify import recount
from netlift.errors import ConfigError, DataError
from tests.allocation.instances import mixed

OFFERS = ("a", "b", "c")
"""Offers of the tables that are made by hand."""


def laid_down(problem: Problem, path: Path, *, names: bool = True) -> Source:
    """A problem as a Parquet file and what is said of it; customers without candidates have no line."""
    offers = tuple(f"o{j:02d}" for j in range(len(problem.offers)))
    owner = problem.owner.astype(np.int64)
    columns = {
        "customer_id": pa.array([f"c{i:07d}" for i in owner]) if names else pa.array(owner),
        "offer_id": pa.array(offers).take(pa.array(problem.offer)),
        "net_margin": problem.value / 1000,
    }
    limits = []
    for row in problem.rows:
        sign = -1 if row.minimum else 1
        if row.cells is not None:
            columns[row.name] = sign * row.cells / 1000
        uses = None if row.offers is None else dict(zip(offers, (sign * row.offers / 1000).tolist(), strict=True))
        column = None if row.cells is None else row.name
        limits.append(Limit(row.name, sign * row.limit / 1000, column, uses, row.unit, row.minimum))
    pq.write_table(pa.table(columns), path, row_group_size=997)
    slots = dict(zip(offers, problem.slot.tolist(), strict=True))
    return Source(path, offers, tuple(limits), slot=slots, contacts=problem.contacts)


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_same_problem_and_the_same_plan(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem, _ = mixed(seed, 300)
    problem = problem.only(np.flatnonzero(np.diff(problem.start)))
    source = laid_down(problem, tmp_path / "cells.parquet", names=seed % 2 == 0)
    monkeypatch.setattr(streamed, "LINES", 61)  # customers lie across parts
    for memory in (streamed.MEMORY, 0):
        with streamed.opened(source, memory=memory, folder=tmp_path) as read:
            assert (read.start == problem.start).all()
            assert (read.value == problem.value).all()
            assert (read.stack == problem.stack).all()
            assert (read.limits == problem.limits).all()
        found = streamed.solve(source, tmp_path / "plan.parquet", memory=memory, folder=tmp_path)
        wanted = OPTIMISERS["dual"]().solve(problem)
        assert (found.value, found.bound, found.relaxed) == (wanted.value, wanted.bound, wanted.relaxed)
        assert (found.chosen == wanted.chosen).all()
        assert not recount(problem, found).faults
        lines = pq.read_table(tmp_path / "plan.parquet")
        assert lines.num_rows == len(wanted.chosen)
        assert lines.equals(pq.read_table(source.path).select(source.columns).take(wanted.chosen))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cells.parquet", "plan.parquet"]


def test_a_problem_for_many_is_solved_the_same_way(tmp_path: Path) -> None:
    g = np.random.default_rng(4)
    worth, cost = g.gamma(2, 50, (60_000, 3)), g.gamma(2, 20, (60_000, 3))
    table = {"customer_id": np.repeat(np.arange(60_000), 3), "offer_id": list(OFFERS) * 60_000}
    pq.write_table(pa.table(table | {"net_margin": worth.ravel(), "cost": cost.ravel()}), tmp_path / "cells.parquet")
    source = Source(tmp_path / "cells.parquet", OFFERS, (Limit("budget", 700_000.0, "cost"),))
    with streamed.opened(source) as held, streamed.opened(source, memory=0, folder=tmp_path) as mapped:
        one, other = OPTIMISERS["dual"]().solve(held), OPTIMISERS["dual"]().solve(mapped)
        assert (one.chosen == other.chosen).all()
        assert one.gap is not None
        assert one.gap < 1e-5
        assert not recount(held, one).faults


def _table(path: Path, **columns: list[object]) -> Source:
    given = {"customer_id": [1, 1, 2], "offer_id": ["a", "b", "a"], "net_margin": [1.0, 2.0, 3.0], **columns}
    pq.write_table(pa.table(given), path)
    return Source(path, OFFERS)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"customer_id": [2, 2, 1]}, "customers must ascend: 1 follows 2"),
        ({"customer_id": [1, 2, 1]}, "customers must ascend"),
        ({"customer_id": [1, None, 2]}, "customer_id has gaps"),
        ({"customer_id": [1, 2, None]}, "customer_id has gaps"),
        ({"offer_id": ["a", "z", "a"]}, "offers other than a, b, c"),
        ({"offer_id": ["b", "a", "a"]}, "must ascend, each once"),
        ({"offer_id": ["a", "a", "a"]}, "must ascend, each once"),
        ({"net_margin": [1.0, None, 2.0]}, "net_margin has gaps"),
        ({"net_margin": [1.0, float("nan"), 2.0]}, "net_margin: amounts must be finite"),
    ],
)
def test_lines_that_are_wrong_are_named(columns: dict[str, list[object]], said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=said):
        streamed.read(_table(tmp_path / "cells.parquet", **columns))


def test_customers_must_ascend_across_parts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _table(tmp_path / "cells.parquet", customer_id=[2, 3, 1])
    monkeypatch.setattr(streamed, "LINES", 1)
    with pytest.raises(DataError, match="customers must ascend: 1 follows 3"):
        streamed.read(source)


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    source = _table(tmp_path / "cells.parquet")
    with pytest.raises(DataError, match=r"cells\.parquet has no column 'cost'; it has: customer_id, offer_id"):
        streamed.read(Source(source.path, OFFERS, (Limit("budget", 1.0, "cost"),)))


def test_customers_may_be_a_dictionary(tmp_path: Path) -> None:
    table = {"customer_id": pa.array(["a", "a", "b"]).dictionary_encode(), "offer_id": ["a", "b", "a"]}
    pq.write_table(pa.table(table | {"net_margin": [1.0, 2.0, 3.0]}), tmp_path / "cells.parquet")
    assert streamed.read(Source(tmp_path / "cells.parquet", OFFERS)).start.tolist() == [0, 2, 3]


def test_amounts_beyond_four_bytes_keep_every_thousandth(tmp_path: Path) -> None:
    source = _table(tmp_path / "cells.parquet", net_margin=[3e9, 2.0, -3e9 - 0.001])
    assert streamed.read(source).value.tolist() == [3 * 10**12, 2000, -3 * 10**12 - 1]


def test_a_limit_says_what_it_counts() -> None:
    with pytest.raises(ConfigError, match="needs a column"):
        Source(Path("x"), OFFERS, (Limit("budget", 1.0),))
    with pytest.raises(ConfigError, match="offer 'z'"):
        Source(Path("x"), OFFERS, (Limit("stock", 1.0, uses={"z": 1.0}),))


def test_nobody_in_the_file(tmp_path: Path) -> None:
    schema = pa.schema([("customer_id", pa.string()), ("offer_id", pa.string()), ("net_margin", pa.float64())])
    pq.write_table(schema.empty_table(), tmp_path / "cells.parquet")
    found = streamed.solve(Source(tmp_path / "cells.parquet", OFFERS), tmp_path / "plan.parquet", memory=0)
    assert (found.value, found.gap) == (0, 0.0)
    assert pq.read_table(tmp_path / "plan.parquet").num_rows == 0
