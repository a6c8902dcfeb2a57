"""Forms: read, written, bounded by their units, and described for a console."""

import json
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal

import pytest

from netlift.errors import DefinitionError
from netlift.promotions.check import check_promotions
from netlift.promotions.form import Goods, Words, form_of, read, schema, write
from netlift.promotions.mechanism import MECHANISMS, Common, held, narrowed, only_for, promotions_of
from netlift.promotions.mechanisms.bundle import Bundle
from netlift.promotions.mechanisms.flash_sale import FlashSale
from netlift.promotions.mechanisms.happy_hour import HappyHour
from netlift.promotions.mechanisms.percent_off import PercentOff
from netlift.promotions.mechanisms.spend_tiers import SpendTiers
from netlift.promotions.predicate import All
from netlift.promotions.predicate import Test as Condition
from netlift.promotions.promotion import Limits, Trigger


def test_values_are_read_as_what_they_are() -> None:
    form = read(HappyHour, {"off": "12.5", "start": "16:00", "end": "18:30", "weekdays": [1, 5]})
    assert (form.off, form.start, form.end, form.weekdays) == (Decimal("12.5"), time(16), time(18, 30), (1, 5))
    sale = read(FlashSale, {"price": 1, "start": "2026-11-11T00:00+08:00", "end": "2026-11-12T00:00+08:00"})
    assert sale.start == datetime.fromisoformat("2026-11-10T16:00:00+00:00")


def test_what_is_as_by_default_is_not_written() -> None:
    form = read(PercentOff, {"off": 20, "goods": {"tags": ["tea"]}, "most": None})
    assert write(form) == {"off": "20", "goods": {"tags": ["tea"]}}


@pytest.mark.parametrize(
    ("form", "values", "message"),
    [
        (PercentOff, {}, 'form: lacks "off"'),
        (PercentOff, [], "form: expected an object"),
        (PercentOff, {"of": 20}, 'form.of: unknown key; did you mean "off"'),
        (PercentOff, {"off": 0.2}, "form.off: .*floats are not exact"),
        (PercentOff, {"off": "101"}, "form.off: 101 is outside 0 to 100"),
        (PercentOff, {"off": "-1"}, "form.off: -1 is outside 0 to 100"),
        (PercentOff, {"off": 20, "most": -1}, "form.most: -1 is below 0"),
        (PercentOff, {"off": 20, "most": True}, "form.most: expected an integer"),
        (PercentOff, {"off": 20, "goods": {"tag": ["x"]}}, "form.goods.tag: unknown key"),
        (Bundle, {"price": 1, "parts": [{"goods": {}}, {"quantity": 0, "goods": {}}]}, r"form.parts\[1\].quantity: 0"),
        (SpendTiers, {"tiers": [{"spend": 1, "off": "x"}]}, r"form.tiers\[0\].off: expected an integer"),
        (FlashSale, {"price": 1, "start": "2026-11-11T00:00", "end": "2026-11-12T00:00"}, "form.start: .* time zone"),
        (HappyHour, {"off": 20, "start": "25:00", "end": "18:00"}, "form.start: expected a time"),
        (
            HappyHour,
            {"off": 20, "start": "16:00", "end": "18:00", "weekdays": [8]},
            r"form.weekdays\[0\]: 8 is outside",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(form: type, values: object, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        read(form, values)


ROWS = [{"spend": 1, "off": 1}, {"spend": 1, "off": 2}]
HALF, MOST = {"party": "a", "percent": 50}, {"party": "b", "percent": 60}
DAY = {"start": "2026-11-11T00:00+08:00", "end": "2026-11-10T00:00+08:00"}


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        ("multi_buy", {"take": 2, "pay": 2}, "form: who takes 2 pays for 2"),
        ("cheapest_free", {"units": 2, "free": 2}, "form: 2 of 2 units are free"),
        ("bundle", {"price": 1, "parts": []}, "form: a bundle has at least one part"),
        ("price_list", {"segments": []}, "form: name at least one segment"),
        ("payment_discount", {"payments": [], "off": 1}, "form: name at least one way of payment"),
        ("gift_tiers", {"tiers": []}, "form: the tiers start at"),
        ("gift_with_spend", {"spend": 1, "product": " ", "value": 1}, "form.product: is empty"),
        ("coupon_code", {"codes": ["A", ""], "off": 1}, "form.codes: is empty"),
        (
            "joint_promotion",
            {"spend": 1, "off": 1, "partners": [HALF, {**HALF, "party": ""}]},
            "form.partners.1..party",
        ),
        ("spend_tiers", {"tiers": []}, "promotions.*tiers: is empty"),
        ("spend_tiers", {"tiers": ROWS}, "promotions.*tiers.1.*not above"),
        ("spend_steps", {"step": 0, "off": 1}, "promotions.*every: 0 is below 1"),
        ("joint_promotion", {"spend": 1, "off": 1, "partners": [HALF, MOST]}, "promotions.*funding"),
        ("flash_sale", {"price": 1, **DAY}, "promotions.*window.end"),
        ("happy_hour", {"off": 1, "start": "16:00", "end": "18:00", "time_zone": "Mars"}, "promotions.*time_zone"),
    ],
)
def test_nonsense_is_refused_by_the_form_or_by_the_check_of_its_promotions(
    kind: str, values: dict[str, object], message: str
) -> None:
    """A bundle of no parts would be all goods, a multi-buy in which all is paid would give everything away."""
    with pytest.raises(DefinitionError, match=message):
        check_promotions(MECHANISMS[kind].read(values).build("p"))


def test_goods_name_every_list_that_is_not_empty() -> None:
    assert Goods().where() is None
    goods = Goods(brands=("Alpen",), without_tags=("outlet",))
    assert goods.where() == All(
        (Condition("line.brand", "in", ("Alpen",)), Condition("line.tags", "not in", ("outlet",)))
    )
    assert goods.worth(500) == Condition("cart.subtotal", ">=", 500, goods.where())


def test_the_schema_says_types_bounds_units_and_titles() -> None:
    found = schema(HappyHour)
    properties = found["properties"]
    assert isinstance(properties, dict)
    assert found["required"] == ["off", "start", "end"]
    assert properties["weekdays"] == {
        "title": "Weekdays", "x-title-zh": "星期", "x-unit": "weekday",
        "type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 7}, "default": [],
    }  # fmt: skip
    assert properties["goods"]["properties"]["regular_price_only"]["default"] is False
    assert properties["time_zone"]["default"] == "UTC"


def test_a_schema_is_json_with_an_optional_amount_as_a_union() -> None:
    found = json.loads(json.dumps(PercentOff.schema()))
    assert found["properties"]["most"]["anyOf"] == [
        {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
        {"type": "null"},
    ]
    assert (found["title"], found["x-title-zh"]) == ("Percent off", "打折")


def test_a_field_without_an_entry_is_a_fault_of_the_program() -> None:
    @dataclass(frozen=True)
    class Bare:
        number: int = field(default=1)

    with pytest.raises(TypeError, match="number"):
        form_of(Bare)


def test_helpers_narrow_what_was_given() -> None:
    app, tea = Condition("context.channel", "==", "app"), Condition("customer.segments", "in", ("tea",))
    assert only_for({}, app)["audience"] == app
    assert only_for({"audience": tea}, app)["audience"] == All((tea, app))
    assert held({})["trigger"] == Trigger("token")
    assert held({"trigger": Trigger("code", ("TEN",))})["trigger"] == Trigger("code", ("TEN",))


def test_limits_of_a_form_never_widen_those_that_were_given() -> None:
    given: Common = {"limits": Limits(total=100, per_customer=3, budget=500)}
    assert narrowed(given, total=300, per_customer=1) == Limits(total=100, per_customer=1, budget=500)
    assert narrowed(given) == given["limits"]
    assert narrowed({}, total=300) == Limits(total=300)


def test_every_kind_is_the_name_of_its_file_and_every_title_is_used_once() -> None:
    assert [kind for kind, one in MECHANISMS.items() if not one.__module__.endswith(f".{kind}")] == []
    titles = [title for one in MECHANISMS.values() for title in one.title]
    assert sorted(title for title in titles if titles.count(title) > 1) == []
    assert MECHANISMS["percent_off"].title == Words("Percent off", "打折")


@pytest.mark.parametrize("kind", list(MECHANISMS))
def test_garbage_in_a_form_is_always_a_definition_error(kind: str) -> None:
    """Every field of a filled form in turn replaced by values of other types."""
    mechanism = MECHANISMS[kind]
    form = dict(mechanism.examples[0].form)
    assert promotions_of(mechanism, mechanism.examples[0])
    for name in [one.name for one in mechanism.form()]:
        garbage: tuple[object, ...] = (1.5, float("nan"), {"x": 1}, [[]], -1, "\ud800")
        for rubbish in garbage:
            with pytest.raises(DefinitionError, match=f"^form.{name}"):
                mechanism.read({**form, name: rubbish})
