"""Auditing a plain table of an experiment: roles, arms, comparisons, warnings; Hillstrom's e-mail test by hand."""

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from netlift.errors import ConfigError, DataError, SourceError
from netlift.evaluation.experiment_roles import experiment_roles
from netlift.evaluation.experiment_table import audit_experiment
from netlift.evaluation.plain_tables import read_table, texts_of

CHOSEN = ("recency", "history", "mens", "womens", "newbie", "zip_code", "channel")


def study(n: int = 3000, *, effect: float = 0.0, seed: int = 1) -> pa.Table:
    """Two arms; spend after follows spend before; `visited` is 0 or 1; `channel` is text."""
    rng = np.random.default_rng(seed)
    before = rng.gamma(2.0, 20.0, n)
    treated = rng.random(n) < 0.5
    spend = before + rng.gamma(1.0, 15.0, n) + effect * treated
    return pa.table(
        {
            "customer_id": [f"c{i}" for i in range(n)],
            "past_spend": before,
            "channel": rng.choice(["web", "store"], n),
            "variant": np.where(treated, "coupon", "control"),
            "visited": (rng.random(n) < 0.2 + 0.001 * effect * treated).astype(int),
            "spend": spend,
        }
    )


def comparison(audit, outcome: str, arm: str, against: str):
    return next(c for c in audit.comparisons if (c.outcome, c.arm, c.against) == (outcome, arm, against))


@pytest.fixture(scope="module")
def hillstrom() -> pa.Table:
    """MineThatData's e-mail test of 2008: 64,000 customers, three arms."""
    path = Path(__file__).parents[2].parent / "shared/data/hillstrom/hillstrom.csv.gz"
    if not path.is_file():
        pytest.skip("Hillstrom's data may not be shipped with the project and are not beside it")
    return read_table(path)


@pytest.fixture(scope="module")
def hillstrom_audit(hillstrom):
    return audit_experiment(hillstrom, outcomes=["visit", "conversion", "spend"], covariates=CHOSEN)


def test_hillstrom_visit_rates(hillstrom_audit):
    """10.617, 18.276 and 15.140 % of 21,306, 21,307 and 21,387: counted once with awk over the published file."""
    rates = {a.arm: (a.n, round(100 * a.mean, 3)) for a in hillstrom_audit.arms if a.outcome == "visit"}
    assert rates == {
        "No E-Mail": (21306, 10.617), "Mens E-Mail": (21307, 18.276), "Womens E-Mail": (21387, 15.14),
    }  # fmt: skip


@pytest.mark.parametrize("outcome", ["visit", "conversion", "spend"])
@pytest.mark.parametrize("arm", ["Mens E-Mail", "Womens E-Mail"])
def test_hillstrom_equals_welch_written_out(hillstrom, hillstrom_audit, outcome, arm):
    """Difference, standard error, degrees of freedom and interval from first principles, to 1e-12."""
    segment, y = texts_of(hillstrom, "segment"), np.asarray(hillstrom[outcome].to_pylist(), dtype=float)
    a, b = y[segment == "No E-Mail"], y[segment == arm]
    va, vb = (np.sum((s - s.sum() / len(s)) ** 2) / (len(s) - 1) / len(s) for s in (a, b))
    dof = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    gap, se = b.sum() / len(b) - a.sum() / len(a), math.sqrt(va + vb)
    reach = stats.t.ppf(0.95, dof) * se
    raw = comparison(hillstrom_audit, outcome, arm, "No E-Mail").raw
    by_hand = (gap, se, dof, gap - reach, gap + reach)
    assert (raw.estimate, raw.se, raw.dof, raw.lower, raw.upper) == pytest.approx(by_hand, rel=1e-12, abs=1e-14)
    assert raw.p_value == pytest.approx(2 * stats.t.sf(gap / se, dof), rel=1e-9)


@pytest.mark.parametrize("outcome", ["visit", "spend"])
@pytest.mark.parametrize("arm", ["Mens E-Mail", "Womens E-Mail"])
def test_hillstrom_is_narrower_with_what_was_known_before(hillstrom_audit, outcome, arm):
    found = comparison(hillstrom_audit, outcome, arm, "No E-Mail")
    assert found.adjusted.se < found.raw.se
    assert found.adjusted.upper - found.adjusted.lower < found.raw.upper - found.raw.lower


def test_hillstrom_verdicts(hillstrom_audit):
    """Both mails beat none; the men's beats the women's on visits; arms were split evenly."""
    for outcome in ("visit", "conversion", "spend"):
        for arm in ("Mens E-Mail", "Womens E-Mail"):
            assert comparison(hillstrom_audit, outcome, arm, "No E-Mail").wording == "beats"
    assert comparison(hillstrom_audit, "visit", "Womens E-Mail", "Mens E-Mail").wording == "is_beaten_by"
    assert hillstrom_audit.checks[0].passed
    assert "heavy_tail:spend" in hillstrom_audit.warnings


def test_hillstrom_roles_are_guessed(hillstrom):
    roles = experiment_roles(hillstrom)
    assert (roles.arm, roles.control) == ("segment", "No E-Mail")
    assert roles.outcomes == ("visit", "conversion", "spend")
    assert set(roles.covariates) == set(CHOSEN)
    assert roles.unused == ("history_segment",)  # it only names ranges of `history`


def test_a_table_without_any_hint_is_read():
    audit = audit_experiment(study(effect=5.0))
    roles = audit.roles
    assert (roles.unit, roles.arm, roles.control, roles.arms) == (
        "customer_id", "variant", "control", ("control", "coupon"),
    )  # fmt: skip
    assert (roles.outcomes, roles.covariates) == (("visited", "spend"), ("past_spend", "channel"))
    assert set(roles.guessed) == {"unit", "arm", "control", "outcomes", "covariates"}
    found = comparison(audit, "spend", "coupon", "control")
    assert found.wording == "beats"
    assert found.needed is None
    assert found.adjusted.lower <= 5.0 <= found.adjusted.upper
    assert found.adjusted.se < 0.7 * found.raw.se
    assert "split_assumed_equal" in audit.warnings


def test_nothing_is_claimed_where_nothing_is():
    """200 null tables with two outcomes at 90 %: any claim in about a tenth of them (Holm), not in a fifth."""
    alarms = 0
    for seed in range(200):
        audit = audit_experiment(study(300, seed=seed))
        alarms += any(c.wording != "not_shown_to_beat" for c in audit.comparisons)
    assert alarms <= 33  # 20 + 3 binomial standard errors of 4.2


def test_what_was_not_decided_is_sized():
    audit = audit_experiment(study(8000, seed=2), worth=0.1)
    found = comparison(audit, "spend", "coupon", "control")
    assert found.wording == "not_shown_to_beat"
    assert found.needed.effect == pytest.approx(0.1 * found.raw.control)
    # 2 (1.645 + .842)^2 sd^2 / effect^2 per arm, sd after adjustment about 15 (the gamma noise)
    assert found.needed.total == pytest.approx(4 * 2.487**2 * 15**2 / found.needed.effect**2, rel=0.1)
    assert found.detectable > 0


def test_losing_units_of_one_arm_is_noticed():
    table = study(4000)
    lost = np.random.default_rng(2).random(4000) < 0.15
    kept = table.filter(pa.array(~(lost & (texts_of(table, "variant") == "coupon"))))
    assert audit_experiment(kept).checks[0].passed is False
    assert audit_experiment(kept, split={"control": 1, "coupon": 0.85}).checks[0].passed is True


def test_a_covariate_that_the_test_changed_is_left_out_or_shouted_about():
    """Past spend read after the test: guessed, it is dropped; named, it stays with a warning."""
    table = study()
    treated = texts_of(table, "variant") == "coupon"
    leaking = table.set_column(1, "past_spend", pa.array(np.asarray(table["past_spend"]) + 15.0 * treated))
    guessed = audit_experiment(leaking)
    assert {"leak:past_spend", "covariates_left_out:past_spend"} <= set(guessed.warnings)
    named = audit_experiment(leaking, covariates=["past_spend"])
    assert "leak:past_spend" in named.warnings
    assert "covariates_left_out:past_spend" not in named.warnings
    assert comparison(guessed, "spend", "coupon", "control").raw == comparison(named, "spend", "coupon", "control").raw


def test_missing_outcomes_are_counted_and_compared():
    table = study(2000)
    spend = np.asarray(table["spend"]).copy()
    spend[(texts_of(table, "variant") == "coupon") & (np.arange(2000) % 3 == 0)] = np.nan
    audit = audit_experiment(table.set_column(5, "spend", pa.array(spend, mask=np.isnan(spend))))
    assert next(c for c in audit.checks if c.code == "attrition").passed is False
    assert sum(a.missing for a in audit.arms if a.outcome == "spend") == np.isnan(spend).sum()


def test_empty_covariates_and_rare_levels_are_encoded():
    table = study(1000)
    before = np.asarray(table["past_spend"]).copy()
    before[::10] = np.nan
    towns = [f"town{i % 50}" if i % 7 else None for i in range(1000)]
    table = table.set_column(1, "past_spend", pa.array(before, mask=np.isnan(before))).append_column(
        "town", pa.array(towns)
    )
    audit = audit_experiment(table, covariates=["past_spend", "town"])
    assert comparison(audit, "spend", "coupon", "control").adjusted is not None


def test_winsorised_and_bootstrapped_means_stand_beside_a_heavy_tail():
    table = study(2000)
    spend = np.asarray(table["spend"]).copy()
    spend[:3] = 1e5
    audit = audit_experiment(table.set_column(5, "spend", pa.array(spend)))
    found = comparison(audit, "spend", "coupon", "control")
    assert found.winsorised.changed == 20  # the top 1 % of 2,000
    assert found.winsorised.difference.se < 0.1 * found.raw.se
    assert found.bootstrap is not None
    assert comparison(audit, "visited", "coupon", "control").winsorised is None


def test_the_audit_is_plain_json():
    plain = audit_experiment(study(300)).to_dict()
    again = json.loads(json.dumps(plain, allow_nan=False))
    assert again["roles"]["control"] == "control"
    assert again["comparisons"][0]["raw"]["level"] == 0.9


def test_the_same_table_gives_the_same_audit():
    assert audit_experiment(study(500)).to_dict() == audit_experiment(study(500)).to_dict()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"arm": "varriant"}, "did you mean 'variant'"), ({"control": "none"}, "the arms are: control, coupon"),
     ({"outcomes": ["profit"]}, "no column 'profit'"), ({"arm": "spend"}, "different values")],
)  # fmt: skip
def test_wrong_names_are_explained(options, message):
    with pytest.raises(ConfigError, match=message):
        audit_experiment(study(100), **options)


def test_roles_that_cannot_be_guessed_are_asked_for():
    table = pa.table({"x": ["p", "q"] * 5, "z": range(10)})
    with pytest.raises(ConfigError, match="arm="):
        experiment_roles(table)
    with pytest.raises(ConfigError, match="control="):
        experiment_roles(table, arm="x")
    with pytest.raises(ConfigError, match="outcomes="):
        experiment_roles(table, arm="x", control="p")


def test_repeated_units_text_outcomes_and_empty_arms_are_refused():
    table = study(100)
    twice = pa.concat_tables([table, table.slice(0, 1)])
    with pytest.raises(DataError, match="'c0' is there 2 times"):
        audit_experiment(twice)
    with pytest.raises(DataError, match="must hold numbers"):
        audit_experiment(table, outcomes=["channel"])
    lonely = table.slice(0, 3).set_column(3, "variant", pa.array(["control", "control", "coupon"]))
    with pytest.raises(DataError, match="fewer than two"):
        audit_experiment(lonely)


def test_tables_are_read_from_csv_gzip_tabs_and_parquet(tmp_path):
    from pyarrow import csv, parquet

    table = study(50)
    csv.write_csv(table, tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_text()
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "a.tsv").write_text(text.replace(",", "\t"))
    parquet.write_table(table, tmp_path / "a.parquet")
    for name in ("a.csv", "a.csv.gz", "a.tsv", "a.parquet"):
        assert read_table(tmp_path / name).column_names == table.column_names


@pytest.mark.parametrize(
    ("name", "text"), [("a.csv", ""), ("b.csv", "x,y\n"), ("c.csv", "x,y\n1,2,3\n"), ("d.parquet", "x")]
)
def test_unreadable_files_are_named(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(SourceError, match=name):
        read_table(path)
    with pytest.raises(SourceError, match="is not a file"):
        read_table(tmp_path)
