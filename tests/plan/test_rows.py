"""Pairs are read whatever the order of the rows, and every limit becomes the row that it means, counted by hand."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from netlift.candidates.candidate import Goal
from netlift.errors import ConfigError, DataError
from netlift.plan.artefact import Plan
from netlift.plan.choose import choose
from netlift.plan.limits import Between, Limits, Share
from netlift.plan.pool import Eligible, read_pool
from netlift.plan.rows import Frame, differs, question, uses
from tests.plan.examples import plan, rows
from tests.plan.worlds import ids, learned, offers, pool_of, response, rng

NET = np.array([[100.0, 50.0], [-20.0, 40.0], [30.0, -10.0]])


def chosen(limits: Limits, net: np.ndarray = NET, **options: object) -> list[tuple[int, str]]:
    """Customers and offers of the best choice."""
    pool = pool_of(net, **options)  # type: ignore[arg-type]
    found = choose(Frame.of(pool, limits), "x", pool.net)
    return [(int(pool.owner[c]), pool.offers[pool.offer[c]]) for c in found.cells]


def test_rows_in_any_order_give_one_pool() -> None:
    """Shuffled and cut into batches, the pool is the same to the bit."""
    net = rng(3).normal(size=(40, 3))
    table, made = response(net), offers(3)
    known = [learned(one.offer.offer_id, 1.0, 1.0) for one in made]
    shuffled = table.take(pa.array(rng(4).permutation(table.num_rows)))
    pools = [
        read_pool(rows_, made, known, Eligible(ids(40), {}))
        for rows_ in (table, shuffled.to_batches(max_chunksize=7), shuffled.to_reader(max_chunksize=11))
    ]
    for other in pools[1:]:
        for name in ("owner", "offer", "net", "cost", "grade", "reason"):
            assert np.array_equal(getattr(pools[0], name), getattr(other, name))


def test_only_who_may_get_it_is_in() -> None:
    """Audience masks, unknown customers and offers that are no candidates."""
    mask = np.array([True, False, True])
    pool = read_pool(response(NET), offers(1), [], Eligible(ids(3), {"o00": mask}))
    assert pool.owner.tolist() == [0, 2]
    fewer = read_pool(response(NET), offers(2), [], Eligible(ids(2), {}))
    assert fewer.customers == 2
    assert len(fewer) == 4


def test_a_candidate_that_repeats_a_past_offer_takes_its_rows() -> None:
    """Unless it has rows of its own."""
    again = replace(offers(1)[0], past="o01")
    other = replace(again, offer=replace(again.offer, offer_id="again"))
    pool = read_pool(response(NET), [other], [learned("o01", 1.0, 1.0)], Eligible(ids(3), {}))
    assert pool.net.tolist() == NET[:, 1].tolist()
    assert pool.learned[0] is not None
    own = read_pool(response(NET), [again], [], Eligible(ids(3), {}))
    assert own.net.tolist() == NET[:, 0].tolist()


def test_what_is_twice_or_not_finite_is_refused() -> None:
    """With the customer's name."""
    with pytest.raises(DataError, match="'c000000' and offer 'o00' twice"):
        read_pool(pa.concat_tables([response(NET), response(NET)]), offers(2), [], Eligible(ids(3), {}))
    with pytest.raises(DataError, match="expected_cost"):
        pool_of(NET, cost=np.array([[1.0, np.inf], [1.0, 1.0], [1.0, 1.0]]))
    with pytest.raises(DataError, match="ascending"):
        Eligible(pa.array(["b", "a"]), {})
    with pytest.raises(DataError, match="2 customers in the mask"):
        Eligible(ids(3), {"o00": np.array([True, False])})


def test_eligible_of_profiles_in_any_order() -> None:
    """Masks move with their customers."""
    found = Eligible.of(pa.chunked_array([["b"], ["a"]]), {"o": np.array([True, False])}, {})
    assert found.customer_id.to_pylist() == ["a", "b"]
    assert found.masks["o"].tolist() == [False, True]


def test_without_limits_everybody_gets_the_best_that_pays() -> None:
    """And nobody what loses."""
    assert chosen(Limits()) == [(0, "o00"), (1, "o01"), (2, "o00")]


def test_the_budget_buys_the_best() -> None:
    """80 a piece: a budget of 170 pays two."""
    assert chosen(Limits(budget_minor=170)) == [(0, "o00"), (1, "o01")]
    assert chosen(Limits(budget_minor=0)) == []


def test_two_contacts_by_two_channels() -> None:
    """One by e-mail and one by text message; never two by one channel."""
    made = offers(3, channels=("email", "sms"))
    net = np.array([[50.0, 40.0, 60.0]])
    assert chosen(Limits(contacts=2), net, candidates=made) == [(0, "o01"), (0, "o02")]
    assert chosen(Limits(contacts=1), net, candidates=made) == [(0, "o02")]
    assert chosen(Limits(contacts=10**14), net, candidates=made) == [(0, "o01"), (0, "o02")]  # one per channel, at most


def test_liability_and_channels() -> None:
    """510 a piece at worst; one e-mail only."""
    assert chosen(Limits(liability_minor=1000)) == [(0, "o00")]
    assert chosen(Limits(channels={"email": 1})) == [(0, "o00")]


def test_offers_at_most_and_at_least() -> None:
    """At most one o00; at least two o01, at a loss if need be."""
    assert chosen(Limits(offers={"o00": Between(0, 1)})) == [(0, "o00"), (1, "o01")]
    least = chosen(Limits(offers={"o01": Between(2)}))  # 100 + 40 - 10 is more than 50 + 40 + 30
    assert least == [(0, "o00"), (1, "o01"), (2, "o01")]
    assert sum(offer == "o01" for _, offer in chosen(Limits(offers={"o01": Between(3)}))) == 3


def test_a_loss_cap_stops_what_a_minimum_asks() -> None:
    """Three o01 lose 10 with the last customer: with a cap of 5, a limit has to give way and says so."""
    pool = pool_of(NET)
    frame = Frame.of(pool, Limits(offers={"o01": Between(3)}, loss_minor=5))
    found = choose(frame, "x", pool.net)
    assert found.certificate is not None
    assert found.certificate.relaxed


def test_roi_keeps_the_poor_out() -> None:
    """At 80 a piece, 100, 40 and 30 earn .71 a coin; .8 leaves 100 and 40 (.88), 1.2 only 100 (1.25)."""
    assert chosen(Limits(roi=0.8)) == [(0, "o00"), (1, "o01")]
    assert chosen(Limits(roi=1.2)) == [(0, "o00")]


def test_stock_counts_expected_uses() -> None:
    """Cost 80 with a contact of 10, 500 a use: .14 uses each; .3 units of SKU-0 serve two."""
    pool = pool_of(np.array([[100.0], [90.0], [80.0]]))
    assert uses(pool, np.arange(3)) == pytest.approx([0.14] * 3)
    found = choose(Frame.of(pool, Limits(stock={"SKU-0": 0.3})), "x", pool.net)
    assert found.cells.tolist() == [0, 1]


def test_a_minimum_share_of_a_segment() -> None:
    """Half of what is given must go to the segment, which earns little: the best of the others goes with it."""
    net = np.array([[100.0], [90.0], [80.0], [1.0], [-5.0]])
    segment = np.array([False, False, False, True, True])
    got = chosen(Limits(share=(Share("poor", 0.5),)), net, segments={"poor": segment})
    assert got == [(0, "o00"), (1, "o00"), (3, "o00"), (4, "o00")]  # 186 = 100 + 90 + 1 - 5 > 101


def test_a_share_of_a_goal_or_mechanism() -> None:
    """Names of goals are understood as well."""
    made = offers(2, goals={1: Goal.WIN_BACK})
    got = chosen(Limits(share=(Share("win_back", 0.6),)), candidates=made)
    assert sum(offer == "o01" for _, offer in got) >= 0.6 * len(got)


def test_churn_against_yesterday() -> None:
    """Yesterday everybody had o01; one in three may change."""
    pool = pool_of(np.array([[100.0, 50.0], [90.0, 45.0], [80.0, 40.0]]))
    before = Plan(plan().head, rows([(f"c00000{i}", "o01", "treatment", 0.9) for i in range(3)]))
    found = choose(Frame.of(pool, Limits(churn=1 / 3), before), "x", pool.net)
    assert sorted(pool.offer[found.cells].tolist()) == [0, 1, 1]
    free = choose(Frame.of(pool, Limits(churn=1.0), before), "x", pool.net)
    assert pool.offer[free.cells].tolist() == [0, 0, 0]


def test_the_row_of_difference_is_the_jaccard_index() -> None:
    """For any choice, the row is kept exactly when the overlap is at most one half."""
    from netlift.plan.choose import jaccard

    pool = pool_of(np.ones((30, 2)))
    earlier = np.arange(0, 40)
    extra = differs(pool, "first", earlier)
    draws = rng(5)
    for _ in range(50):
        cells = np.sort(draws.choice(60, size=int(draws.integers(1, 50)), replace=False))
        assert (extra.amounts[cells].sum() <= extra.limit + 1e-9) == (jaccard(earlier, cells) <= 0.5)


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits(offers={"o0": Between(1)}), "offer 'o0'.*did you mean"),
        (Limits(channels={"emial": 1}), "did you mean 'email'"),
        (Limits(share=(Share("win_bakc", 0.5),)), "no audience, offer, mechanism or goal"),
        (Limits(share=(Share("spend_treshold", 0.5),)), "did you mean 'spend_threshold'"),
        (Limits(stock={"SKU0": 1}), "did you mean 'SKU-0'"),
    ],
)
def test_limits_on_what_is_not_there(limits: Limits, says: str) -> None:
    """A typing error must not silently mean no limit."""
    with pytest.raises(ConfigError, match=says):
        Frame.of(pool_of(NET), limits)


def test_an_empty_pool() -> None:
    """No candidate, no pair: an empty problem."""
    pool = read_pool(response(NET), [], [], Eligible(ids(3), {}))
    asked = question(Frame.of(pool, Limits(budget_minor=5)), pool.net)
    assert asked.problem.candidates == 0
