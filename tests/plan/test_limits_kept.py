"""Every limit that can be declared is kept by the plan that is chosen under it, counted again in whole thousandths."""

from functools import cache

import numpy as np
import pytest

from netlift.allocation.verify import recount
from netlift.candidates.candidate import Goal
from netlift.plan.artefact import Plan
from netlift.plan.choose import Choice, choose, few_offers
from netlift.plan.limits import Between, Limits, Share
from netlift.plan.rows import Frame, uses
from tests.plan.examples import plan, rows
from tests.plan.worlds import offers, pool_of, rng

N = 90
DRAWS = rng(9)
NET = DRAWS.normal(10, 40, (N, 4))
COST = DRAWS.uniform(20, 160, (N, 4))
LAPSED = DRAWS.random(N) < 0.3


def frame_of(limits: Limits) -> Frame:
    """90 customers, four offers by two channels, the third to win back; yesterday the first 30 had the first offer."""
    made = offers(4, channels=("email", "sms"), goals={2: Goal.WIN_BACK})
    pool = pool_of(NET, cost=COST, candidates=made, segments={"lapsed": LAPSED})
    before = Plan(plan().head, rows([(f"c{i:06d}", "o00", "treatment", 0.9) for i in range(30)]))
    return Frame.of(pool, limits, before)


def chosen(frame: Frame) -> Choice:
    """The most profitable choice."""
    few = None if frame.limits.most_offers is None else few_offers(frame, frame.value, frame.limits.most_offers)
    return choose(frame, "x", frame.value, only=few)


KEPT = [
    Limits(budget_minor=2000),
    Limits(budget_minor=0),
    Limits(liability_minor=9000),
    Limits(contacts=2, budget_minor=5000),
    Limits(channels={"email": 20, "sms": 5}, contacts=2),
    Limits(stock={"SKU-0": 1.5, "SKU-1": 0.7}),
    Limits(offers={"o00": Between(12, 15), "o03": Between(0, 3)}, budget_minor=3000),
    Limits(share=(Share("lapsed", 0.5), Share("win_back", 0.3)), budget_minor=2500),
    Limits(offers={"o03": Between(60)}, loss_minor=600),
    Limits(roi=0.7),
    Limits(churn=0.5),
    Limits(most_offers=2, budget_minor=2500),
]


@cache
def example(number: int) -> tuple[Frame, Choice]:
    """Chosen once for both tests."""
    frame = frame_of(KEPT[number])
    return frame, chosen(frame)


@pytest.mark.parametrize("number", range(len(KEPT)))
def test_a_limit_is_kept_to_the_thousandth(number: int) -> None:
    """Nothing gives way, and what the plan says of itself is what it adds up to."""
    limits, (_, found) = KEPT[number], example(number)
    assert found.result is not None
    assert found.question is not None
    counted = recount(found.question.problem, found.result)
    assert counted.faults == ()
    assert not found.result.relaxed
    assert all(counted.use[row.name] <= row.limit for row in found.question.problem.rows)
    assert len(found.cells) or limits.budget_minor == 0


@pytest.mark.parametrize("number", range(len(KEPT)))
def test_a_limit_is_kept_as_it_is_meant(number: int) -> None:
    """The same in money, customers and pieces, from the pairs alone."""
    limits, (frame, choice) = KEPT[number], example(number)
    pool, cells = frame.pool, choice.cells
    offer, owner, slack = pool.offer[cells], pool.owner[cells], 0.001 * max(len(cells), 1)
    if limits.budget_minor is not None:
        assert pool.cost[cells].sum() <= limits.budget_minor + slack
    if limits.liability_minor is not None:
        assert pool.liability[cells].sum() <= limits.liability_minor + slack
    assert np.bincount(owner).max(initial=0) <= limits.contacts
    channel = np.array([str(one.channel) for one in pool.candidates])[offer]
    assert len({*zip(owner.tolist(), channel.tolist(), strict=True)}) == len(cells)  # one per channel
    for name, most in limits.channels.items():
        assert (channel == name).sum() <= most
    for place, candidate in enumerate(pool.candidates):
        between = limits.offers.get(candidate.offer.offer_id, Between())
        assert between.least <= (offer == place).sum() <= (between.most or N)
        for product in limits.stock.keys() & set(candidate.offer.products):
            assert uses(pool, cells)[offer == place].sum() <= limits.stock[product] + slack
    for one in limits.share:
        inside = LAPSED[owner] if one.of == "lapsed" else offer == 2
        assert inside.sum() >= one.least * len(cells) - 1e-6
    if limits.loss_minor is not None:
        assert np.maximum(-frame.value[cells], 0).sum() <= limits.loss_minor + slack
    if limits.roi is not None:
        assert frame.value[cells].sum() >= limits.roi * pool.cost[cells].sum() - slack
    if limits.churn is not None:
        kept = ((offer == 0) & (owner < 30)).sum()
        assert 30 - kept + (owner >= 30).sum() <= limits.churn * 30 + 1e-6
    if limits.most_offers is not None:
        assert len(np.unique(offer)) <= limits.most_offers


@pytest.mark.parametrize(
    ("limits", "rows_", "by"),
    [
        (Limits(offers={"o00": Between(N + 5)}), {"least:o00"}, 5.0),
        (Limits(channels={"email": 3}, offers={"o00": Between(10)}), {"channel:email", "least:o00"}, 7.0),
        (Limits(budget_minor=0, offers={"o01": Between(4)}), {"budget", "least:o01"}, None),
    ],
)
def test_what_cannot_be_kept_gives_way_and_says_so(limits: Limits, rows_: set[str], by: float | None) -> None:
    """Named by row; where only customers are counted, by as many as are missing."""
    found = chosen(frame_of(limits))
    assert found.certificate is not None
    assert found.certificate.relaxed
    assert set(found.certificate.relaxed) <= rows_
    assert by is None or sum(found.certificate.relaxed.values()) == pytest.approx(by)
    assert found.result is not None
    assert found.question is not None
    assert recount(found.question.problem, found.result).faults == ()
