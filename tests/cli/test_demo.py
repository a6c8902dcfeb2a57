"""What the demo says at its end, and that with --json it says one document."""

import json
from pathlib import Path

import pytest
from tests.report import examples, examples_plan

from netlift.cli import demo
from netlift.cli._auditing import Output
from netlift.cli._planning import show
from netlift.data.workspace import Settings, Workspace
from netlift.plan.make import Made


def shop(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "shop", Settings(name="Tiny", currency="USD"))


def test_json_is_one_document(tmp_path: Path) -> None:
    """The audit and the plans; without plans the audit alone. The reports are written all the same."""
    workspace = shop(tmp_path)
    told = json.loads(demo._json(examples.english(), examples_plan.made(), workspace, Output(json=True)))
    assert set(told) == {"audit", "plans"}
    assert Path(told["plans"]["report"]).is_file()
    assert (workspace.path / "reports" / "audit.html").is_file()
    alone = json.loads(demo._json(examples.english(), None, workspace, Output(json=True)))
    assert alone == {"audit": told["audit"]}


@pytest.mark.parametrize(
    ("lang", "real"), [("en", "Make it real: netlift export"), ("zh-CN", "付诸实施：netlift export")]
)
def test_three_sentences_at_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, real: str) -> None:
    """What the past earned, what to do next, and the command that makes it real."""
    said = end_of(examples_plan.made(), tmp_path, capsys, lang)
    assert [line[:2] for line in said.splitlines() if line[:2] in {"1.", "2.", "3."}] == ["1.", "2.", "3."]
    assert real in said


def test_where_no_plan_is_advised_the_audit_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = " ".join(end_of(examples_plan.only_nothing(), tmp_path, capsys, "en").split())
    assert "2. No plan is expected to earn more than doing nothing." in said
    assert "What to do next" in said
    assert "3." not in said


def end_of(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str) -> str:
    written = show(made, shop(tmp_path), lang)
    capsys.readouterr()
    demo._conclude(examples.english(), made, written, lang)
    return capsys.readouterr().out
