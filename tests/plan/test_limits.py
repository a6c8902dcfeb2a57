"""Limits are read exactly, and a wrong one is named with its line and the nearest right one."""

import json
from pathlib import Path

import pytest

from netlift.errors import ConfigError
from netlift.plan.limits import Between, Limits, Share, parse_limits, read_limits, to_json

FILE = """
budget_minor = 500_000
contacts = 2
roi = 0.5
goals = ["win_back"]

[channels]
email = 20_000

[offers."coupon-1"]
most = 500

[[share]]
of = "lapsed"
least = 0.2
"""


def test_a_file_says_what_it_says(tmp_path: Path) -> None:
    """Every kind of entry once."""
    file = tmp_path / "limits.toml"
    file.write_text(FILE, "utf-8")
    found = read_limits(file)
    assert found == Limits(
        budget_minor=500_000, contacts=2, roi=0.5, goals=("win_back",), channels={"email": 20_000},
        offers={"coupon-1": Between(0, 500)}, share=(Share("lapsed", 0.2),),
    )  # fmt: skip


def test_limits_survive_json() -> None:
    """Through text and back, for every field."""
    limits = Limits(
        budget_minor=1, liability_minor=2, contacts=3, loss_minor=4, roi=0.5, churn=0.2, most_offers=2,
        goals=("win_back",), global_hold_out=0.02, hold_out=0.1, explore=0.0, channels={"sms": 3.5}, stock={"A": 2},
        offers={"o": Between(1, 5), "p": Between(2)}, share=(Share("x", 0.5),),
    )  # fmt: skip
    assert parse_limits(json.loads(json.dumps(to_json(limits)))) == limits


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("budjet_minor = 5", r"line 3: unknown limit 'budjet_minor'; did you mean 'budget_minor'"),
        ("budget_minor = 5.5", r"line 3: 'budget_minor' is a whole number of minor units \(cents\) of at least 0"),
        ("budget_minor = true", "whole number"),
        ("contacts = 0", "at least 1"),
        (f"budget_minor = 1{'0' * 30}", "below 1e15"),
        (f"contacts = 1{'0' * 30}", "below 1e15"),
        (f'[offers."a"]\nmost = 1{"0" * 30}', "whole numbers of customers, below 1e15"),
        ("churn = 1.5", "share from 0 to 1"),
        ("roi = nan", "'roi' is what a coin spent earns"),
        ('goals = ["winback"]', "did you mean 'win_back'"),
        ("goals = 3", "list of texts"),
        ("[channels]\nemail = -1", "line 4: 'email' in 'channels'"),
        ("channels = 3", "table of names and numbers"),
        ('[offers."a"]\nmosst = 3', "line 4: unknown field 'mosst' of the offer 'a'; did you mean 'most'"),
        ('[offers."a"]\nmost = 3\nleast = 4', "at least 4 and at most 3"),
        ('[[share]]\nof = "x"', "share 1 has no 'least'"),
        ('[[share]]\nof = "x"\nleast = 0', "above 0"),
        ("[[share]]\nof = 3\nleast = 0.5", "name of an audience"),
    ],
)
def test_a_wrong_limit_is_named(tmp_path: Path, line: str, says: str) -> None:
    """What is wrong, where, and what would be right."""
    file = tmp_path / "limits.toml"
    file.write_text("# a comment\n\n" + line + "\n", "utf-8")
    with pytest.raises(ConfigError, match=says):
        read_limits(file)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """Missing, or not TOML."""
    with pytest.raises(ConfigError, match="cannot be opened"):
        read_limits(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("budget_minor = ", "utf-8")
    with pytest.raises(ConfigError, match="not TOML"):
        read_limits(tmp_path / "bad.toml")
    for text in ("goals = " + "[" * 50_000, "budget_minor = " + "1" * 5000):
        (tmp_path / "bad.toml").write_text(text, "utf-8")
        with pytest.raises(ConfigError, match="not TOML"):
            read_limits(tmp_path / "bad.toml")
