"""The HTML report: one file that loads nothing, valid, readable without eyes, in both languages, never half written."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from netlift.report.canvas import DARK, LIGHT
from netlift.report.html import POLICY, html, write_html
from tests.report.examples import ALL, english, many

VOID = {"meta", "input", "br", "hr", "img", "link", "rect", "path"}


class Reader(HTMLParser):
    """Collects what the tests ask for, and fails on tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Each example written once."""
    return {name: html(make()) for name, make in ALL.items()}


@pytest.mark.parametrize("example", list(ALL))
def test_tags_match_and_ids_are_unique(pages: dict[str, str], example: str) -> None:
    reader = Reader(pages[example])
    ids = Counter(attrs["id"] for _, attrs in reader.tags if "id" in attrs)
    assert [name for name, times in ids.items() if times > 1] == []
    links = [str(attrs["href"]) for attrs in reader.all("a")]
    assert [link for link in links if not link.startswith("#") or link[1:] not in ids] == []
    assert {attrs["for"] for attrs in reader.all("label")} <= set(ids)


@pytest.mark.parametrize("example", list(ALL))
def test_nothing_is_loaded_from_anywhere(pages: dict[str, str], example: str) -> None:
    """No address but the name space of SVG, and a policy that would forbid it."""
    text = pages[example]
    assert set(re.findall(r"[a-z]+://[^\s\"')<]+", text)) <= {"http://www.w3.org/2000/svg"}
    reader = Reader(text)
    assert not [attrs for _, attrs in reader.tags if "src" in attrs or "srcset" in attrs]
    assert not reader.all("link")
    assert {"http-equiv": "Content-Security-Policy", "content": POLICY} in reader.all("meta")
    assert "@import" not in text
    assert "url(" not in text


def test_every_figure_has_a_text_and_its_numbers(pages: dict[str, str]) -> None:
    """An SVG is named, and beside each pair of figures stands a table with the same numbers."""
    reader = Reader(pages["english"])
    figures = reader.all("svg")
    assert figures
    assert all(attrs.get("role") == "img" and attrs.get("aria-label") for attrs in figures)
    # per language: the forest (two widths, numbers in the main table) and two figures for each of six with a waterfall
    assert len(figures) == 2 * (2 + 2 * 6)
    assert pages["english"].count("The numbers of this figure") == 2 * 6


def test_both_languages_are_in_the_file(pages: dict[str, str]) -> None:
    text = pages["chinese"]
    assert "Shown to have lost money" in text
    assert "证实亏了钱" in text
    assert text.count("双11 全场满300减50") > 4


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_language_asked_for_is_shown_first(lang: str) -> None:
    """It is the first page, the checked switch and the document's language."""
    text = html(ALL["undecided"](), lang)
    reader = Reader(text)
    assert reader.all("html")[0]["lang"] == lang
    assert [attrs["value"] for attrs in reader.all("input") if "checked" in attrs] == [lang]
    pages_in_order = [attrs["lang"] for attrs in reader.all("div") if attrs.get("class") == "page"]
    assert pages_in_order[0] == lang
    assert set(pages_in_order) == {"en", "zh-CN"}


def test_the_three_sentences_stand_on_top(pages: dict[str, str]) -> None:
    words = Reader(pages["english"]).words
    first = words.index("You gave away 109,635 EUR")
    assert first < words.index("2 of 8 promotions are shown") < words.index("What to do next") < words.index("−9,200")


def test_each_promotion_tells_comparison_checks_claims_and_test(pages: dict[str, str]) -> None:
    words = Reader(pages["english"]).words
    for said in (
        "against 31,020 customers who were not",
        "All 5 checks passed.",
        "1 of 3 checks failed: enough stock.",
        "There was not: sold-out products hide demand",
        "It could not be run on these data.",
        "all revenue of orders that used it",
        "+189,720",
        "2,400 customers with it and as many without",
        "It breaks even at a gross margin of 47%; 38% was used.",
        "Could not be judged: always on offer.",
        "Only limits can be given",
        "41 more were left out",
        "+0.42 (90% interval −0.13 to +0.97) per customer",
        "−0.11 (90% interval −0.31 to +0.09) per 1 EUR spent",
    ):
        assert said in words, said


def test_the_waterfall_s_numbers_are_exact(pages: dict[str, str]) -> None:
    """The table below a figure shows every cent, so that a reader can add it up."""
    words = Reader(pages["english"]).words
    assert "+61,200.00" in words
    assert "−9,150.00" in words


def test_receipts_say_what_was_refused_and_why(pages: dict[str, str]) -> None:
    words = Reader(pages["english"]).words
    for said in (
        "orders_export.csv",
        "41,210",
        "288",
        "cancelled",
        "201",
        "no cost of goods",
        "Discount Code",
        "31.0%",
    ):
        assert said in words, said


def test_names_cannot_break_out() -> None:
    """A promotion's name is somebody else's text."""
    evil = "<script>alert('x')</script>\" onclick=\"x"
    audit = english()
    findings = (replace(audit.findings[0], name=evil), *audit.findings[1:])
    text = html(replace(audit, shop=evil, findings=findings))
    reader = Reader(text)
    assert len(reader.all("script")) == 1
    assert not [attrs for _, attrs in reader.tags if "onclick" in attrs]
    assert "alert('x')" in reader.words


def test_thirty_promotions_stay_small() -> None:
    """A mail takes it: under 1.5 MB."""
    assert len(html(many()).encode()) < 1_500_000


def test_a_forest_that_is_cut_says_so() -> None:
    assert "Here are 25 of 30: those with advice" in html(many())


def test_the_same_audit_gives_the_same_file() -> None:
    """No clock and no chance in it."""
    assert html(english()) == html(english())


def test_an_existing_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure while writing leaves the old report and no temporary file."""
    path = tmp_path / "audit.html"
    assert write_html(ALL["empty"](), path) == path
    old = path.read_text("utf-8")
    assert old.startswith("<!doctype html>")

    def fails(self: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError, match="disk full"):
        write_html(english(), path)
    assert path.read_text("utf-8") == old
    assert [file.name for file in tmp_path.iterdir()] == ["audit.html"]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_html(ALL["empty"](), tmp_path / "nowhere" / "audit.html")


def test_dark_and_light_name_the_same_colours() -> None:
    assert LIGHT.keys() == DARK.keys()
