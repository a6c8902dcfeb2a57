"""The words: both languages say the same things, and every code has words."""

import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from netlift.errors import ConfigError, Reason
from netlift.report.words import LANGS, language, words
from netlift.types import Grade, Verdict

CODES = {
    "check": "overlap balance placebo_before placebo_units placebo_coverage pre_trend sample_ratio sensitivity",
    "step": "list_revenue discount funding returns cost_of_goods fees contact_cost fixed_cost",
    "assumption": "margin washout currency timezone",
    "mechanism": "campaign code price_cut rollout experiment",
    "design": "randomized campaign regions price_cut open_code",
    "method": "difference-in-means lin aipw did-imputation synthetic-did masked-counterfactual",
    "unit": "customer region-week product-week",
    "reason": " ".join(Reason),
    "verdict": " ".join(Verdict),
    "grade": " ".join(Grade),
}
"""The codes that the docstrings of `evaluation.results` and the enumerations of `errors` and `types` name."""


def leaves(book: dict[str, object], path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a language with its path."""
    for key, value in book.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        elif isinstance(value, list):
            for i, item in enumerate(value):
                yield f"{path}{key}[{i}]", str(item)
        else:
            yield f"{path}{key}", str(value)


def texts(lang: str) -> dict[str, str]:
    return {key: text for key, text in leaves(words(lang).book) if not key.startswith("calendar.sizes")}


def test_both_languages_have_the_same_keys() -> None:
    """Only the singular forms, which Chinese does not have, may be missing."""
    english = {key for key in texts("en") if not key.endswith("_one")}
    assert english == set(texts("zh-CN"))


def test_both_languages_have_the_same_placeholders() -> None:
    """A number that one language tells, the other tells as well."""

    def named(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    english, chinese = texts("en"), texts("zh-CN")
    assert {key for key, text in chinese.items() if named(text) != named(english[key])} == set()
    singular = {key: text for key, text in english.items() if key.endswith("_one")}
    assert {
        key for key, text in singular.items() if not named(text) <= named(english[key.removesuffix("_one")])
    } == set()


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in CODES.items() for code in codes.split()])
def test_every_code_has_words(lang: str, kind: str, code: str) -> None:
    """Each has a label; each but units, which only count, has a sentence or a question."""
    one = words(lang)
    assert one.knows(kind, code)
    assert one.label(kind, code)
    part = {"check": "asks", "unit": "many", "method": "label"}.get(kind, "text")
    assert one.book[kind][code][part]


@pytest.mark.parametrize("lang", LANGS)
def test_every_check_says_what_passing_and_failing_mean(lang: str) -> None:
    """A check that only shows a number helps nobody."""
    for code, entry in words(lang).book["check"].items():
        assert entry["passed"], code
        assert entry["failed"], code
        assert entry["found"].format(value=0.5, limit=0.25)


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("check", r"\bCheck\(\s*(\"\w+\")"),
        ("step", r"\bStep\(\s*(\"\w+\")"),
        ("assumption", r"\bAssumption\(\s*(\"\w+\")"),
        ("why", r"Verdict\.\w+, \(([^)]*)\)"),
        ("why", r"\bwhy=\(([^)]*)\)"),
        ("design", r"\bdesign=(\"\w+\")"),
        ("mechanism", r"\bmechanism=(\"\w+\")"),
    ],
)
def test_every_code_that_the_audit_writes_has_words(repository: Path, kind: str, pattern: str) -> None:
    """Codes are found in the source of the evaluation, so a new one cannot go without words."""
    source = "".join(path.read_text("utf-8") for path in (repository / "src/netlift/evaluation").rglob("*.py"))
    found = {code for hit in re.findall(pattern, source) for code in re.findall(r"\"([a-z_]+)\"", str(hit))}
    assert {code for code in found if not words("en").knows(kind, code)} == set()


def test_every_note_of_an_adapter_has_words(repository: Path) -> None:
    """A receipt says what is missing and what that costs."""
    source = "".join(path.read_text("utf-8") for path in (repository / "src/netlift/data").rglob("*.py"))
    notes = set(re.findall(r"\"(no_[a-z_]+)\"", source))
    assert "no_cost" in notes
    assert {code for code in notes if not words("en").text("note", code)} == set()


def test_an_unknown_code_is_shown_as_itself() -> None:
    """A third party's check must not break a report."""
    assert words("en").label("check", "moon_phase") == "moon phase"
    assert words("en").text("check", "moon_phase") == ""


def test_singular_and_plural() -> None:
    assert words("en").say("promotions", n=1) == "1 promotion"
    assert words("en").say("promotions", n=0) == "0 promotions"
    assert words("zh").say("promotions", n=1) == "1 个促销"


def test_further_sentences_need_all_their_numbers() -> None:
    """A sentence whose number is missing is left out, not printed with a hole."""
    assert words("en").more("check", "placebo_coverage", windows=1200.0) == ("1,200 such windows were tried.",)
    assert words("en").more("check", "placebo_coverage") == ()


@pytest.mark.parametrize(("typed", "tag"), [("zh", "zh-CN"), ("zh_Hans_CN", "zh-CN"), ("EN", "en"), ("en-US", "en")])
def test_languages_go_by_what_people_type(typed: str, tag: str) -> None:
    assert language(typed) == tag


def test_a_language_without_words_is_an_error() -> None:
    with pytest.raises(ConfigError, match="'fr'; known: en, zh-CN"):
        words("fr")
