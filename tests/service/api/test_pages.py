"""Pages: every row once, in order, whatever the cursor's column is."""

from datetime import UTC, datetime

import pytest

from netlift.service.access.models import KeptAnswer, Tally
from netlift.service.api.pages import page
from netlift.service.core.refusals import Refused

pytestmark = pytest.mark.usefixtures("store")


@pytest.mark.parametrize(("by", "limit"), [("id", 1), ("key", 2), ("pk", 2), ("id", 5), ("id", 6)])
def test_every_row_is_told_once(by: str, limit: int) -> None:
    for number in range(5):
        Tally.objects.create(bucket="b", key=f"ключ {number}", minute=0, count=1)
    found, cursor, pages = [], None, 0
    while True:
        rows, cursor = page(Tally.objects.all(), by, cursor, limit)
        found += [row.key for row in rows]
        pages += 1
        if cursor is None:
            break
    assert found == [f"ключ {number}" for number in range(5)]
    assert pages == -(-5 // limit)


def test_moments_keep_their_microseconds() -> None:
    for number in range(3):
        at = datetime(2026, 1, 1, microsecond=number + 1, tzinfo=UTC)
        KeptAnswer.objects.create(caller="c", key=str(number), request="", status=200, kind="", body=b"", at=at)
    rows, cursor = page(KeptAnswer.objects.all(), "at", None, 1)
    rows, cursor = page(KeptAnswer.objects.all(), "at", cursor, 1)
    assert [row.key for row in rows] == ["1"]


def test_no_rows_are_one_empty_page() -> None:
    assert page(Tally.objects.all(), "id", None, 10) == ([], None)


@pytest.mark.parametrize(
    "cursor", ["", "!", "eyJhIjoxfQ", "ImEi", "dHJ1ZQ", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ", "x" * 2000]
)
def test_a_cursor_of_none_of_ours_is_refused(cursor: str) -> None:
    with pytest.raises(Refused, match="cursor"):
        page(Tally.objects.all(), "id", cursor, 10)


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_page_has_bounds(limit: int) -> None:
    with pytest.raises(Refused, match="1 to 500"):
        page(Tally.objects.all(), "id", None, limit)
