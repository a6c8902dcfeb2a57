"""Packed rows: every customer's are found, nobody else's, in any alphabet and however the table is cut up."""

import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlift.decision.rows import Rows
from netlift.errors import DataError
from netlift.schema import PLAN
from tests.plan import examples

OFFERS = ("a", "b", "c")
names = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)


@given(st.sets(st.tuples(names, st.sampled_from(OFFERS)), max_size=30), names, st.integers(1, 5))
def test_rows_are_found_as_in_a_dictionary(pairs: set[tuple[str, str]], stranger: str, cut: int) -> None:
    table = examples.rows([(name, offer, "treatment", 0.9) for name, offer in pairs])
    pieces = [table.slice(at, cut) for at in range(0, max(1, table.num_rows), cut)]
    rows = Rows(pa.concat_tables(pieces), OFFERS)
    assert len(rows) == len(pairs)
    for name in {name for name, _ in pairs} | {stranger}:
        assert [row.offer_id for row in rows.of(name)] == sorted(offer for other, offer in pairs if other == name)


def test_a_row_comes_back_as_it_was() -> None:
    table = pa.table(
        {
            "customer_id": ["x", "x", "y"], "offer_id": ["a", "b", "a"], "arm": ["control", "treatment", "explore"],
            "propensity": [0.1, 0.9, 0.5], "net_margin": [1.5, -2.0, 3.0], "se": [1.0] * 3,
            "expected_cost": [0.25, 0.5, 0.75], "liability": [9.0] * 3, "grade": ["weak", "assumed", "weak"],
            "reasons": [["p", "q"], [], ["p"]],
        },
        schema=PLAN,
    )  # fmt: skip
    rows = Rows(table, OFFERS)
    assert rows.of("x") == (
        ("a", "control", 0.1, 1.5, 1.0, 0.25, "weak", ("p", "q")),
        ("b", "treatment", 0.9, -2.0, 1.0, 0.5, "assumed", ()),
    )  # fmt: skip
    assert rows.of("y")[0].reasons == ("p",)


def test_nothing_is_found_in_an_empty_plan() -> None:
    assert Rows(PLAN.empty_table(), ()).of("anybody") == ()
    assert len(Rows(pa.Table.from_batches([], PLAN), ())) == 0


def test_an_offer_that_the_plan_does_not_have_is_refused() -> None:
    with pytest.raises(DataError, match="offer 'a', which is none of its 1 offers"):
        Rows(examples.rows([("x", "a", "treatment", 1.0)]), ("b",))


def test_a_hundred_thousand_rows_need_no_python_objects_of_their_own() -> None:
    """Python's allocator holds some thousand blocks for the few names, not one for every row."""
    n = 100_000
    table = examples.rows([("x", "a", "treatment", 0.9)]).take(pa.array(np.zeros(n, dtype=np.int64)))
    table = table.set_column(0, PLAN.field("customer_id"), pa.array([f"{i:08d}" for i in range(n)]))
    before = sys.getallocatedblocks()
    rows = Rows(table, OFFERS)
    assert sys.getallocatedblocks() - before < 5_000
    assert rows.of("00099999")[0].offer_id == "a"
