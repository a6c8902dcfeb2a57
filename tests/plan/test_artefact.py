"""A plan keeps everything that it says, is the same bytes every time, and says when somebody altered it."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netlift.errors import ConfigError, DataError, SchemaError
from netlift.plan import codec
from netlift.plan.artefact import Head, Plan, folder_name, keep, plan_id, read, write
from tests.plan.examples import effect, plan


def test_reading_gives_the_plan_that_was_written(tmp_path: Path) -> None:
    """Head, promotions, enums, intervals and rows all come back, under the same id."""
    made = plan()
    identity = write(made, tmp_path / "p")
    back = read(tmp_path / "p")
    assert back.head == made.head
    assert back.rows.equals(made.rows)
    assert plan_id(back) == identity == plan_id(made)


def test_two_writings_are_the_same_bytes(tmp_path: Path) -> None:
    """Neither file depends on when or where it was written, nor on how the rows lie in memory."""
    made = plan()
    pieces = pa.concat_tables([made.rows.slice(0, 2), made.rows.slice(2)])
    write(made, tmp_path / "a")
    write(Plan(made.head, pieces), tmp_path / "b")
    for name in ("plan.json", "rows.parquet"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_id_changes_with_every_part() -> None:
    """Another seed, another note, another propensity: another plan."""
    made = plan()
    column = pa.array([0.9, 0.9, 0.1, 0.9, 0.9, 0.02])
    others = [
        Plan(replace(made.head, seed=8), made.rows),
        Plan(replace(made.head, notes=()), made.rows),
        Plan(made.head, made.rows.set_column(3, "propensity", column)),
        Plan(made.head, made.rows.slice(1)),
    ]
    assert len({plan_id(one) for one in [made, *others]}) == 5


def test_whole_numbers_are_the_same_with_and_without_point() -> None:
    """A float that happens to be whole gives the same id after it was read."""
    made = plan()
    assert plan_id(Plan(replace(made.head, limits={"roi": 1}), made.rows)) == plan_id(
        Plan(replace(made.head, limits={"roi": 1.0}), made.rows)
    )


def test_numbers_that_json_has_no_word_for() -> None:
    """An unknown standard error and an infinite bound survive."""
    head = replace(plan().head, worth=replace(plan().head.worth, net=effect(1.0, math.nan), spend_high=math.inf))
    back = codec.read(Head, json.loads(json.dumps(codec.write(head), allow_nan=False)))
    assert math.isnan(back.worth.net.se)
    assert back.worth.spend_high == math.inf


def test_an_altered_head_is_refused(tmp_path: Path) -> None:
    """A budget that somebody changed by hand."""
    write(plan(), tmp_path / "p")
    file = tmp_path / "p" / "plan.json"
    file.write_text(file.read_text("utf-8").replace('"budget_minor": 100000', '"budget_minor": 900000'), "utf-8")
    with pytest.raises(DataError, match="altered"):
        read(tmp_path / "p")


def test_altered_rows_are_refused(tmp_path: Path) -> None:
    """A customer who was added after the plan was made."""
    write(plan(), tmp_path / "p")
    pq.write_table(plan().rows.slice(0, 3), tmp_path / "p" / "rows.parquet")
    with pytest.raises(DataError, match="altered"):
        read(tmp_path / "p")


@pytest.mark.parametrize("name", ["plan.json", "rows.parquet"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    """And what to do."""
    write(plan(), tmp_path / "p")
    (tmp_path / "p" / name).unlink()
    with pytest.raises(DataError, match=rf"no {name}.*netlift plan"):
        read(tmp_path / "p")


@pytest.mark.parametrize("name", ["plan.json", "rows.parquet"])
def test_a_broken_file_is_named(tmp_path: Path, name: str) -> None:
    """A download that stopped half-way."""
    write(plan(), tmp_path / "p")
    file = tmp_path / "p" / name
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(DataError, match=name):
        read(tmp_path / "p")


def test_another_format_is_refused(tmp_path: Path) -> None:
    """A plan of a later version."""
    write(plan(), tmp_path / "p")
    file = tmp_path / "p" / "plan.json"
    file.write_text(file.read_text("utf-8").replace('"format": 1', '"format": 99'), "utf-8")
    with pytest.raises(DataError, match="99"):
        read(tmp_path / "p")


def test_the_same_plan_is_kept_once_and_another_not_overwritten(tmp_path: Path) -> None:
    """Writing twice is no error, writing something else over it is."""
    made = plan()
    folder = keep(made, tmp_path)
    assert folder == keep(made, tmp_path) == tmp_path / folder_name(made)
    with pytest.raises(ConfigError, match="holds something else"):
        write(plan("safest"), folder)
    assert sorted(one.name for one in tmp_path.iterdir()) == [folder.name]


def test_rows_out_of_order_twice_or_wrong_are_refused(tmp_path: Path) -> None:
    """Each of the ways in which rows are no plan."""
    made = plan()
    with pytest.raises(DataError, match="out of order"):
        write(Plan(made.head, pa.concat_tables([made.rows.slice(3), made.rows.slice(0, 3)])), tmp_path / "p")
    with pytest.raises(DataError, match="twice"):
        write(Plan(made.head, pa.concat_tables([made.rows.slice(0, 1), made.rows])), tmp_path / "p")
    with pytest.raises(DataError, match="propensity"):
        write(Plan(made.head, made.rows.set_column(3, "propensity", pa.array([0.0] * 6))), tmp_path / "p")
    with pytest.raises(SchemaError, match="arm"):
        write(Plan(made.head, made.rows.set_column(2, "arm", pa.array(["treated"] * 6))), tmp_path / "p")
    assert not list(tmp_path.iterdir())


def test_a_plan_without_rows(tmp_path: Path) -> None:
    """Doing nothing is a plan as well."""
    made = Plan(replace(plan().head, code="nothing", parts=(), public=()), plan().rows.slice(0, 0))
    write(made, tmp_path / "p")
    assert read(tmp_path / "p").rows.num_rows == 0


def test_an_unknown_field_is_named() -> None:
    """With its place."""
    data = codec.write(plan().head)
    data["parts"][1]["candidate"]["offer"]["deepness"] = 1
    with pytest.raises(DataError, match=r"parts\[1\]\.candidate\.offer: unknown field 'deepness'"):
        codec.read(Head, data)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"budget_minor": 100000,\n', '"budget_minor": NaN,\n'),
        ('"shop": "example shop"', '"shop": "\\ud800"'),
        ('{\n  "format": 1', "[" * 100_000),
    ],
)
def test_a_head_that_is_no_plain_json_is_refused(tmp_path: Path, before: str, after: str) -> None:
    """Numbers that JSON does not have, half a character, and lists in lists in lists."""
    write(plan(), tmp_path / "p")
    file = tmp_path / "p" / "plan.json"
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(DataError, match=r"plan\.json cannot be read|altered"):
        read(tmp_path / "p")


def test_whatever_byte_is_changed_the_rows_are_as_written_or_refused(tmp_path: Path) -> None:
    """300 files with one to three wrong bytes: never another error, never other rows."""
    made, draws = plan(), np.random.default_rng(3)
    write(made, tmp_path / "p")
    file = tmp_path / "p" / "rows.parquet"
    good, refused = file.read_bytes(), 0
    for _ in range(300):
        bad = bytearray(good)
        for place in draws.integers(0, len(good), size=int(draws.integers(1, 4))):
            bad[place] = int(draws.integers(0, 256))
        file.write_bytes(bad)
        try:
            assert read(tmp_path / "p").rows.equals(made.rows)
        except DataError:
            refused += 1
    assert refused > 200


def test_text_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    """An arm with a broken character, which only reading it would find."""
    made = plan()
    write(made, tmp_path / "p")
    arm = pa.array([b"\xff"] * 6, pa.binary()).view(pa.string())
    pq.write_table(made.rows.set_column(2, "arm", arm), tmp_path / "p" / "rows.parquet")
    with pytest.raises(DataError, match=r"rows\.parquet"):
        read(tmp_path / "p")


def test_money_that_is_no_number_is_refused() -> None:
    """Whoever adds it up would get nothing."""
    made = plan()
    place = made.rows.schema.get_field_index("expected_cost")
    rows = made.rows.set_column(place, "expected_cost", pa.array([1.0, math.nan, 1.0, 1.0, 1.0, 1.0]))
    with pytest.raises(DataError, match="expected_cost of the plan holds a value that is not finite"):
        plan_id(Plan(made.head, rows))


def test_a_damaged_plan_is_not_taken_for_kept(tmp_path: Path) -> None:
    """The head is there, the rows are gone: writing it again says so."""
    made = plan()
    folder = keep(made, tmp_path)
    (folder / "rows.parquet").unlink()
    with pytest.raises(ConfigError, match=r"holds something else.*no rows\.parquet"):
        keep(made, tmp_path)


def test_many_write_the_same_plan_at_once(tmp_path: Path) -> None:
    """One folder, nothing left beside it, no error."""
    made = plan()
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: write(made, tmp_path / "p"), range(32)))
    assert found == {plan_id(made)}
    assert [one.name for one in tmp_path.iterdir()] == ["p"]
    assert plan_id(read(tmp_path / "p")) == plan_id(made)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file stands where its parent should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        write(plan(), tmp_path / "file" / "p")


def test_numbers_of_numpy_are_numbers() -> None:
    """Whoever makes a plan with arrays gets the same id as with Python's own."""
    made = plan()
    ours, theirs = (
        replace(made.head, numbers=numbers)
        for numbers in ({"a": 3, "b": 0.5}, {"a": np.int64(3), "b": np.float32(0.5)})
    )
    assert plan_id(Plan(ours, made.rows)) == plan_id(Plan(theirs, made.rows))


@pytest.mark.parametrize(("text", "says"), [("soon", "is no moment"), ("2026-03-02T00:00:00", "has no time zone")])
def test_moments_have_a_time_zone(text: str, says: str) -> None:
    """A window without one would start at another instant on every machine."""
    data = codec.write(plan().head)
    data["parts"][0]["candidate"]["window"]["start"] = text
    with pytest.raises(DataError, match=rf"parts\[0\]\.candidate\.window\.start: .*{says}"):
        codec.read(Head, data)
