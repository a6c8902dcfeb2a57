"""Many promotions at once."""

from datetime import UTC, datetime

import pytest

from netlift.evaluation.pooling import pool, with_false_discovery_control, with_partial_pooling
from netlift.evaluation.results import Finding
from netlift.types import Effect, Grade, Verdict, Window

WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC))


def finding(estimate: float, se: float, verdict: Verdict = Verdict.KEEP, customers: int = 10) -> Finding:
    effect = Effect(estimate, estimate - 1.645 * se, estimate + 1.645 * se, 0.9, se, 10, 10, "x", Grade.RANDOMIZED)
    return Finding("p", "p", "campaign", "campaign", WINDOW, 7, customers, 0, 0, 0, verdict, (), effect)


def test_q_values_by_hand():
    """P = 2(1 - Phi(z)) for z = 3, 2, 1: .0027, .0455, .3173; times 3/1, 3/2, 3/3."""
    q = [f.q_value for f in with_false_discovery_control([finding(1, 1), finding(3, 1), finding(2, 1)])]
    assert q == pytest.approx([0.3173, 0.0081, 0.06825], abs=1e-4)


def test_a_keep_among_many_nothings_becomes_a_test():
    """Z = 1.7 alone is a keep (one-sided p .045); among 30 nothings its q-value is far above .2."""
    alone = with_false_discovery_control([finding(1.7, 1)])
    crowd = with_false_discovery_control([finding(1.7, 1), *[finding(0.1, 1, Verdict.TEST)] * 30])
    assert alone[0].verdict is Verdict.KEEP
    assert crowd[0].verdict is Verdict.TEST
    assert crowd[0].why[0] == "fdr"


def test_pooled_mean_by_hand():
    """Equal standard errors, no spread beyond chance: the mean of 1, 2, 3 per customer, se 1 / sqrt 3."""
    (pooled,) = pool([finding(10, 10), finding(20, 10), finding(30, 10)], 0.9)
    assert pooled.mean == pytest.approx(2.0)
    assert pooled.upper - pooled.mean == pytest.approx(1.6449 / 3**0.5, abs=1e-3)
    assert pooled.between == pytest.approx(0.0)


def test_two_promotions_are_too_few_to_pool():
    """A mean and a spread between promotions need at least three."""
    assert pool([finding(1, 1), finding(2, 1)], 0.9) == ()


def test_a_stop_that_its_kind_contradicts_becomes_a_test():
    """Nine equal nothings leave no spread between promotions: the tenth's z of -2.2 is put down to chance."""
    crowd = [finding(0.1, 1, Verdict.TEST)] * 9
    lonely = with_partial_pooling([finding(-2.2, 1, Verdict.STOP)])
    pooled = with_partial_pooling([finding(-2.2, 1, Verdict.STOP), *crowd])
    assert lonely[0].verdict is Verdict.STOP
    assert pooled[0].verdict is Verdict.TEST
    assert pooled[0].why[0] == "pooled"


def test_a_kind_that_varies_lets_a_clear_case_stand():
    """Effects between -20 and 20 with error 1: what is learned from the others hardly moves -20."""
    spread = [finding(x, 1, Verdict.TEST) for x in (20, 10, 5, -5, -10)]
    assert with_partial_pooling([finding(-20, 1, Verdict.STOP), *spread])[0].verdict is Verdict.STOP
