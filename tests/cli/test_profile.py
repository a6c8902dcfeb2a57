"""`netlift profile` as somebody at a terminal meets it."""

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.profiles.feature_shops import by_hand
from typer.testing import CliRunner, Result

from netlift.cli import app
from netlift.cli._outlook import SAID as OUTLOOK
from netlift.cli._profiling import SAID
from netlift.data.workspace import Settings, Workspace
from netlift.errors import ConfigError, DataError
from netlift.profiles.features.lifecycle import STAGES
from netlift.profiles.overview import FIGURES


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    """The shop by hand, in a place whose clock is ten hours ahead of UTC."""
    made = Workspace.create(tmp_path / "shop", Settings(name="shop", currency="EUR", timezone="Australia/Brisbane"))
    for name, whole in by_hand().items():
        made.write(name, whole, "made")
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["profile", *arguments])


def test_profiles_and_interests_are_kept_and_summed_up(shop: Workspace) -> None:
    """The last order was on 31 May UTC, which is 1 June in Brisbane: everything before 2 June there is read."""
    done = run(str(shop.path), "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["as_of"] == "2024-06-01T14:00:00+00:00"
    assert said["customers"] == 4
    assert {stage: n for stage, n in said["lifecycle"].items() if n} == {"prospect": 2, "active": 1, "lost": 1}
    assert said["figures"]["orders_365"]["known"] == 4
    profiles, interests = shop.kept("profiles"), shop.kept("interests")
    assert profiles["customer_id"].to_pylist() == ["ann", "bob", "cat", "eve"]
    assert interests["category"].to_pylist() == ["A", "D", "A"]
    assert [pq.read_metadata(file).num_rows for file in said["files"]] == [4, 3, 4]
    assert "at least 50" in said["segments"]["absent"]
    assert "at least" in said["churn"]["absent"] or "needs" in said["churn"]["absent"]
    assert shop.kept("outlook")["customer_id"].to_pylist() == ["ann", "bob", "cat", "eve"]


def test_a_day_is_read_in_the_shop_s_time_zone_and_only_what_was_before(shop: Workspace) -> None:
    """Ann's second order, 12 May 19:00 UTC, is on 13 May in Brisbane: not read as of that day."""
    said = json.loads(run(str(shop.path), "--as-of", "2024-05-13", "--json").stdout)
    assert said["as_of"] == "2024-05-12T14:00:00+00:00"
    assert shop.kept("profiles")["orders"].to_pylist() == [1, 1, 0, 0]


def test_the_tables_speak_both_languages(shop: Workspace) -> None:
    """Run twice, once a language, the files are the same; Ann's 37.00 make the 0.9 quantile of four 25.90."""
    files = [shop.derived_file(name) for name in ("profiles", "interests")]
    kept = []
    for lang, tag in (("en", "en"), ("zh", "zh-CN")):
        done = run(str(shop.path), "--lang", lang)
        assert done.exit_code == 0, done.output
        kept.append([file.read_bytes() for file in files])
        shown = re.sub(r"\s+", "", done.stdout)
        for code in ("stage", "median", "category", "prospect", "lost", "spend_365_minor"):
            assert SAID[tag][code].replace(" ", "") in shown
        for text in ("2024-06-02", "25.90", str(files[0].resolve())):
            assert text in shown
    assert kept[0] == kept[1]


def test_every_stage_and_figure_has_words_in_both_languages() -> None:
    assert set(SAID["en"]) == set(SAID["zh-CN"])
    assert {*STAGES, *FIGURES} <= set(SAID["en"])
    for text in SAID["zh-CN"].values():
        assert re.search(r"[\u4e00-\u9fff]", text)


def test_the_outlook_has_words_in_both_languages() -> None:
    assert set(OUTLOOK["en"]) == set(OUTLOOK["zh-CN"])
    for text in OUTLOOK["zh-CN"].values():
        assert re.search(r"[\u4e00-\u9fff]", text)


def test_what_cannot_be_profiled_is_refused(shop: Workspace, tmp_path: Path) -> None:
    Workspace.create(tmp_path / "bare")
    empty = Workspace.create(tmp_path / "goods only")
    empty.write("products", by_hand()["products"], "made")
    for arguments, kind, text in (
        ([str(tmp_path / "nowhere")], ConfigError, "is not a workspace"),
        ([str(tmp_path / "bare")], DataError, "holds neither orders nor events"),
        ([str(tmp_path / "goods only")], DataError, "holds neither orders nor events"),
        ([str(tmp_path / "bare"), "--as-of", "2024-01-01"], DataError, "no table to make profiles from"),
        ([str(shop.path), "--as-of", "1999-01-01"], DataError, "nobody was known before 1999-01-01"),
        ([str(shop.path), "--engine", "abacus"], ConfigError, "unknown Engine 'abacus'"),
        ([str(shop.path), "--lang", "fr"], ConfigError, "no words in the language 'fr'"),
    ):
        done = run(*arguments)
        assert isinstance(done.exception, kind), arguments
        assert text in str(done.exception)
    assert not shop.derived_file("profiles").exists()


def test_a_day_that_is_none_is_a_usage_error(shop: Workspace) -> None:
    assert run(str(shop.path), "--as-of", "yesterday").exit_code == 2


def test_a_shop_without_currency_or_interests_is_shown_too(tmp_path: Path) -> None:
    bare = Workspace.create(tmp_path / "shop")
    bare.write("orders", by_hand()["orders"], "made")
    done = run(str(bare.path))
    assert done.exit_code == 0, done.output
    assert bare.kept("interests").num_rows == 0
