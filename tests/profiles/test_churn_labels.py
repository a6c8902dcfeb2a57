"""Dated rows of churn: by hand, without a look into the future, and only where the outcome is known."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from netlift.errors import ConfigError, DataError, EstimationError
from netlift.profiles.churn.habits import HABITS
from netlift.profiles.churn.labels import Question, dated

from .churn_worlds import END, LEARNED, MONTH, TEST, orders, shop

AS_OF = datetime(2025, 6, 1, tzinfo=UTC)
LATE = datetime(2026, 1, 1, tzinfo=UTC)


def ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def test_habits_by_hand() -> None:
    """Ann: 99, 39 and 9 days before the last day, the last of them twice; recency counts to 31 May."""
    given = [("ann", ago(100), 900), ("ann", ago(40), 500), ("ann", ago(10), 100), ("ann", ago(9.5), 300)]
    (one,) = dated(orders(*given), [AS_OF], Question(30), until=LATE)
    values = dict(zip(HABITS, np.asarray(one.X)[0].tolist(), strict=True))
    assert values == {
        "active_days": 3.0, "active_days_30": 1.0, "active_days_90": 2.0, "active_days_365": 3.0,
        "spend_minor": 1800.0, "spend_30_minor": 400.0, "spend_90_minor": 900.0, "spend_365_minor": 1800.0,
        "day_spend_minor": 600.0, "recency_days": 9.0, "tenure_days": 99.0, "gap_mean_days": 45.0,
        "recency_gaps": 9 / 45,
    }  # fmt: skip


def test_one_who_bought_once_has_a_gap_as_long_as_known() -> None:
    (one,) = dated(orders(("bob", ago(21), 5)), [AS_OF], Question(30), until=LATE)
    values = dict(zip(HABITS, np.asarray(one.X)[0].tolist(), strict=True))
    assert (values["recency_days"], values["gap_mean_days"], values["recency_gaps"]) == (20.0, 20.0, 1.0)


def test_a_first_order_on_the_last_day_gives_finite_habits() -> None:
    (one,) = dated(orders(("new", AS_OF - timedelta(microseconds=1), 5)), [AS_OF], Question(30), until=LATE)
    values = dict(zip(HABITS, np.asarray(one.X)[0].tolist(), strict=True))
    assert (values["recency_days"], values["gap_mean_days"], values["recency_gaps"]) == (0.0, 0.0, 0.0)


def test_labels_by_hand() -> None:
    """The moment itself is after; the end of the horizon is beyond; who was silent for a year is not asked about."""
    given = [(name, ago(5), 1) for name in ("at_once", "last_moment", "too_late", "never")]
    given += [("at_once", AS_OF, 1), ("last_moment", AS_OF + timedelta(days=30, microseconds=-1), 1)]
    given += [("too_late", AS_OF + timedelta(days=30), 1), ("long_gone", ago(366), 1), ("unborn", AS_OF, 1)]
    (one,) = dated(orders(*given, (None, ago(3), 1)), [AS_OF], Question(30), until=LATE)
    assert one.units is not None
    found = dict(zip(np.asarray(one.units).tolist(), np.asarray(one.y).tolist(), strict=True))
    assert found == {"at_once": 0.0, "last_moment": 0.0, "too_late": 1.0, "never": 1.0}
    assert one.known_at == AS_OF + timedelta(days=30)


def test_the_future_changes_no_feature() -> None:
    """Absurd amounts at and after the moment, for old and new customers, leave every feature and customer alone."""
    known = shop(1, customers=80)
    clean = dated(known, LEARNED, MONTH, until=END)
    names = sorted(set(known["customer_id"].to_pylist()))
    for moment, before in zip(LEARNED, clean, strict=True):
        poison = orders(*[(name, moment + timedelta(hours=i), 10**12) for i, name in enumerate([*names, "new"])])
        rows = list(zip(*known.to_pydict().values(), strict=True)) + list(
            zip(*poison.to_pydict().values(), strict=True)
        )
        (after,) = dated(orders(*rows), [moment], MONTH, until=END)
        assert np.array_equal(np.asarray(after.X), np.asarray(before.X))
        assert np.array_equal(np.asarray(after.units), np.asarray(before.units))
        assert not np.asarray(after.y).any()  # everybody ordered: the poison is only in the labels


def test_other_time_zones_are_the_same_moment() -> None:
    from datetime import timezone

    known = shop(2, customers=40)
    (one,) = dated(known, [TEST], MONTH, until=END)
    (other,) = dated(known, [TEST.astimezone(timezone(timedelta(hours=8)))], MONTH, until=END)
    assert one.as_of == other.as_of
    assert np.array_equal(np.asarray(one.X), np.asarray(other.X))


def test_the_order_of_rows_does_not_matter() -> None:
    known = shop(3, customers=60)
    mixed = known.take(np.random.default_rng(0).permutation(known.num_rows))
    (one,), (other,) = (dated(table, [TEST], MONTH, until=END) for table in (known, mixed))
    assert np.asarray(one.X).tobytes() == np.asarray(other.X).tobytes()
    assert np.asarray(one.y).tolist() == np.asarray(other.y).tolist()


def test_what_nobody_can_know_is_refused() -> None:
    known = shop(4, customers=20)
    with pytest.raises(ConfigError, match="end after the data"):
        dated(known, [END - timedelta(days=29)], MONTH, until=END)
    with pytest.raises(ConfigError, match="time zone"):
        dated(known, [datetime(2025, 5, 1)], MONTH, until=END)  # noqa: DTZ001 - the point of it
    with pytest.raises(EstimationError, match="nobody ordered"):
        dated(known, [datetime(2024, 5, 1, tzinfo=UTC)], MONTH, until=END)
    with pytest.raises(DataError, match="lack the columns amount_minor"):
        dated(known.drop_columns(["amount_minor"]), [TEST], MONTH, until=END)
    with pytest.raises(ConfigError, match="at least 1"):
        Question(0)
