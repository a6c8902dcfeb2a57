"""House rule: what is not documented does not exist, and what is documented is still there."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from docs import build

from netlift.data.source import SOURCES
from netlift.engines import ENGINES
from netlift.errors import NetliftError, Reason
from netlift.export.format import FORMATS
from netlift.pipeline import LINE
from netlift.plan.limits import Limits
from netlift.schema import TABLES
from netlift.types import Grade, Verdict

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def pages(repository: Path) -> list[Path]:
    return sorted([*repository.glob("*.md"), *(repository / "docs").rglob("*.md")])


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get on GitHub."""
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(page)))
    return {word.strip().replace(" ", "-") for word in words}


def broken_links(page: Path, repository: Path) -> Iterator[str]:
    """Relative links of a page that lead nowhere, or out of the repository."""
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        if not path.is_relative_to(repository.resolve()) or not path.exists():
            yield f"{page.relative_to(repository)}: {target}"
        elif anchor and anchor not in anchors(path):
            yield f"{page.relative_to(repository)}: no heading for #{anchor} in {path.name}"


def test_relative_links_lead_somewhere(repository: Path) -> None:
    assert [link for page in pages(repository) for link in broken_links(page, repository)] == []


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A title\n[a](#a-title) [b](nowhere.md) [c](page.md#no-title) [d](https://example.org)\n```\n[e](x)\n```\n"
    )
    assert list(broken_links(page, tmp_path)) == ["page.md: nowhere.md", "page.md: no heading for #no-title in page.md"]


@pytest.mark.parametrize("name", build.PAGES)
def test_generated_pages_say_what_the_program_says_now(name: str) -> None:
    """`./run docs` writes them again."""
    assert (build.REFERENCE / name).read_text(encoding="utf-8") == build.PAGES[name]()


def test_figures_of_benchmarks_are_those_that_were_kept(repository: Path) -> None:
    """`./run docs` puts them there; nobody types a figure into the README."""
    for page in repository.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert build.with_figures(text) == text, page.name


def test_a_benchmark_fills_its_block_and_only_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "RESULTS", tmp_path)
    page = "a\n<!-- bench:bench_start -->\nold\n<!-- /bench -->\nb\n"
    assert build.with_figures(page) == page  # nothing was measured yet
    kept = {"result": {"starts": 3, "cpu_seconds": {"empty Python": {"median": 0.0123456, "limit": None}}}}
    (tmp_path / "bench_start.json").write_text(json.dumps(kept))
    assert build.with_figures(page) == (
        "a\n<!-- bench:bench_start -->\n|  | median | limit |\n| --- | --- | --- |\n| empty Python | 0.0123 |  |\n"
        "<!-- /bench -->\nb\n"
    )


def test_check_fails_on_a_page_that_is_out_of_date_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "REFERENCE", tmp_path / "reference")
    assert build.main(["--check"]) == 1
    assert "reference/cli.md is out of date" in capsys.readouterr().out
    assert not (tmp_path / "reference").exists()
    assert build.main(["--pages"]) == 0
    assert build.main(["--check"]) == 0


def test_every_command_and_option_is_in_the_command_line_reference() -> None:
    """Counted apart from the generator, from what the program itself prints as help."""
    from typer.testing import CliRunner

    from netlift.cli import app

    page = build.cli()
    commands = [command.name for command in app.registered_commands]
    for name in commands:
        assert f"## netlift {name}\n" in page
        printed = CliRunner().invoke(app, [str(name), "--help"]).output
        section = page.partition(f"## netlift {name}\n")[2].partition("\n## ")[0]
        for option in set(re.findall(r"--[a-z][a-z-]*", printed)) - {"--help"}:
            assert option in section, f"netlift {name} {option}"


def test_every_format_is_in_the_formats_reference() -> None:
    page = build.formats()
    for kind, source in SOURCES.items():
        assert f"| `{kind}` | {source.title} |" in page


def test_every_format_says_what_it_is() -> None:
    assert [kind for kind, source in SOURCES.items() if not build._opening(source)] == []


def test_every_column_is_in_the_table_reference() -> None:
    page = build.tables()
    for name, schema in TABLES.items():
        section = page.partition(f"## {name}\n")[2].partition("\n## ")[0]
        for column in schema.names:
            assert f"| `{column}` |" in section, f"{name}.{column}"


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    from netlift.report.words import LANGS, words

    for lang in LANGS:
        assert [reason for reason in Reason if not words(lang).text("reason", reason)] == []
    page = build.reasons()
    assert [reason for reason in Reason if f"| `{reason}` |" not in page] == []


def test_every_engine_is_mentioned_in_the_docs(repository: Path) -> None:
    text = "".join(prose(page) for page in pages(repository)).lower()
    assert [kind for kind in ENGINES if kind not in text] == []


def test_the_error_tree_is_drawn_in_full() -> None:
    """The picture at the top of errors.py names every error."""
    import netlift.errors

    names = [
        name
        for name, value in vars(netlift.errors).items()
        if isinstance(value, type) and issubclass(value, NetliftError)
    ]
    assert [name for name in names if name not in (netlift.errors.__doc__ or "")] == []


def test_decision_records_are_short_and_numbered(repository: Path) -> None:
    """`docs/adr/NNNN-title.md`, no gaps, at most 30 lines: decision, reason, cost of the alternative."""
    records = sorted((repository / "docs" / "adr").glob("[0-9]*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert text.count("\n") <= 30, record.name
        assert text.startswith(f"# {record.name[:4]} "), record.name
        assert [part for part in ("**Decision.**", "**Reason.**", "**Alternative.**") if part not in text] == [], (
            record.name
        )


TERM = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def test_the_glossary_defines_each_term_once_in_both_languages(repository: Path) -> None:
    """One sentence each, with its Chinese name; `流失` names both churn and attrition, as the field does."""
    rows = [row for row in TERM.findall((repository / "CONTEXT.md").read_text(encoding="utf-8")) if row[0] != "term"]
    terms = [term for term, _, _ in rows]
    assert len(terms) > 150
    assert [term for term in set(terms) if terms.count(term) > 1] == []
    assert [term for term, _, meaning in rows if not meaning.endswith(".") or meaning[0] != meaning[0].upper()] == []
    untranslated = {term for term, chinese, _ in rows if not re.search(r"[\u4e00-\u9fff]", chinese)}
    assert untranslated == {"RFM"}  # said in English by Chinese merchants too


def test_the_glossary_knows_every_grade_verdict_and_step_of_the_line(repository: Path) -> None:
    terms = {term for term, _, _ in TERM.findall((repository / "CONTEXT.md").read_text(encoding="utf-8"))}
    line = {{"events": "event", "profiles": "profile", "candidates": "candidate"}.get(word, word) for word in LINE}
    assert {*Grade, *Verdict, *line} - terms == set()


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("line/7-decision.md", list(FORMATS)),
        ("reference/limits.md", [field.name for field in fields(Limits)]),
    ],
)
def test_what_can_be_named_is_named_in_its_chapter(repository: Path, page: str, names: list[str]) -> None:
    """Export formats and limits: what is added there has to be told of here."""
    text = (repository / "docs" / page).read_text(encoding="utf-8")
    assert [name for name in names if not re.search(rf"[`\[\n]{name}\b", text)] == []
