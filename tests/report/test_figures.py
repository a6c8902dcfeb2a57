"""Figures: laid out once, lettered twice, readable in grey, true to their numbers."""

import math
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from netlift.errors import ConfigError
from netlift.report.amounts import Amounts, amounts
from netlift.report.bars import decomposition, waterfall
from netlift.report.canvas import DARK, LIGHT, Canvas, Drawing, clipped, same, width
from netlift.report.figures import Scale
from netlift.report.forest import forest, sides
from netlift.report.picture import picture_svg, write_pictures
from netlift.report.words import LANGS
from netlift.types import Effect, Grade
from tests.report.examples import SKETCHES, bound, chinese, empty, english, finding, yen

SVG = "{http://www.w3.org/2000/svg}"


def writers() -> dict[str, Amounts]:
    return {lang: amounts(english(), lang) for lang in LANGS}


def texts(drawing: Drawing | None, lang: str = "en") -> list[str]:
    assert drawing is not None
    root = ET.fromstring(drawing.svg(lang))  # noqa: S314 - our own output
    return [str(node.text) for node in root.iter(f"{SVG}text")]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("role", ["ink", "soft", "keep", "shrink", "stop", "test"])
def test_text_stands_out(palette: dict[str, str], role: str) -> None:
    """WCAG AA asks 4.5:1 of text."""
    assert contrast(palette[role], palette["paper"]) >= 4.5


def test_roles_have_colours_of_their_own() -> None:
    """A page turns literal colours back into roles, so no two may share one."""
    assert len(set(LIGHT.values())) == len(LIGHT)


def test_both_languages_share_one_layout() -> None:
    """Only the words differ between the languages of a drawing."""
    drawing = forest(chinese(), writers())
    assert drawing is not None
    blank = [re.sub(r">[^<]*</text>", "></text>", drawing.svg(lang)) for lang in LANGS]
    assert blank[0] == blank[1]
    assert "▼ Stop" in texts(drawing, "en")
    assert "▼ 停掉" in texts(drawing, "zh-CN")


def test_a_page_s_drawing_uses_variables_and_a_file_s_does_not() -> None:
    drawing = forest(english(), writers())
    assert drawing is not None
    inside, alone = drawing.svg("en", page=True), drawing.svg("en")
    assert "var(--stop)" in inside
    assert re.search(r"#[0-9a-f]{6}", inside) is None
    assert "var(" not in alone
    assert " id=" not in inside


def test_the_forest_has_a_mark_for_each_estimate_and_a_word_for_each_verdict() -> None:
    """Never by colour alone: each verdict has its shape and its word; a limit has a dotted line without a mark."""
    words = texts(forest(english(), writers()))
    for said in ("▼ Stop", "▲ Keep", "◆ Shrink", "○ Test", "always on offer", "−8,200 to +4,600", "EUR, 90% interval"):
        assert said in words, said
    drawing = forest(replace(english(), findings=(bound(SKETCHES[5]),)), writers())
    assert drawing is not None
    assert "stroke-dasharray" in drawing.code
    assert "stroke-width: 1.6" not in drawing.code  # only marks are outlined at 1.6


def test_a_short_forest_keeps_what_the_audit_advises_on() -> None:
    """Three rows of eight: of the five with advice the three with most money at stake, in their order."""
    words = texts(forest(english(), writers(), most=3))
    assert [word for word in words if word[0] in "▲◆▼○"] == ["▼ Stop", "▲ Keep", "▲ Keep"]
    assert "Spring newsletter 15% & free gift" not in words
    assert "Tea weeks: 3 for 2" in texts(forest(english(), writers(), most=8))


def test_names_are_escaped_in_figures() -> None:
    audit = replace(english(), findings=(replace(english().findings[0], name='<b>&"x'),))
    assert '<b>&"x' in texts(forest(audit, writers()))


@pytest.mark.parametrize("wide", [860, 360])
def test_everything_is_drawn_inside_the_sheet(wide: int) -> None:
    """An interval far longer than the others ends in an arrow at the edge, not outside."""
    huge = Effect(0, -1e12, 1e12, 0.9, 6e11, 9, 9, "x", Grade.OBSERVATIONAL)
    listed = [replace(finding(SKETCHES[i % 5]), promotion_id=str(i)) for i in range(12)]
    drawing = forest(replace(english(), findings=(replace(listed[0], net_lift=huge), *listed)), writers(), wide=wide)
    assert drawing is not None
    across = [float(x) for x in re.findall(r"[ML] (-?[\d.]+) -?[\d.]+", drawing.code)]
    assert min(across) >= -0.1
    assert max(across) <= wide + 0.1


def test_a_forest_of_open_ends_and_of_nothing() -> None:
    """Infinite limits are arrows; an audit without promotions has no forest."""
    half = Effect(math.nan, -math.inf, 5_000, 0.9, math.nan, 9, 9, "bound", Grade.BOUND)
    drawing = forest(replace(english(), findings=(replace(bound(SKETCHES[5]), net_lift=half),)), writers())
    assert "at most +50" in texts(drawing)
    assert forest(empty(), writers()) is None


def bars(drawing: Drawing | None, role: str) -> list[tuple[float, float]]:
    """Left and right end of every bar of a role."""
    assert drawing is not None
    found = re.findall(rf"<path d=\"([^\"]*)\" style=\"fill: {LIGHT[role]}\"", drawing.code)
    ends = [[float(x) for x in re.findall(r"[ML] (-?[\d.]+) ", path)] for path in found]
    return [(min(one), max(one)) for one in ends]


def test_waterfall_bars_are_as_long_as_their_amounts() -> None:
    """Pixels per unit of money are the same for every bar."""
    one = finding(SKETCHES[1])
    assert one.waterfall is not None
    drawing = waterfall(one, writers())
    drawn = sorted(right - left for role in ("plus", "minus") for left, right in bars(drawing, role))
    amounts_ = sorted(abs(step.amount_minor) for step in one.waterfall.steps)
    scale = drawn[-1] / amounts_[-1]
    assert drawn == pytest.approx([scale * amount for amount in amounts_], abs=0.2)


def test_the_decomposition_adds_up_on_paper() -> None:
    """The bump is as long as its three parts, the discount as long as its two."""
    drawing = decomposition(finding(SKETCHES[1]), writers())
    (gross, extra, given), minus, plus = bars(drawing, "total"), bars(drawing, "minus"), bars(drawing, "plus")
    length = {name: right - left for name, (left, right) in
              zip(("gross", "extra", "given", "pulled", "stolen", "subsidy", "halo", "won"),
                  (gross, extra, given, *minus, *plus), strict=True)}  # fmt: skip
    assert length["gross"] == pytest.approx(length["extra"] + length["pulled"] + length["stolen"], abs=0.3)
    assert length["given"] == pytest.approx(length["subsidy"] + length["won"], abs=0.3)


def test_a_bound_has_no_waterfall() -> None:
    assert waterfall(bound(SKETCHES[5]), writers()) is None
    assert decomposition(bound(SKETCHES[5]), writers()) is None


def test_ticks_are_round_and_hold_zero() -> None:
    """Steps of 1, 2 or 5 times a power of ten."""
    scale = Scale(-1_430_000.0, 910_000.0, 0, 100)
    assert scale.ticks() == [-1_000_000, -500_000, 0, 500_000]
    assert Scale(-1, 900, 0, 100).ticks() == [0, 200, 400, 600, 800]


def test_long_names_are_cut_by_their_width() -> None:
    """A CJK character is as wide as it is high, about two Latin letters."""
    assert width("双11", 10) == pytest.approx(10 + 2 * 5.6)
    assert clipped("abcdefghij", 40, 10) == "abcdef…"
    assert clipped("促销促销促销", 40, 10) == "促销促…"
    assert clipped("short", 100, 10) == "short"


def test_the_canvas_writes_what_it_is_told() -> None:
    canvas = Canvas(100, 50)
    canvas.text(10, 20, {"en": "a < b", "zh-CN": "甲"}, bold=True)
    canvas.text(90, 20, same("5"), anchor="end")
    drawing = canvas.drawing()
    assert texts(drawing) == ["a < b", "5"]
    assert texts(drawing, "zh-CN") == ["甲", "5"]
    assert "text-anchor: end" in drawing.code
    assert "font-weight: 700" in drawing.code


@pytest.mark.parametrize("lang", LANGS)
def test_pictures_are_files_of_their_own(tmp_path: Path, lang: str) -> None:
    written = write_pictures(yen(), tmp_path, lang)
    assert [path.name for path in written] == ["forest.svg", "waterfall.svg", "decomposition.svg"]
    for path in written:
        root = ET.fromstring(path.read_text("utf-8"))  # noqa: S314 - our own output
        assert root.tag == f"{SVG}svg"
        assert root.get("aria-label")


def test_what_cannot_be_drawn_is_left_out_or_told(tmp_path: Path) -> None:
    assert write_pictures(empty(), tmp_path) == ()
    with pytest.raises(ConfigError, match="no forest can be drawn"):
        picture_svg(empty())
    with pytest.raises(ConfigError, match="unknown picture 'pie'"):
        picture_svg(english(), "pie")
    with pytest.raises(ConfigError, match="no waterfall can be drawn for hello10"):
        picture_svg(english(), "waterfall", promotion_id="hello10")
    assert "Win-back" not in picture_svg(english(), "waterfall", promotion_id="winback-q2")


@pytest.mark.parametrize("zero", [0.0, 0.02, 0.5, 0.97, 1.0])
def test_the_words_beside_zero_stay_in_the_picture_and_apart(zero: float) -> None:
    scale = Scale(-zero, 1 - zero + 1e-9, 10, 370)
    end, begin = sides(scale, 70, 50)
    assert scale.left <= end - 70
    assert begin + 50 <= scale.right
    assert end + 16 <= begin
    if zero == 0.5:
        assert (end, begin) == pytest.approx((scale(0) - 8, scale(0) + 8))
