"""The terminal table: one row per promotion, inside the width, in both languages."""

import pytest
from rich.console import Console

from netlift.errors import ConfigError
from netlift.report.table import table
from netlift.report.words import LANGS
from tests.report.examples import ALL, chinese, english


def drawn(example: str, lang: str, width: int) -> str:
    """The table as plain text."""
    console = Console(width=width, force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(table(ALL[example](), lang))
    return capture.get()


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("example", list(ALL))
@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_nothing_is_cut_off_at_any_width(lang: str, example: str, width: int) -> None:
    """Every verdict and net lift is there in full; an ellipsis would be a number that nobody can read."""
    text = drawn(example, lang, width)
    assert "…" not in text
    audit = ALL[example]()
    marks = sum(text.count(mark) for mark in "▲◆▼○")
    assert marks == len(audit.findings)


def test_at_a_hundred_columns_everything_is_told() -> None:
    text = drawn("english", "en", 100)
    for said in ("Black Friday 25% off", "28 Nov – 2 Dec 2024", "2,911", "4,310", "48,210", "−9,200",
                 "−14,200 to −4,100", "−0.21", "78%", "▼ Stop", "quasi-exp.", "90% interval", "Amounts in EUR",
                 "limits only", "always on offer"):  # fmt: skip
        assert said in text, said


def test_at_eighty_columns_the_less_important_goes() -> None:
    """Per coin and customers give way; net lift, verdict and evidence stay."""
    text = drawn("english", "en", 80)
    assert "Per coin" not in text
    assert "Customers" not in text
    for said in ("−9,200", "−14,200 to −4,100", "▼ Stop", "quasi-exp.", "78%"):
        assert said in text, said


def test_chinese_names_and_words() -> None:
    text = drawn("chinese", "zh-CN", 100)
    for said in ("双11 全场满300减50", "▼ 停掉", "准实验", "−61,000", "金额单位：元", "结束晚于数据"):
        assert said in text, said


def test_no_promotions_is_one_sentence() -> None:
    assert drawn("empty", "en", 100).strip() == "No promotion was found in these data."


def test_every_promotion_has_one_row() -> None:
    for audit in (english(), chinese()):
        names = [finding.name for finding in audit.findings]
        console = Console(width=300, color_system=None)
        with console.capture() as capture:
            console.print(table(audit))
        assert all(capture.get().count(name) == 1 for name in names)


def test_a_long_table_may_be_cut_and_says_so() -> None:
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        console.print(table(english(), most=3))
        console.print(table(english(), "zh", most=7))
    text = capture.get()
    assert "5 more promotions, with less money at stake, are in the report." in text
    assert "另有 1 个涉及金额较小的促销，见报告。" in text
    assert sum(text.count(mark) for mark in "▲◆▼○") == 3 + 7


def test_an_unknown_language_is_an_error() -> None:
    console = Console()
    with pytest.raises(ConfigError, match="no words in the language 'xx'"):
        console.print(table(english(), "xx"))
