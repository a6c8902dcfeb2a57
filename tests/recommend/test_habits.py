"""What receipts say: worked by hand, and never from what came later."""

from datetime import UTC, datetime

import numpy as np

from netlift.recommend.habits import CUSTOMER, GOODS, OWN, SIGNS, Own, baskets, customers, goods, lines_of, own, signs
from netlift.recommend.ids import Ids
from netlift.recommend.interactions import Interactions
from tests.recommend.test_interactions import events

ROWS = [
    ("ann", "tea", 1, 1.0), ("ann", "cup", 1, 1.0), ("ann", "tea", 1, 2.0), ("ann", "tea", 7, 1.0),
    ("ann", "tea", 19, 1.0), ("ann", "cup", 25, 1.0), ("bob", "tea", 3, 1.0), ("bob", "pot", 3, 1.0),
]  # fmt: skip
"""Items by place: cup, pan (unmet), pot, tea."""
SEEN = Interactions.of(events(*ROWS), users=Ids(["eve"]), items=Ids(["pan"]))


def moment(day: int) -> int:
    return int(datetime(2026, 5, day, tzinfo=UTC).timestamp() * 1e6)


def of(mine: Own, name: str) -> list[float]:
    return [round(float(one), 6) for one in mine.signs[:, OWN.index(name)]]


def everybody() -> np.ndarray:
    return np.arange(len(SEEN.users))


def test_lines_of_a_time_are_found_for_customers_in_any_order() -> None:
    line, row = lines_of(SEEN, np.array([1, 0]), moment(3), moment(19))
    assert [(SEEN.user[at], SEEN.item[at], place) for at, place in zip(line, row, strict=True)] == [
        (1, 2, 0), (1, 3, 0), (0, 3, 1),
    ]  # fmt: skip
    assert [len(part) for part in lines_of(SEEN, np.array([2]), 0, moment(30))] == [0, 0]


def test_habits_are_worked_by_hand() -> None:
    told = baskets(SEEN, everybody(), moment(21))
    assert told.size.tolist() == [2, 1, 1, 2]  # the same product twice at one time is one line
    assert told.ago.tolist() == [20, 14, 2, 18]
    assert told.later.tolist() == [2, 1, 0, 0]
    mine = own(told, goods(told))
    assert list(zip(mine.row.tolist(), mine.item.tolist(), strict=True)) == [(0, 0), (0, 3), (1, 2), (1, 3)]
    assert of(mine, "times") == [1, 5, 1, 1]  # sums of weights
    assert of(mine, "since") == [20, 2, 18, 18]
    assert of(mine, "first") == [20, 20, 18, 18]
    assert of(mine, "baskets_since") == [2, 0, 0, 0]
    gaps = mine.signs[:, OWN.index("gap")]
    assert np.isnan(gaps[[0, 2, 3]]).all()
    assert gaps[1] == 9.0
    assert of(mine, "due")[1] == round(2 / 9, 6)
    assert of(mine, "baskets_due")[1] == 1.0
    assert of(mine, "rate") == [round(1 / 3, 6), 1.0, 1.0, 1.0]
    tea = 3 * 0.5**0.5 * 0.5**0.2 + 0.5**0.14 + 0.5**0.02
    np.testing.assert_allclose(of(mine, "small_days_100")[1], tea, rtol=1e-5)
    assert of(mine, "place") == [1, 0, 0, 1]  # of equals the first product


def test_receipts_from_before_1970_are_read_alike() -> None:
    shift = 70 * 365 * 86_400_000_000
    old = Interactions(SEEN.users, SEEN.items, SEEN.user, SEEN.item, SEEN.at - shift, SEEN.weight)
    for ours, theirs in zip(
        baskets(old, everybody(), moment(21) - shift), baskets(SEEN, everybody(), moment(21)), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_what_a_crowd_says_of_goods_is_worked_by_hand() -> None:
    told = baskets(SEEN, everybody(), moment(21))
    known = goods(told)
    assert known[:, GOODS.index("buyers")].tolist() == [1, 0, 1, 2]
    assert known[:, GOODS.index("again")].tolist() == [0, 0, 0, 0.5]
    assert known[:, GOODS.index("per_buyer")].tolist() == [1, 0, 1, 2]
    assert known[:, GOODS.index("again_rate")].tolist() == [0, 0, 0, 1]  # both later baskets of ann had tea
    np.testing.assert_allclose(known[3, GOODS.index("days_between")], np.log1p(9.0), rtol=1e-6)
    np.testing.assert_allclose(known[:, GOODS.index("alone")], [0.5, 0, 0.5, 0.75])
    buying = customers(told)
    assert buying[:2, CUSTOMER.index("baskets")].tolist() == [3, 1]
    np.testing.assert_allclose(buying[0, CUSTOMER.index("between")], 9.0)
    assert buying[:2, CUSTOMER.index("last_size")].tolist() == [1, 2]
    assert np.isnan(buying[2, CUSTOMER.index("last")])


def test_nothing_is_known_of_what_comes_later() -> None:
    day = datetime(2026, 5, 19, tzinfo=UTC)
    early = SEEN.before(day)
    for row in range(2):
        whole, part = (baskets(seen, everybody(), moment(19)) for seen in (SEEN, early))
        for ours, theirs in zip(whole, part, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        asked = np.full(4, row), np.arange(4)
        tables = [signs(own(one, goods(one)), customers(one), goods(one), *asked) for one in (whole, part)]
        np.testing.assert_array_equal(tables[0], tables[1])


def test_signs_of_what_was_not_had_are_missing_and_its_counts_are_none() -> None:
    told = baskets(SEEN, everybody(), moment(21))
    known = goods(told)
    table = signs(own(told, known), customers(told), known, np.array([0, 0, 1]), np.array([3, 1, 0]))
    assert table.shape == (3, len(SIGNS))
    assert table[:, SIGNS.index("times")].tolist() == [5, 0, 0]
    assert np.isnan(table[1:, SIGNS.index("since")]).all()
    assert table[0, SIGNS.index("since")] == 2
    assert table[:, SIGNS.index("baskets")].tolist() == [3, 3, 1]


def test_nothing_happened_yet() -> None:
    for seen in (SEEN, Interactions.of(events(), items=Ids(["tea"])), Interactions.of(events())):
        users = np.arange(len(seen.users))
        told = baskets(seen, users, moment(1))
        known = goods(told)
        assert known.shape == (len(seen.items), len(GOODS))
        assert customers(told).shape == (len(users), len(CUSTOMER))
        mine = own(told, known)
        assert mine.signs.shape == (0, len(OWN))
        assert np.isfinite(known).all()
