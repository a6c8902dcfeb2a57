"""What `check_promotions` refuses: each rule by one promotion that breaks it and nothing else, made in Python."""

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlift.errors import DefinitionError
from netlift.promotions.cart import Scalar
from netlift.promotions.check import check_groups, check_promotion, check_promotions
from netlift.promotions.check_condition import OPERANDS, check_condition
from netlift.promotions.effect import Effect
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.effects.burn import BurnPoints
from netlift.promotions.effects.deposit import Deposit
from netlift.promotions.effects.gift import FreeGift
from netlift.promotions.effects.percent import Percent
from netlift.promotions.effects.shipping import ShippingOff
from netlift.promotions.facts import FACTS, FactType
from netlift.promotions.place import Place
from netlift.promotions.predicate import All, Not, Operator, Predicate
from netlift.promotions.predicate import Any as AnyOf
from netlift.promotions.predicate import Test as Compare
from netlift.promotions.promotion import (
    Benefit,
    Caps,
    Group,
    Hours,
    Limits,
    Promotion,
    Share,
    Trigger,
    Window,
)
from netlift.promotions.records import DEEPEST
from netlift.promotions.selector import Selector, Slot
from netlift.promotions.value import Steps, Tier, Tiers

from .random_objects import objects

SOUND = Promotion("p", (Benefit(Percent(Decimal(10))),))


def having(**changes: Any) -> Promotion:
    """A sound promotion, changed."""
    return replace(SOUND, **changes)


def giving(effect: Effect, **changes: Any) -> Promotion:
    """A sound promotion with this effect, its benefit changed."""
    return having(benefits=(Benefit(effect, **changes),))


def picking(**changes: Any) -> Promotion:
    """A sound promotion whose selector is changed."""
    return giving(Percent(Decimal(10)), target=Selector(**changes))


def tiers(*rows: tuple[int, Any]) -> Tiers:
    return Tiers(tuple(Tier(*row) for row in rows))


NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)
CART, LINE = Compare("cart.subtotal", ">=", 100), Compare("line.brand", "==", "a")
WRONG = [
    (having(id=""), "id: is empty"),
    (having(benefits=()), "benefits: is empty"),
    (having(version=0), "version: 0 is below 1"),
    (having(currency="eur"), 'currency: "eur" is no ISO 4217 code'),
    (having(currency="EUX"), 'currency: "EUX" is no ISO 4217 code'),
    (having(group="lane"), 'group: the tree has no group "lane"'),
    # amounts, per cents, tiers
    (giving(AmountOff(-5)), "effect.off: -5 is below 0"),
    (giving(AmountOff(5.5)), "effect.off: expected an integer"),  # type: ignore[arg-type]
    (giving(AmountOff(True)), "effect.off: expected an integer"),
    (giving(Percent(Decimal("100.01"))), "effect.off: 100.01 is outside 0 to 100"),
    (giving(Percent(Decimal(-1))), "effect.off: -1 is outside 0 to 100"),
    (giving(Percent(Decimal("nan"))), "effect.off: NaN is not a number"),
    (giving(Percent(Decimal("1e400000"))), "effect.off: a decimal has at most 18 digits"),
    (giving(Percent(0.1)), "effect.off: expected a decimal"),  # type: ignore[arg-type]
    (giving(Percent(tiers((1, 101)))), "effect.off.tiers[0][1]: 101 is outside 0 to 100"),
    (giving(AmountOff(tiers())), "effect.off.tiers: is empty"),
    (giving(AmountOff(tiers((5, 1), (5, 2)))), "effect.off.tiers[1][0]: 5 is not above 5"),
    (giving(AmountOff(tiers((5, 1), (3, 2)))), "effect.off.tiers[1][0]: 3 is not above 5"),
    (giving(AmountOff(tiers((5, Decimal("1.5"))))), "effect.off.tiers[0][1]: 1.5 is not a whole number"),
    (giving(AmountOff(tiers((-5, 1)))), "effect.off.tiers[0].start: -5 is below 0"),
    (giving(AmountOff(Steps(0, 1))), "effect.off.every: 0 is below 1"),
    (giving(AmountOff(Steps(1, -1))), "effect.off.value: -1 is below 0"),
    (giving(AmountOff(Steps(1, 1, at_most=0))), "effect.off.at_most: 0 is below 1"),
    (giving(ShippingOff(percent=Decimal(101))), "effect.percent: 101 is outside"),
    (giving(BurnPoints(points=0)), "effect.points: 0 is below 1"),
    (giving(Deposit(Decimal("0.5"))), "effect.times: 0.5 is below 1"),
    (giving(FreeGift("g", 100, 0)), "effect.quantity: 0 is below 1"),
    (giving(SOUND), "effect: expected an effect"),  # type: ignore[arg-type]
    (giving(AmountOff(1), caps=Caps(max_discount=-1)), "caps.max_discount: -1 is below 0"),
    (having(limits=Limits(total=-1)), "limits.total: -1 is below 0"),
    # selectors
    (picking(group_size=0), "target.group_size: 0 is below 1"),
    (picking(group_size=2, positions=(3,)), "target.positions[0]: 3 is outside a group of 2"),
    (picking(group_size=2, positions=(0,)), "target.positions[0]: 0 is below 1"),
    (picking(group_size=2, positions=(1, 1)), "target.positions: the same position stands twice"),
    (picking(positions=(1,)), "target.positions: needs `group_size`"),
    (picking(slots=(Slot(),), group_size=2), "target.slots: excludes `group_size`"),
    (picking(slots=(Slot(),), max_units=2), "target.max_units: sets take as many units as their slots say"),
    (picking(slots=(Slot(quantity=0),)), "target.slots[0].quantity: 0 is below 1"),
    (picking(slots=(Slot(), Slot(where=CART))), 'target.slots[1].where.fact: "cart.subtotal" is not a fact of a line'),
    (picking(where=CART), 'target.where.fact: "cart.subtotal" is not a fact of a line'),
    (picking(order="dear"), 'target.order: unknown value "dear"; did you mean "dearest"?'),
    (picking(slots=[Slot()]), "target.slots: expected a tuple"),
    # windows
    (having(window=Window(start=NOON, end=NOON)), "window.end: 2026-11-11T12:00:00+00:00 is not after the start"),
    (having(window=Window(start=NOON.replace(tzinfo=None))), "window.start: 2026-11-11T12:00:00 has no time zone"),
    (having(window=Window(end=NOON.replace(tzinfo=None))), "window.end: 2026-11-11T12:00:00 has no time zone"),
    (having(window=Window(time_zone="Mars/Phobos")), 'window.time_zone: unknown time zone "Mars/Phobos"'),
    (having(window=Window(time_zone="")), "window.time_zone: unknown time zone"),
    (having(window=Window(time_zone="../etc")), "window.time_zone: unknown time zone"),
    (having(window=Window(time_zone="Asia")), "window.time_zone: unknown time zone"),
    (having(window=Window(weekdays=(1, 0))), "window.weekdays[1]: 0 is outside 1 to 7"),
    (having(window=Window(weekdays=(8,))), "window.weekdays[0]: 8 is outside 1 to 7"),
    (having(window=Window(days_of_month=(32,))), "window.days_of_month[0]: 32 is outside 1 to 31"),
    (having(window=Window(dates=(NOON,))), "window.dates[0]: expected a date"),
    (having(window=Window(hours=(Hours(time(9), time(9)),))), "window.hours[0]: starts when it ends"),
    (
        having(window=Window(hours=(Hours(time(9, tzinfo=UTC), time(10)),))),
        "window.hours[0].start: a time of day has no",
    ),
    # triggers and funding
    (having(trigger=Trigger("code")), "trigger.codes: is empty"),
    (having(trigger=Trigger("auto", ("A",))), 'trigger.codes: needs kind "code", not "auto"'),
    (having(trigger=Trigger("code", (" ",))), "trigger.codes[0]: is blank"),
    (having(funding=(Share("a", Decimal(99)),)), "funding: shares sum to 99 per cent, not 100"),
    (having(funding=(Share("a", Decimal(50)), Share("a", Decimal(50)))), 'funding: the party "a" stands twice'),
    (having(funding=(Share("a", Decimal(150)), Share("b", Decimal(-50)))), "funding[0].percent: 150 is outside"),
    (having(audience=LINE), 'audience.fact: "line.brand" is a fact of a line'),
]


@pytest.mark.parametrize(("promotion", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_is_wrong_is_refused_with_its_place(promotion: Promotion, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        check_promotions([SOUND, replace(promotion, id=promotion.id and "q")])
    own, benefit = f"promotions[1].{message}", f"promotions[1].benefits[0].{message}"
    assert str(caught.value).startswith((own, benefit))


SOUND_ONES = [
    SOUND,
    giving(AmountOff(0)),
    giving(Percent(tiers((1, 5), (2, Decimal("7.5"))))),
    giving(Percent(Decimal(0))),
    giving(Percent(Decimal(100))),
    picking(group_size=2, positions=(2, 1), where=LINE),
    picking(slots=(Slot(2), Slot(where=LINE)), max_groups=0),
    having(window=Window(start=NOON, hours=(Hours(time(22), time(2)),), time_zone="Asia/Shanghai", weekdays=(1, 7))),
    having(funding=(Share("brand", Decimal("33.3")), Share("", Decimal("66.7")))),
    having(group="lane", currency="CNY"),
    having(group="main", priority=-1),
]


def test_sound_promotions_pass() -> None:
    """The neighbours of the wrong ones: limits included, and a window past midnight."""
    root = Group("main", children=(Group("lane", priority=-3),))
    check_promotions([replace(one, id=str(number)) for number, one in enumerate(SOUND_ONES)], root)


def test_the_effect_of_another_party_needs_no_registration() -> None:
    """An effect made in Python is checked by its own fields."""
    check_promotion(giving(ShippingOff()))
    with pytest.raises(DefinitionError, match=r"^benefits\[0\]\.effect\.methods\[0\]: expected text, not 7"):
        check_promotion(giving(ShippingOff(methods=(7,))))  # type: ignore[arg-type]


def test_an_id_stands_once() -> None:
    with pytest.raises(DefinitionError, match=r'^promotions\[2\]\.id: "p" is the id of promotions\[0\] already'):
        check_promotions([SOUND, having(id="q"), SOUND])


def chain(levels: int) -> Group:
    """A tree of one branch."""
    group = Group("0")
    for level in range(1, levels):
        group = Group(str(level), children=(group,))
    return group


def cycle() -> Group:
    """What frozen dataclasses only allow by force."""
    child = Group("a")
    object.__setattr__(child, "children", (child,))
    return Group(children=(child,))


TREES = [
    (Group(children=(Group("a"), Group("a"))), 'root.children[1].id: "a" is the id of root.children[0] already'),
    (
        Group("a", children=(Group("b", children=(Group("a"),)),)),
        'root.children[0].children[0].id: the group "a" contains',
    ),
    (cycle(), 'root.children[0].children[0].id: the group "a" contains itself'),
    (Group("a", children=(Group(),)), "root.children[0].id: a group below the root needs an id"),
    (Group(children=(Group(),)), 'root.children[0].id: the group "" contains itself'),
    (Group(id=None), "root.id: expected text"),  # type: ignore[arg-type]
    (Group(mode="worst"), 'root.mode: unknown value "worst"'),  # type: ignore[arg-type]
    (Group(children=(SOUND,)), "root.children[0]: expected a Group"),  # type: ignore[arg-type]
    (Group(mode="lowest_cost", scope="unit"), 'root.scope: "lowest_cost" cannot be asked for each unit'),
    (
        Group(children=(Group("a", "best", "unit", children=(Group("b"),)),)),
        'root.children[0].children[0].mode: "stack" of scope "order" in a group "best" of scope "unit"',
    ),
    (
        Group(mode="best", scope="unit", children=(Group("b", "best", "line"),)),
        'root.children[0].mode: "best" of scope',
    ),
    (
        Group(mode="best", scope="unit", children=(Group("b", "best", children=(Group("c", "best"),)),)),
        'root.children[0].children: a group in a group "best" of scope "unit" holds promotions only',
    ),
    (chain(DEEPEST + 1), "nested deeper than 64"),
    (chain(5000), "nested deeper than 64"),
]


@pytest.mark.parametrize(("root", "message"), TREES, ids=[message for _, message in TREES])
def test_a_tree_is_a_tree(root: Group, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        check_groups(root)
    assert message in str(caught.value)


@pytest.mark.parametrize("mode", ["best", "lowest_cost"])
def test_payments_compete_for_no_lines_also_as_a_part_of_their_group(mode: Any) -> None:
    """The points would be spent, and another promotion might win the lines that they paid."""
    below = Group("below", children=(Group("lowest"),))
    for payment in (BurnPoints(), Deposit()):
        promotion = replace(giving(payment), group="lowest")
        check_promotions([promotion], Group(mode=mode, children=(below,)))
        for root in (
            Group(mode=mode, scope="line", children=(below,)),
            Group(children=(replace(below, mode=mode, scope="line"),)),
            Group(children=(Group("lowest", mode=mode, scope="line"),)),
        ):
            with pytest.raises(DefinitionError, match="is a payment and cannot compete for lines") as raised:
                check_promotions([promotion], root)
            assert str(raised.value).startswith("promotions[0].benefits[0].effect: ")


def test_choices_of_one_promotion_pass_in_a_search_over_units() -> None:
    """And so do groups of any kind in groups whose units are claimed in turn."""
    choices = Group("search", "best", "unit", children=(Group("one", "best"), Group("other", "best")))
    claims = Group("claims", "stack", "unit", children=(Group("inner", "first", "line"),))
    least = Group("least", "lowest_cost", "line")
    assert set(check_groups(Group(children=(choices, claims, least)))) == {
        "", "search", "one", "other", "claims", "inner", "least",
    }  # fmt: skip


def test_the_deepest_tree_passes() -> None:
    assert len(check_groups(chain(DEEPEST))) == DEEPEST


VALUES: dict[FactType, tuple[Scalar | date, ...]] = {
    "money": (100,),
    "integer": (100,),
    "decimal": (100, Decimal("1.5")),
    "text": ("a",),
    "set": ("a",),
    "boolean": (True,),
    "date": (date(2026, 11, 11),),
    "any": ("a", 100, Decimal("1.5"), True, date(2026, 11, 11)),
}
"""For each type of fact every kind of value that it may be compared with."""
EVERY_VALUE = VALUES["any"]
COMPARISONS: tuple[Operator, ...] = ("==", "!=", "<", "<=", ">", ">=")


def passes(condition: Predicate, *, of_line: bool) -> bool:
    try:
        check_condition(condition, Place(), of_line=of_line)
    except DefinitionError:
        return False
    return True


@pytest.mark.parametrize("name", [*FACTS, "line.attributes.size", "extra.weather"])
def test_facts_are_compared_with_values_of_their_type_only(name: str) -> None:
    """Every fact with every kind of value by every operator: allowed exactly where the types fit and have an order."""
    type_ = FACTS[name].type if name in FACTS else "any"
    for op in COMPARISONS:
        for value in EVERY_VALUE:
            has_order = type_ not in {"text", "set", "boolean"} and not isinstance(value, bool)
            allowed = value in VALUES[type_] and type(value) in OPERANDS[type_][0] and (op in {"==", "!="} or has_order)
            condition = Compare(name, op, value)
            assert passes(condition, of_line=name.startswith("line.")) == allowed, (name, op, value)


@pytest.mark.parametrize("name", [*FACTS, "line.attributes.size", "extra.weather"])
def test_facts_stand_where_they_are_known(name: str) -> None:
    """Line facts in selectors, all others outside; `where` only on sums over the cart."""
    value = VALUES[FACTS[name].type if name in FACTS else "any"][0]
    condition = Compare(name, "==", value)
    assert passes(condition, of_line=True) == name.startswith("line.")
    assert passes(All((Not(AnyOf((condition,))),)), of_line=False) != name.startswith("line.")
    counted = name.startswith("cart.") and name != "cart.currency"
    assert passes(replace(condition, where=LINE), of_line=False) == counted


WRONG_CONDITIONS = [
    (Compare("cart.subtotl", ">", 1), 'fact: unknown fact "cart.subtotl"; did you mean "cart.subtotal"?'),
    (Compare("line.attributes.", "==", "a"), 'fact: unknown fact "line.attributes."'),
    (Compare("cart.subtotal", "in", 5), "value: `in` needs a list, not 5"),
    (Compare("cart.subtotal", "in", (5, "a")), 'value[1]: "cart.subtotal" is an amount; compare it with an integer'),
    (Compare("cart.subtotal", "==", (5,)), 'value: `==` needs a single value, not a list; use "in"'),
    (Compare("cart.subtotal", ">", (5,)), "value: `>` needs a single value, not a list"),
    (Compare("cart.subtotal", "between", (5,)), "value: `between` needs two values, the lower and the upper, not 1"),
    (Compare("cart.subtotal", "between", (5, 4)), "value: the lower end 5 is above the upper end 4"),
    (Compare("extra.size", "between", (5, "a")), 'value: 5 and "a" have no order'),
    (Compare("extra.size", "between", (False, True)), "value: true and false have no order"),
    (Compare("context.channel", ">", "a"), 'op: "context.channel" is text and has no order'),
    (Compare("cart.quantity", ">", 1, where=CART), 'where.fact: "cart.subtotal" is not a fact of a line'),
    (Compare("cart.quantity", ">", 1, where=AnyOf((LINE, Compare("line.colour", "==", "a")))),
     'where.any[1].fact: unknown fact "line.colour"'),
    (Compare("context.hour", ">", 1, where=LINE), 'where: "context.hour" takes no `where`; these do: cart.subtotal'),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "message"), WRONG_CONDITIONS, ids=[message for _, message in WRONG_CONDITIONS])
def test_a_wrong_condition_says_what_is_wrong(condition: Predicate, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        check_promotion(giving(Percent(Decimal(1)), when=condition), Place())
    assert str(caught.value).startswith(f"benefits[0].when.{message}")


JUNK: list[Any] = [
    None,
    True,
    -1,
    1.5,
    float("nan"),
    10**5000,
    Decimal("sNaN"),
    "",
    "\ud800",
    b"a",
    (),
    ([],),
    [],
    {},
    {1: 2},
    object,
    NOON,
]


def parts(value: object) -> list[Any]:
    """The dataclasses that an object is made of, itself included."""
    if isinstance(value, tuple):
        return [part for one in value for part in parts(one)]
    if not is_dataclass(value):
        return []
    return [value, *[part for one in fields(value) for part in parts(getattr(value, one.name))]]


@given(promotion=objects(Promotion), root=objects(Group), data=st.data())
def test_whatever_stands_in_an_object_nothing_but_a_definition_error_is_raised(
    promotion: Promotion, root: Group, data: st.DataObject
) -> None:
    """A random field somewhere in it, frozen or not, holds something that does not belong there."""
    part = data.draw(st.sampled_from(parts((promotion, root))))
    name = data.draw(st.sampled_from([one.name for one in fields(part)]))
    before, junk = getattr(part, name), data.draw(st.sampled_from(JUNK))
    object.__setattr__(part, name, junk)
    try:
        check_promotions([promotion], root)
    except DefinitionError as error:
        str(error).encode()
    finally:
        object.__setattr__(part, name, before)  # parts at their default are shared by all promotions
