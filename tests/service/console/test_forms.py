"""Forms are drawn from declarations: what is drawn, typed and read comes back, and errors stand at their fields."""

from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from netlift.errors import DefinitionError
from netlift.money import CURRENCIES
from netlift.promotions.form import entry, form_of, read
from netlift.promotions.mechanism import MECHANISMS, Example
from netlift.service.console.forms.basket import Basket, cart, sample
from netlift.service.console.forms.draw import BLANK, Typed, draw, texts, walk
from netlift.service.console.forms.fill import WHOLE, at_fields, fill, posted
from netlift.service.console.forms.kinds import KINDS, WORDS, Setting, money_text
from netlift.service.console.forms.terms import Terms

EXAMPLES = [
    pytest.param(kind, one, id=f"{kind}-{i}") for kind in MECHANISMS for i, one in enumerate(MECHANISMS[kind].examples)
]
HERE = Setting("EUR", "Asia/Shanghai", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row."""

    spend: int = field(metadata=entry("From", "满", "money"))
    off: Decimal = field(metadata=entry("Off", "减", "percent"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A form that no mechanism has."""

    rows: tuple[Row, ...] = field(metadata=entry("Rows", "档位", "rows"))
    note: str | None = field(default=None, metadata=entry("Note", "备注", "text"))
    most: int | None = field(default=3, metadata=entry("At most", "最多", "count"))
    days: tuple[int, ...] = field(default=(), metadata=entry("Days", "星期", "weekday"))


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_every_mechanism_comes_back_as_it_was_drawn(kind: str, example: Example) -> None:
    of, setting = MECHANISMS[kind], Setting(example.cart.currency, "Asia/Shanghai", "zh-CN")
    typed = texts(of, example.form, "form", setting)
    assert {
        one.name for one in walk(draw(of, "form", Typed(typed), setting)) if one.widget not in {"group", "rows"}
    } == set(typed)
    filled = fill(of, "form", typed, setting)
    assert filled.errors == {}
    assert of.read(filled.values) == of.read(dict(example.form))


@pytest.mark.parametrize("kind", list(MECHANISMS))
def test_every_field_has_a_widget_and_every_choice_a_word(kind: str) -> None:
    for lang in ("en", "zh-CN"):
        fields = draw(MECHANISMS[kind], "form", Typed(), HERE._replace(lang=lang))
        titles = [one.entry.title.zh if lang == "zh-CN" else one.entry.title.en for one in form_of(MECHANISMS[kind])]
        assert [one.title for one in fields] == titles
        for one in walk(fields):
            assert {option.value for option in one.options if one.widget == "choice"} <= set(WORDS)


def test_a_table_has_a_blank_row_to_be_added_and_reads_what_is_there() -> None:
    drawn = {one.name: one for one in draw(Sheet, "form", Typed(texts(Sheet, {}, "form", HERE)), HERE)}
    assert [one.name for one in drawn["form.rows"].blank] == [f"form.rows.{BLANK}.spend", f"form.rows.{BLANK}.off"]
    assert len(drawn["form.rows"].rows) == 1
    typed = {
        "form.rows.7.spend": "1,200.5", "form.rows.7.off": "12.5%", "form.rows.2.spend": "10",
        "form.rows.2.off": "5", "form.rows.4.spend": " ", "form.rows.4.off": "", "form.days": "6,7", "form.most": "",
    }  # fmt: skip
    filled = fill(Sheet, "form", typed, HERE)
    assert filled.errors == {}
    made = read(Sheet, filled.values)  # what was emptied is without limit, what was not asked for is as by default
    assert read(Sheet, fill(Sheet, "form", typed | {"form.most": "9"}, HERE).values).most == 9
    assert "most" not in fill(Sheet, "form", {"form.rows.0.spend": "1", "form.rows.0.off": "1"}, HERE).values
    assert made == Sheet(
        rows=(Row(spend=1000, off=Decimal(5)), Row(spend=120050, off=Decimal("12.5"))), days=(6, 7), most=None
    )


def test_no_row_is_dropped_silently() -> None:
    typed = {f"form.rows.{i}.{name}": "5" for i in range(101) for name in ("spend", "off")}
    assert fill(Sheet, "form", typed, HERE).errors == {"form.rows": "At most 100."}
    assert len(draw(Sheet, "form", Typed(typed), HERE)[0].rows) == 101
    del typed["form.rows.7.spend"], typed["form.rows.7.off"]
    assert fill(Sheet, "form", typed, HERE).errors == {}


def test_every_error_stands_at_its_field_in_the_readers_language() -> None:
    typed = {"form.rows.0.spend": "12.345", "form.rows.0.off": "101", "form.rows.1.spend": "-1", "form.rows.1.off": "x",
             "form.most": "1.5", "form.days": "8"}  # fmt: skip
    assert fill(Sheet, "form", typed, HERE).errors == {
        "form.rows.0.spend": "At most 2 decimals in EUR.",
        "form.rows.0.off": "At most 100.",
        "form.rows.1.spend": "An amount is not below zero.",
        "form.rows.1.off": "Write a number, such as 12.50.",
        "form.most": "Write a whole number.",
        "form.days": "At most 7.",
    }
    with override("zh-hans"):
        assert fill(Sheet, "form", {}, HERE).errors == {"form.rows": "请至少添加一行。"}
        assert fill(Sheet, "form", typed, HERE).errors["form.rows.1.off"] == "请填写数字，例如 12.50。"


@pytest.mark.parametrize("typed", ["NaN", "Infinity", "1e400", "9" * 40])
def test_no_number_that_the_language_cannot_hold_gets_through(typed: str) -> None:
    found = fill(Sheet, "form", {"form.rows.0.spend": typed, "form.rows.0.off": "5"}, HERE)
    assert list(found.errors) == ["form.rows.0.spend"]


def test_errors_of_the_language_find_their_fields() -> None:
    names = {"form.rows.0.spend": "", "form.note": ""}
    assert at_fields(DefinitionError("form.rows[0].spend: is empty"), "form", names) == {
        "form.rows.0.spend": "is empty"
    }
    assert at_fields(DefinitionError("form.rows[0].what.then: is odd"), "form", names) == {"form.rows": "is odd"}
    assert at_fields(DefinitionError("form: is odd"), "form", names) == {WHOLE: "form: is odd"}
    assert at_fields(DefinitionError("the tiers start at [2, 1]"), "form", names) == {
        WHOLE: "the tiers start at [2, 1]"
    }
    assert at_fields(DefinitionError("promotions[0].id: taken"), "form", names) == {WHOLE: "promotions[0].id: taken"}


def test_terms_speak_the_promotion_language() -> None:
    typed = texts(Terms, {}, "terms", HERE) | {
        "terms.id": "ten", "terms.name": "Ten", "terms.currency": "EUR", "terms.codes": "a1, b2，c3",
        "terms.segments": "vip", "terms.start": "2026-11-11T20:00", "terms.time_zone": "Asia/Shanghai",
        "terms.budget": "99.90", "terms.funding.0.party": "brand", "terms.funding.0.percent": "100",
        "terms.exclusive": "on",
    }  # fmt: skip
    filled = fill(Terms, "terms", typed, HERE)
    assert filled.errors == {}
    common = read(Terms, filled.values).common()
    assert common["trigger"].codes == ("a1", "b2", "c3")
    assert common["limits"].budget == 9990
    assert common["exclusive"]
    assert common["window"].start is not None
    assert common["window"].start.isoformat() == "2026-11-11T20:00:00+08:00"
    assert [(one.party, one.percent) for one in common["funding"]] == [("brand", Decimal(100))]


@given(minor=st.integers(0, 2**63 - 1), currency=st.sampled_from(sorted(CURRENCIES)))
def test_money_is_typed_and_read_to_the_cent(minor: int, currency: str) -> None:
    setting = HERE._replace(currency=currency)
    assert KINDS["money"].parse(money_text(minor, setting), setting) == minor


def test_boxes_of_one_name_are_read_together() -> None:
    assert posted(QueryDict("form.days=6&form.days=7&form.note=x")) == {"form.days": "6,7", "form.note": "x"}


def test_the_sample_cart_keeps_what_the_form_does_not_ask_for() -> None:
    example = MECHANISMS["shop_coupon"].examples[0]
    made = cart(read(Basket, sample(example)), "CNY", example)
    assert [(line.product, line.unit_price, line.seller) for line in made.lines] == [
        ("coat", 15000, "A"), ("scarf", 10000, "A"), ("shoes", 40000, "B"),
    ]  # fmt: skip
