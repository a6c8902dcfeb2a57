"""Reports of a plain experiment and of a plain panel: what is shown, what is not, by how much and how sure."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console, RenderableType

from netlift.evaluation.experiment_table import ExperimentAudit, audit_experiment
from netlift.evaluation.panel_table import PanelAudit, audit_panel
from netlift.report.experiment import experiment_headline, experiment_table, write_experiment_html
from netlift.report.panel import panel_headline, panel_table, write_panel_html
from netlift.report.plain import Scaled, plain_amounts, warnings
from tests.report.test_html import Reader

EN = plain_amounts("en")


@pytest.fixture(scope="module")
def experiment() -> ExperimentAudit:
    """6,000 customers in three arms; "mail" doubles the chance of a visit from .10, "card" does nothing."""
    rng = np.random.default_rng(5)
    arm = np.repeat(["none", "mail", "card"], 2000)
    visit = rng.random(6000) < np.where(arm == "mail", 0.2, 0.1)
    spend = np.where(visit, rng.gamma(4.0, 5.0, 6000), 0.0)
    return audit_experiment(
        pa.table({"arm": arm, "visit": visit.astype(int), "spend": spend}), arm="arm", control="none",
        outcomes=["visit", "spend"], covariates=[], level=0.9,
    )  # fmt: skip


@pytest.fixture(scope="module")
def panel() -> PanelAudit:
    """30 shops over 40 weeks; five sell 30 more from week 30 on, of about 200."""
    rng = np.random.default_rng(2)
    shop, week = (grid.ravel() for grid in np.meshgrid(np.arange(30), np.arange(40), indexing="ij"))
    treated = ((shop < 5) & (week >= 30)).astype(int)
    sales = 200.0 + 5 * shop + rng.normal(0, 6, len(shop)) + 30 * treated
    table = pa.table({"store": [f"s{i:02d}" for i in shop], "week": week, "treated": treated, "sales": sales})
    return audit_panel(table)


def drawn(table: RenderableType, width: int) -> str:
    console = Console(width=width, force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_the_headline_says_what_beats_what(experiment: ExperimentAudit) -> None:
    said = experiment_headline(experiment)
    assert "“mail” against “none”: beats it on visit and spend." in said
    assert "“card” against “none”: not shown to beat it on visit and spend." in said
    assert said[-1].startswith("To show a difference of 5% in visit for “card”, ")


def test_the_headline_in_chinese(experiment: ExperimentAudit) -> None:
    said = experiment_headline(experiment, "zh-CN")
    assert "「mail」与「none」相比：在 visit和spend 上胜出。" in said
    assert "「card」与「none」相比：在 visit和spend 上未能证实胜出。" in said


def test_the_terminal_table_has_a_row_per_comparison(experiment: ExperimentAudit) -> None:
    """Rates in percent, differences in points, the interval's level in the heading, the corrected p beside."""
    text = drawn(experiment_table(experiment), 100)
    assert text.count(" vs ") == 6
    assert text.count("▲ beats it") + text.count("▼ is beaten") + text.count("○ not shown") == 6
    assert "90% interval" in text
    assert "points" in text
    assert "p < 0.001" in text
    mail = next(arm for arm in experiment.arms if (arm.arm, arm.outcome) == ("mail", "visit"))
    assert f"{100 * mail.mean:.1f}%" in text
    assert "Relative" not in drawn(experiment_table(experiment), 80)


def test_the_experiment_s_page_is_whole(experiment: ExperimentAudit, tmp_path: Path) -> None:
    """Both languages, counts beside rates, other methods beside ours, warnings in words, nothing loaded."""
    path = write_experiment_html(experiment, tmp_path / "x.html", "zh", "orders <1>.csv")
    text = path.read_text("utf-8")
    reader = Reader(text)
    assert reader.all("html")[0]["lang"] == "zh-CN"
    arm = next(arm for arm in experiment.arms if (arm.arm, arm.outcome) == ("mail", "visit"))
    for said in ("orders <1>.csv", f"{round(arm.mean * arm.n)} of 2,000", "extremes capped: ", "No planned shares",
                 "Nothing was known before the start", "Do the group sizes fit"):  # fmt: skip
        assert said in reader.words, said
    assert len(reader.all("svg")) == 2 * 2 * 2  # languages, outcomes, widths
    assert not [attrs for _, attrs in reader.tags if "src" in attrs]


def test_the_panel_says_how_much_came_extra(panel: PanelAudit) -> None:
    """50 treated cells, 30 each: 1,500 in all."""
    effect = panel.effects[0]
    assert effect.total.lower < 1500 < effect.total.upper
    first, second = panel_headline(panel)
    assert first.startswith("sales: shown to be more, +1,")
    assert "interval" in first
    assert "would have come without it (+1" in first
    assert second.startswith("sales: How sure: ")


def test_the_panel_s_table_and_page(panel: PanelAudit, tmp_path: Path) -> None:
    text = drawn(panel_table(panel), 80)
    assert "▲ more" in text
    assert "Without it" in text
    reader = Reader(write_panel_html(panel, tmp_path / "p.html", title="weeks.csv").read_text("utf-8"))
    for said in ("weeks.csv", "50 cells with the promotion", "Did both groups move in step before the start?"):
        assert said in reader.words, said


def test_a_panel_that_fails_its_placebo_shows_nothing(panel: PanelAudit) -> None:
    """An effect that is also found where there is none is not called shown."""
    from dataclasses import replace

    effect = panel.effects[0]
    failed = tuple(replace(check, passed=False) if check.code == "placebo_units" else check for check in effect.checks)
    doubted = replace(panel, effects=(replace(effect, checks=failed),))
    assert panel_headline(doubted)[0].startswith("sales: not shown, because a check failed; +1,")
    assert "○ not shown" in drawn(panel_table(doubted), 80)


def test_shares_are_told_in_points_and_means_as_they_are() -> None:
    """A rate of .12 against .10 is 2 points, 20 % of its base."""
    shares, means = Scaled(EN, share=True), Scaled(EN, share=False)
    assert shares.change(0.02, 0.008, 0.032, 0.9) == ("+2.0 points", "90% interval +0.8 to +3.2")
    assert shares.base(0.1, 0.008, 0.032) == "10.0%"
    assert means.change(0.02, 0.008, 0.032, 0.9) == ("+0.020", "90% interval +0.008 to +0.032")
    assert means.relative(0.2, 0.08, 0.32, 0.9) == ("+20%", "90% interval +8% to +32%")


def test_a_relative_change_of_nothing_is_left_out() -> None:
    assert Scaled(EN, share=False).relative(float("nan"), 0.0, 1.0, 0.9) == ("", "")


def test_warnings_are_in_words() -> None:
    assert warnings(["leak:past_spend", "new_moon"], EN) == (
        "past_spend was probably measured after the start, though it should have been known before.",
        "new moon",
    )
