"""Answers to lists: which list led to them, what they teach, who is tired of what."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netlift.errors import ConfigError, DataError
from netlift.recommend.feedback import Feedback, heard
from netlift.recommend.interactions import Interactions

TIME = pa.timestamp("us", tz="UTC")


def day(number: float) -> datetime:
    return datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=number)


def lists(*rows: tuple[str, str, float, float | None]) -> pa.Table:
    who, what, at, chance = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pa.table(
        {
            "customer_id": pa.array(who, pa.string()),
            "product_id": pa.array(what, pa.string()),
            "at": pa.array([day(one) for one in at], TIME),
            "propensity": pa.array(chance, pa.float64()),
        }
    )


def answers(*rows: tuple[str, str, float, str, float | None]) -> pa.Table:
    who, what, at, kind, value = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return pa.table(
        {
            "customer_id": pa.array(who, pa.string()),
            "product_id": pa.array(what, pa.string()),
            "at": pa.array([day(one) for one in at], TIME),
            "kind": pa.array(kind, pa.string()),
            "value": pa.array(value, pa.float64()),
        }
    )


def taught(found: Feedback) -> list[tuple[Any, ...]]:
    rows = found.events.to_pylist()
    return [(row["customer_id"], row["product_id"], round(row["weight"], 6), row["propensity"]) for row in rows]


def test_an_answer_belongs_to_the_last_list_before_it_of_the_same_customer_and_product() -> None:
    shown = lists(("ann", "tea", 1, 0.5), ("ann", "tea", 3, 0.25), ("ann", "cup", 3, 0.1), ("bob", "tea", 4, 0.2))
    told = answers(
        ("ann", "tea", 2, "click", None), ("ann", "tea", 3, "purchase", None), ("ann", "tea", 11, "click", None),
        ("bob", "tea", 3, "purchase", None), ("cat", "pot", 3, "purchase", None),
    )  # fmt: skip
    assert taught(heard(shown, told)) == [
        ("ann", "tea", 0.6, 0.5), ("ann", "tea", 4.0, 0.25), ("ann", "tea", 0.3, None),
        ("bob", "tea", 1.0, None), ("cat", "pot", 1.0, None),
    ]  # fmt: skip
    # a longer memory finds a list for the late click, which is rare and held below the bound
    late = heard(shown, told, within=timedelta(days=30), most=2.0)
    assert taught(late)[2] == ("ann", "tea", 0.6, 0.25)


def test_grades_above_the_middle_are_wishes_and_the_last_one_below_it_is_a_dislike() -> None:
    told = answers(
        ("ann", "tea", 1, "rating", 5.0), ("ann", "cup", 1, "rating", 4.0), ("ann", "pot", 1, "satisfaction", 3.0),
        ("ann", "cake", 1, "rating", 1.0), ("bob", "tea", 1, "rating", 2.0), ("bob", "tea", 2, "rating", 5.0),
        ("bob", "pot", 1, "rating", 5.0), ("bob", "pot", 2, "hide", None), ("bob", "pot", 3, "click", None),
    )  # fmt: skip
    found = heard(lists(), told)
    assert [row[:3] for row in taught(found)] == [
        ("ann", "cup", 0.5), ("ann", "tea", 1.0), ("bob", "pot", 1.0), ("bob", "tea", 1.0), ("bob", "pot", 0.3),
    ]  # fmt: skip
    assert found.disliked == {"ann": ("cake",), "bob": ("pot",)}


def test_what_was_shown_since_the_last_answer_tires() -> None:
    shown = lists(
        ("ann", "tea", 1, None), ("ann", "tea", 2, None), ("ann", "tea", 3, None), ("bob", "tea", 9, None),
        ("bob", "cup", 9, None),
    )  # fmt: skip
    found = heard(shown, answers(("ann", "tea", 2, "click", None), ("bob", "cup", 9, "click", None)))
    assert found.unanswered == {("ann", "tea"): 1, ("bob", "tea"): 1}
    assert heard(shown, answers()).unanswered == {("ann", "tea"): 3, ("bob", "cup"): 1, ("bob", "tea"): 1}


def test_inverse_chances_undo_what_being_shown_did() -> None:
    """Two products are liked by every second customer; one is shown to nine of ten, the other to one of ten."""
    rng = np.random.default_rng(4)
    shown, told = [], []
    for number in range(6000):
        for name, chance in (("often", 0.9), ("seldom", 0.1)):
            if rng.random() < chance:
                shown.append((f"c{number}", name, 1.0, chance))
                if rng.random() < 0.5:
                    told.append((f"c{number}", name, 2.0, "click", None))
    events = heard(lists(*shown), answers(*told)).events
    seen = Interactions.of(events)
    often, seldom = (seen.weight[seen.item == place].sum() / 0.3 for place in range(2))
    assert abs(often - 3000) < 4 * np.sqrt(6000 * 0.5 / 0.9)
    assert abs(seldom - 3000) < 4 * np.sqrt(6000 * 0.5 / 0.1)


def test_nothing_teaches_nothing_and_order_does_not_matter() -> None:
    found = heard(lists(), answers())
    assert (found.events.num_rows, dict(found.disliked), dict(found.unanswered)) == (0, {}, {})
    assert len(Interactions.of(found.events)) == 0
    shown = [("ann", "tea", 1.0, 0.5), ("ann", "cup", 1.0, 0.5), ("ann", "tea", 2.0, 0.4)]
    told = [("ann", "tea", 2.0, "click", None), ("ann", "cup", 3.0, "rating", 4.0), ("ann", "tea", 2.0, "cart", None)]
    one, other = heard(lists(*shown), answers(*told)), heard(lists(*shown[::-1]), answers(*told[::-1]))
    assert one.events.equals(other.events)
    assert one.unanswered == other.unanswered


def test_what_cannot_be_learned_from_is_refused() -> None:
    shown, told = lists(("ann", "tea", 1, 0.5)), answers(("ann", "tea", 1, "rating", 4.0))
    for wrong, said in (
        ((lists(("ann", "tea", 1, 0.0)), told), "row 0 of lists has propensity 0.0"),
        ((shown, answers(("ann", "tea", 1, "rating", 6.0))), "has the grade 6.0"),
        ((shown, answers(("ann", "tea", 1, "rating", None))), "has the grade nan"),
        ((shown, answers(("ann", "tea", 1, "stare", None))), "'stare' are not known"),
        ((shown.drop(["at"]), told), "lists has no column 'at'"),
        ((shown, told.drop(["kind"])), "answers has no column 'kind'"),
        ((shown.set_column(2, "at", pa.array([1])), told), "must hold times"),
        ((shown, told.set_column(0, "customer_id", pa.array([None], pa.string()))), "is empty in 1 rows"),
    ):
        with pytest.raises(DataError, match=said):
            heard(*wrong)
    for setting in ({"most": 0.5}, {"scale": (5, 5)}, {"weights": {"rating": -1.0}}):
        with pytest.raises(ConfigError):
            heard(shown, told, **setting)


def test_satisfaction_is_the_mean_grade_of_what_was_shown() -> None:
    """Five and two of one to five are 1 and 1/4; the pot was on no list."""
    shown = lists(("ann", "tea", 1, 0.5), ("bob", "cup", 1, None))
    told = answers(
        ("ann", "tea", 2, "satisfaction", 5.0), ("bob", "cup", 2, "rating", 2.0), ("bob", "cup", 2, "click", None),
        ("ann", "pot", 2, "rating", 5.0),
    )  # fmt: skip
    assert heard(shown, told).satisfaction == 0.625
    assert np.isnan(heard(shown, answers()).satisfaction)
