"""Events in: each once, durable when told so, and in the library's tables neither lost nor doubled."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from netlift.data.workspace import Workspace
from netlift.errors import DataError
from netlift.service.api.event_lines import PIECE
from netlift.service.events import hand_over as handing
from netlift.service.events import workspace as library
from netlift.service.events.hand_over import hand_over
from netlift.service.events.models import Batch, Event
from netlift.service.events.people import clear, forget, held, old
from netlift.service.privacy.pseudonyms import pseudonym
from tests.service.decisions.shop import Till

AT = "2026-03-05T12:00:00Z"
VIEW = {
    "source": "web",
    "event_id": "e1",
    "event": "view",
    "at": AT,
    "customer_id": "ann@example.com",
    "product_id": "p",
}
SOLD = {
    "source": "till", "event_id": "s1", "event": "purchase", "at": AT, "customer_id": "ann@example.com",
    "order_id": "A1", "currency": "EUR", "value_minor": 2700,
    "lines": [{"product_id": "p", "quantity": 2, "list_minor": 3000, "discount_minor": 300}],
}  # fmt: skip
NONE = timedelta(0)


@pytest.fixture
def till(client: Client) -> Till:
    return Till(client)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A service's folder of its own."""
    monkeypatch.setattr(settings, "FOLDER", replace(settings.FOLDER, root=tmp_path))
    return tmp_path


def table(folder: Path, name: str) -> list[dict[str, Any]]:
    files = sorted((folder / "workspace" / "tables" / name).glob("*.parquet"))
    if not files:
        return []
    return (
        duckdb.sql(f"SELECT * FROM read_parquet({[str(file) for file in files]}) ORDER BY ALL")
        .to_arrow_table()
        .to_pylist()
    )


def views(*numbers: int) -> str:
    return "\n".join(json.dumps(VIEW | {"event_id": f"v{number}"}) for number in numbers)


# in


def test_an_event_is_kept_once_under_a_pseudonym(till: Till) -> None:
    assert till.post("/events", VIEW, status=201) == {"repeated": False}
    assert till.post("/events", VIEW, status=200) == {"repeated": True}
    assert till.post("/events", VIEW | {"event": "click"}, status=409)["code"] == "event_differs"
    assert till.post("/events", VIEW | {"source": "app"}, status=201) == {"repeated": False}
    first = Event.objects.get(source="web")
    assert (first.event, first.customer, first.told) == ("view", pseudonym("ann@example.com"), {"product_id": "p"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"at": "2026-03-05T12:00:00"}, "timezone"),
        ({"at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}, "ahead"),
        ({"at": "1999-12-31T23:00:00Z"}, "2000"),
        ({"value_minor": 1}, "currency"),
        ({"event": "purchase"}, "order_id"),
        ({"event": "purchase", "order_id": "A"}, "currency"),
        ({"surprise": 1}, "not permitted"),
        ({"quantity": float("1e300")}, "less than"),
        ({"source": "a b"}, "pattern"),
        ({"event_id": "e\ufeff"}, "invisible"),
        ({"order_id": " 1"}, "invisible"),
        (
            {
                "event": "purchase",
                "order_id": "1",
                "currency": "EUR",
                "lines": [{"product_id": "\u3000", "quantity": 1}],
            },
            "invisible",
        ),
    ],
)
def test_what_is_wrong_is_told_and_not_kept(till: Till, change: dict[str, Any], said: str) -> None:
    assert said in till.post("/events", VIEW | change, status=422)["detail"]
    assert not Event.objects.exists()


def test_a_stream_tells_exactly_what_became_of_each_line(till: Till) -> None:
    text = "\n".join(
        [
            views(1, 2),
            "",
            "{",
            json.dumps(VIEW | {"event": "Odd"}),
            views(2, 3),
            json.dumps(VIEW | {"event_id": "v1", "at": "2026-03-06T12:00:00Z"}),
        ]
    )
    found = till.lines("/events/bulk", text)
    assert (found["accepted"], found["repeated"], found["refused"]) == (3, 1, 3)
    assert [(one["line"], one["code"]) for one in found["errors"]] == [
        (4, "not_json"),
        (5, "invalid"),
        (8, "event_differs"),
    ]
    again = till.lines("/events/bulk", text)
    assert (again["accepted"], again["repeated"], again["refused"]) == (0, 4, 3)
    assert Event.objects.count() == 3


def test_a_stream_is_written_in_few_statements(till: Till) -> None:
    with CaptureQueriesContext(connection) as seen:
        found = till.lines("/events/bulk", views(*range(1_200)))
    assert found["accepted"] == 1_200
    assert sum(one["sql"].startswith("INSERT INTO events_event") for one in seen) == 3


def test_lines_that_cross_the_pieces_are_read_whole(till: Till) -> None:
    wide = [json.dumps(VIEW | {"event_id": f"w{number}", "session_id": "x" * (number % 200)}) for number in range(900)]
    found = till.lines("/events/bulk", "\r\n".join(wide) + "\n\n")
    assert (found["accepted"], found["refused"]) == (900, 0)
    assert len("".join(wide)) > 3 * PIECE / 2


def test_long_lines_and_other_kinds_are_refused(till: Till) -> None:
    long = json.dumps(VIEW | {"session_id": "x" * 300_000})
    found = till.lines("/events/bulk", f"{long}\n{views(1)}\n{long}")
    assert (found["accepted"], [(one["line"], one["code"]) for one in found["errors"]]) == (
        1,
        [(1, "too_long"), (3, "too_long")],
    )
    assert till.post("/events/bulk", VIEW, status=415)["code"] == "unsupported_kind"
    assert till.lines("/events/bulk", "\n")["accepted"] == 0


# out


def test_events_become_the_librarys_tables_once(till: Till, folder: Path) -> None:
    till.post("/events", VIEW)
    till.post("/events", SOLD)
    assert hand_over(now=timezone.now()) == 0  # they wait for others
    assert hand_over(wait=NONE) == 1
    assert hand_over(wait=NONE) == 0
    events = table(folder, "events")
    assert [one["event_id"] for one in events] == ["till:s1", "web:e1"]
    assert {one["customer_id"] for one in events} == {pseudonym("ann@example.com")}
    (order,) = table(folder, "orders")
    assert (order["order_id"], order["list_minor"], order["discount_minor"], order["total_minor"]) == (
        "A1",
        3000,
        300,
        2700,
    )
    (line,) = table(folder, "order_lines")
    assert (line["quantity"], line["list_minor"], line["refunded_minor"]) == (2.0, 3000, 0)
    assert Workspace.open(folder / "workspace").settings.currency == "EUR"


def test_a_later_batch_fills_up_the_last_and_then_begins_another(till: Till, folder: Path) -> None:
    for numbers in ((1, 2), (3,), (4, 5)):
        till.lines("/events/bulk", views(*numbers))
        hand_over(wait=NONE, full=4)
    assert [(one.number, one.rows) for one in Batch.objects.order_by("number")] == [(1, 4), (2, 1)]
    assert [one["event_id"] for one in table(folder, "events")] == [f"web:v{number}" for number in range(1, 6)]


@pytest.mark.parametrize("moment", ["cut", "written"])
def test_an_end_at_any_moment_loses_and_doubles_nothing(
    till: Till, folder: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    till.lines("/events/bulk", views(1, 2))
    till.post("/events", SOLD)

    def ends(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if moment == "cut":
            patch.setattr(handing, "_write", ends)
        else:
            patch.setattr(
                handing.Batch.objects,
                "filter",
                lambda **found: (
                    ends()
                    if "pk" in found and "revision" in found
                    else Batch._default_manager.get_queryset().filter(**found)
                ),
            )
        with pytest.raises(KeyboardInterrupt):
            hand_over(wait=NONE)
    assert Batch.objects.get().handed_at is None
    till.lines("/events/bulk", views(3))
    assert hand_over(wait=NONE) == 1
    assert [one["event_id"] for one in table(folder, "events")] == ["till:s1", "web:v1", "web:v2", "web:v3"]
    assert len(table(folder, "orders")) == 1


def test_a_refund_in_a_later_batch_changes_the_order(till: Till, folder: Path) -> None:
    till.post("/events", SOLD)
    hand_over(wait=NONE, full=1)
    back = {
        "lines": [{"product_id": "p", "quantity": 1, "refunded_minor": 1350}],
        "value_minor": None,
        "event_id": "s2",
        "event": "refund",
    }
    till.post("/events", {name: value for name, value in (SOLD | back).items() if value is not None})
    till.post("/events", {"source": "till", "event_id": "s3", "event": "refund", "order_id": "unknown", "at": AT})
    hand_over(wait=NONE, full=2)
    (order,) = table(folder, "orders")
    assert (order["status"], order["refunded_minor"]) == ("partially_refunded", 1350)
    (line,) = table(folder, "order_lines")
    assert (line["refunded_quantity"], line["refunded_minor"]) == (1.0, 1350)
    assert len(table(folder, "events")) == 3


def test_an_order_that_two_sources_tell_of_is_one(till: Till, folder: Path) -> None:
    till.post("/events", SOLD)
    till.post("/events", SOLD | {"source": "web"})
    till.post("/events", {"source": "web", "event_id": "c", "event": "cancel", "order_id": "A1", "at": AT})
    hand_over(wait=NONE)
    (order,) = table(folder, "orders")
    assert (order["order_id"], order["status"]) == ("A1", "cancelled")


def test_money_of_another_currency_is_left_out_and_counted(till: Till, folder: Path) -> None:
    till.post("/events", SOLD)
    till.post("/events", SOLD | {"event_id": "s2", "order_id": "A2", "currency": "USD"})
    till.post("/events", SOLD | {"event_id": "s3", "order_id": "A3"})
    hand_over(wait=NONE)
    assert [one["order_id"] for one in table(folder, "orders")] == ["A1", "A3"]
    assert len(table(folder, "events")) == 3
    assert Batch.objects.get().notes["foreign_orders"] == 1


def test_what_the_library_refuses_stays_due_and_stops_nobody(
    till: Till, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.lines("/events/bulk", views(1, 2))
    put = library.put

    def refusing(place: Workspace, name: str, batch: str, *rest: Any) -> int:
        if batch == "service-events-000001":
            raise DataError("no")
        return put(place, name, batch, *rest)

    monkeypatch.setattr(library, "put", refusing)
    with pytest.raises(DataError):
        hand_over(wait=NONE, full=1)
    first, second = Batch.objects.order_by("number")
    assert (first.handed_at, first.notes) == (None, {"problem": "no"})
    assert second.handed_at is not None
    monkeypatch.setattr(library, "put", put)
    assert hand_over() == 1
    assert [one["event_id"] for one in table(folder, "events")] == ["web:v1", "web:v2"]


# people


def test_an_erased_person_leaves_the_store_and_the_workspace(till: Till, folder: Path) -> None:
    till.post("/events", VIEW)
    till.post("/events", SOLD)
    till.post("/events", VIEW | {"event_id": "e2", "customer_id": "bob"})
    hand_over(wait=NONE)
    who = pseudonym("ann@example.com")
    assert [one["event"] for one in held(who)] == ["view", "purchase"]
    assert forget(who) == 2
    assert (held(who), forget(who), forget("")) == ([], 0, 0)
    assert hand_over() == 1
    assert {one["customer_id"] for one in table(folder, "events")} == {None, pseudonym("bob")}
    (order,) = table(folder, "orders")
    assert (order["customer_id"], order["total_minor"]) == (None, 2700)  # the sale stays, whose it was does not
    assert till.post("/events", VIEW, status=200) == {"repeated": True}  # and it does not come back
    assert not Event.objects.filter(customer=who).exists()


def test_old_behaviour_is_cleared_everywhere(till: Till, folder: Path) -> None:
    till.post("/events", VIEW)
    till.post("/events", SOLD)
    hand_over(wait=NONE)
    later = datetime(2026, 4, 1, tzinfo=UTC)
    assert (old(later), clear(later, 10), old(later)) == (1, 1, 0)
    hand_over()
    assert [one["event"] for one in table(folder, "events")] == ["purchase"]


def test_an_erasure_while_a_file_is_written_is_not_overlooked(
    till: Till, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.post("/events", VIEW)
    put = library.put

    def meanwhile(*given: Any) -> int:
        forget(pseudonym("ann@example.com"))
        return put(*given)

    monkeypatch.setattr(library, "put", meanwhile)
    hand_over(wait=NONE)
    assert hand_over() == 1
    assert table(folder, "events") == []
