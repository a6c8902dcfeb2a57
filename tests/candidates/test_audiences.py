"""Who belongs to an audience, and who may be written to."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netlift.candidates.audiences import Crowd, audiences, buyers_of, interested_in, members
from netlift.candidates.candidate import EVERYBODY, Audience, Candidate, Condition, Scope
from netlift.candidates.eligible import Care, Reached, eligible, masks, willing
from netlift.errors import ConfigError
from tests.candidates.plain import candidate
from tests.candidates.shops import sources

PEOPLE = pa.table(
    {
        "customer_id": ["a", "b", "c", "d"],
        "orders": [0, 3, 5, 1],
        "recency_days": pa.array([None, 40, 2, 9], pa.int64()),
        "silence": [None, 4.0, 0.5, 1.0],
        "lifecycle": ["prospect", "lapsed", "loyal", None],
        "accepts_marketing": [True, False, None, True],
        "contacts_7": [0, 0, 0, 2],
        "contacts_30": [0, 0, 5, 3],
    }
)
LIKED = pa.table({"customer_id": ["b", "c", "c", "x"], "category": ["tea", "tea", "ham", "tea"],
                  "interest": [1.0, 0.2, 0.8, 1.0]})  # fmt: skip


@pytest.mark.parametrize(
    ("column", "op", "value", "who"),
    [
        ("orders", ">=", 3.0, "bc"),
        ("orders", "!=", 3.0, "acd"),
        ("recency_days", "<", 10.0, "cd"),
        ("recency_days", "!=", 2.0, "bd"),
        ("lifecycle", "in", ("lapsed", "loyal"), "bc"),
        ("lifecycle", "==", "loyal", "c"),
        ("lifecycle", "!=", "loyal", "ab"),
        ("accepts_marketing", "==", True, "ad"),
        ("accepts_marketing", "!=", True, "b"),
        ("interest:tea", ">=", 0.2, "bc"),
        ("interest:tea", "<", 0.5, "c"),
        ("interest:wine", ">=", 0.0, ""),
    ],
)
def test_conditions(column: str, op: str, value: float | str | bool | tuple[str, ...], who: str) -> None:
    """By hand; a customer without the value meets no condition on it, `!=` included."""
    mask = members(Audience("asked", (Condition(column, op, value),)), PEOPLE, LIKED)
    assert "".join(np.array(list("abcd"))[mask]) == who


def test_all_conditions_must_hold_and_none_is_everybody() -> None:
    both = Audience("both", (Condition("orders", ">=", 1.0), Condition("silence", "<=", 1.0)))
    assert members(both, PEOPLE).tolist() == [False, False, True, True]
    assert members(EVERYBODY, PEOPLE).all()


@pytest.mark.parametrize(
    "condition",
    [Condition("spent", ">", 1.0), Condition("orders", "~", 1.0), Condition("lifecycle", "<", "new"),
     Condition("interest:tea", ">", "much")],
)  # fmt: skip
def test_what_cannot_be_asked_is_an_error(condition: Condition) -> None:
    with pytest.raises(ConfigError, match=r"spent|orders|lifecycle|interest:tea"):
        members(Audience("wrong", (condition,)), PEOPLE, LIKED)


def test_nobody_and_no_interests() -> None:
    nobody = PEOPLE.slice(0, 0)
    assert members(Audience("x", (Condition("interest:tea", ">", 0.0),)), nobody, None).shape == (0,)
    assert audiences(Crowd(nobody)) == {}


def test_audiences_of_a_shop_have_members_and_habits_mark_about_a_quarter() -> None:
    crowd = Crowd(sources().profiles, sources().interests)
    found = audiences(crowd)
    assert {"everybody", "active", "at_risk", "lapsed", "high_value", "price_sensitive", "full_price"} <= set(found)
    for name, audience in found.items():
        assert crowd.members(audience).any(), name
    assert 0.2 <= crowd.members(found["high_value"]).mean() <= 0.3
    assert not (crowd.members(found["lapsed"]) & crowd.members(found["active"])).any()


def test_buyers_and_interested_differ_in_silence() -> None:
    crowd = Crowd(sources().profiles, sources().interests)
    interested = crowd.members(interested_in("tea", crowd, 7.0))
    assert interested.any()
    assert (crowd.numbers("recency_days")[interested] > 7).all()
    buyers = crowd.members(buyers_of("tea", crowd))
    assert (crowd.interest("tea")[buyers] > 0).all()
    assert buyers.sum() > interested.sum()


def personal(offer_id: str = "one", **changes: Any) -> Candidate:
    return candidate(offer_id, scope=Scope.PERSONAL, channel="e-mail", **changes)


def test_who_refused_is_never_written_to_whatever_the_limits() -> None:
    crowd = Crowd(PEOPLE)
    loose = Care(None, None)
    assert eligible(personal(), crowd, care=loose).tolist() == [True, False, True, True]
    assert eligible(personal(), crowd, care=Care(None, None, unknown_consent=False)).tolist() == [
        True, False, False, True,
    ]  # fmt: skip


def test_contacts_of_late_count() -> None:
    """By hand: d had two contacts this week, c five this month."""
    assert willing(Crowd(PEOPLE), Care(2, 5)).tolist() == [True, False, False, False]
    assert willing(Crowd(PEOPLE), Care(3, 6)).tolist() == [True, False, True, True]
    with pytest.raises(ConfigError, match="contacts_7"):
        Care(contacts_7=0)


def test_consent_and_contacts_do_not_matter_to_what_stands_on_the_shelf() -> None:
    assert eligible(candidate(), Crowd(PEOPLE), care=Care(1, 1)).all()


def test_those_whom_a_promotion_on_the_same_goods_reached_rest() -> None:
    reached = Reached({"mail": np.array([True, False, False, False])})
    found = masks(
        [personal("resting", resting=("mail", "other")), personal("free")],
        Crowd(PEOPLE), care=Care(None, None), reached=reached,
    )  # fmt: skip
    assert found["resting"].tolist() == [False, False, True, True]
    assert found["free"].tolist() == [True, False, True, True]


def test_a_table_without_consent_and_contacts_refuses_nobody() -> None:
    assert willing(Crowd(pa.table({"customer_id": ["a", "b"]}))).all()
