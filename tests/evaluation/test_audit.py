"""The whole audit on small simulated shops with known truth, one design at a time."""

from datetime import UTC, datetime
from functools import cache

import pytest

from netlift.errors import DataError, Reason
from netlift.evaluation.audit import audit
from netlift.evaluation.customers import Rules
from netlift.evaluation.results import Audit, Finding
from netlift.history.shop import Terms, connect, open_shop
from netlift.simulate import presets, simulate
from netlift.types import Grade, Verdict
from tests.evaluation.tiny import rows

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def audited(design: str, seed: int = 0) -> tuple[Audit, dict[str, dict[str, object]]]:
    """An audit of the benchmark's shop of a design, and the truth by promotion."""
    world = simulate(presets.bench(design, seed))  # type: ignore[arg-type]
    shop = open_shop(connect(world.tables), Terms())
    found = audit(shop, Rules(washout_days=28), name="test", now=NOW)
    return found, {str(row["promotion_id"]): row for row in world.truth.to_pylist()}


def named(found: Audit, promotion_id: str) -> Finding:
    return next(finding for finding in found.findings if finding.promotion_id == promotion_id)


@pytest.mark.parametrize(
    ("design", "grade"), [("randomized", Grade.RANDOMIZED), ("campaign", Grade.OBSERVATIONAL), ("regions", Grade.QUASI)]
)
def test_estimates_are_near_the_truth_and_say_where_they_come_from(design: str, grade: Grade):
    """Within four standard errors of the planted net lift (one test in 15,000 fails by chance)."""
    found, truth = audited(design)
    for promotion_id, planted in truth.items():
        effect = named(found, promotion_id).net_lift
        assert effect is not None
        assert abs(effect.estimate - float(planted["net_lift_minor"])) < 4 * effect.se  # type: ignore[arg-type]
        assert effect.grade.rank >= grade.rank
    assert min(one.grade.rank for one in found.findings if one.grade) == grade.rank


@pytest.mark.parametrize("design", ["randomized", "campaign", "regions"])
def test_money_adds_up_to_the_cent(design: str):
    """Waterfall to net lift; discount into incremental and subsidy; spend is what the shop itself paid."""
    found, _ = audited(design)
    for finding in found.findings:
        assert finding.waterfall is not None
        assert finding.decomposition is not None
        assert finding.net_lift is not None
        assert sum(step.amount_minor for step in finding.waterfall.steps) == round(finding.net_lift.estimate)
        assert finding.decomposition.discount_given_minor == finding.discount_minor


def test_a_wasteful_campaign_is_stopped_and_a_placebo_is_not_kept_as_shown():
    """The bench's deep campaign loses ten times its standard error; its placebo does nothing."""
    found, _ = audited("campaign")
    assert named(found, "wastes").verdict is Verdict.STOP
    placebo = named(found, "placebo")
    assert placebo.net_lift is not None
    assert abs(placebo.net_lift.estimate) < 3 * placebo.net_lift.se


def test_redeemers_revenue_claims_far_more_than_net_lift():
    """What the usual report shows beside what it earned: the reason for netlift."""
    found, _ = audited("campaign")
    wasteful = named(found, "wastes")
    assert wasteful.net_lift is not None
    assert wasteful.naive.redeemer_revenue_minor is not None
    assert wasteful.naive.redeemer_revenue_minor > 0 > wasteful.net_lift.upper


def test_same_seed_same_audit():
    """Folds and placebos are drawn from the seed and nothing else."""
    world = simulate(presets.tiny(3))
    first, second = (
        audit(open_shop(connect(world.tables), Terms()), Rules(seed=5), name="t", now=NOW) for _ in range(2)
    )
    assert [one.net_lift for one in first.findings] == [one.net_lift for one in second.findings]


def test_a_campaign_before_the_data_is_refused_with_its_reason():
    """Nothing is known of customers before it: no estimate rather than a bad one."""
    world = simulate(presets.tiny(0))
    early = rows(
        "promotions", [{"promotion_id": "old", "starts_at": datetime(2000, 1, 1, tzinfo=UTC), "mechanism": "campaign"}]
    )
    customers = world.tables["customers"]["customer_id"].to_pylist()[:50]
    reached = rows(
        "exposures",
        [
            {"promotion_id": "old", "customer_id": who, "arm": "mail", "exposed_at": datetime(2000, 1, 1, tzinfo=UTC)}
            for who in customers
        ],
    )
    tables = dict(world.tables) | {"promotions": early, "exposures": reached}
    found = audit(open_shop(connect(tables), Terms()), Rules(), name="t", now=NOW)
    finding = named(found, "old")
    assert (finding.refused, finding.net_lift, finding.verdict) == (Reason.STARTS_BEFORE_DATA, None, Verdict.TEST)


def test_an_empty_shop_is_an_error_that_helps():
    """Without a single order line there is nothing to audit."""
    with pytest.raises(DataError, match="ingest an order export"):
        open_shop(connect({}), Terms())
