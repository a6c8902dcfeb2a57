"""The lint finds what is planted, shows a cart that proves it, and says nothing about sound promotions."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from typer.testing import CliRunner

from netlift.cli import app
from netlift.errors import DefinitionError, NetliftError
from netlift.promotions import (
    All,
    AmountOff,
    Benefit,
    Caps,
    Cart,
    Engine,
    FixedPrice,
    FreeGift,
    Group,
    Limits,
    Line,
    Percent,
    Policy,
    Promotion,
    Selector,
    Slot,
    Tier,
    Tiers,
    Trigger,
    Window,
)
from netlift.promotions import Test as Compare
from netlift.promotions.documents import Document, Request, dumps, read_request
from netlift.promotions.lint import Finding, lint
from netlift.promotions.lint_texts import FINDINGS
from netlift.promotions.lint_trials import Shop, Tried
from netlift.promotions.mechanism import MECHANISMS
from netlift.promotions.quote import Quote
from tests.promotions.strategies import World, worlds

TEA = Line("tea", 1000, 1, category=("tea",), cost=600)
CUP = Line("cup", 2000, 1, category=("cups",), cost=500)


def percent(name: str, off: int, **more: Any) -> Promotion:
    return Promotion(name, (Benefit(Percent(Decimal(off))),), **more)


def tiers(*rows: tuple[int, int], **more: Any) -> Promotion:
    effect = AmountOff(Tiers(tuple(Tier(start, value) for start, value in rows)))
    return Promotion("t", (Benefit(effect, allocation="across", **more),))


def codes_of(found: tuple[Finding, ...]) -> list[str]:
    return [one.code for one in found if one.severity != "notice"]


def only(found: tuple[Finding, ...], code: str) -> Finding:
    (one,) = [one for one in found if one.code == code]
    return one


def quote_of(found: Finding, promotions: list[Promotion], root: Group | None = None) -> Quote:
    """The engine's answer to the cart that a finding shows."""
    assert found.example is not None
    return Engine(promotions, root or Group()).quote(found.example.cart, found.example.facts)


def test_sound_promotions_are_left_alone() -> None:
    sound = [percent("tenth", 10), tiers((5000, 500), (10_000, 1500))]
    assert codes_of(lint(sound)) == []
    assert codes_of(lint(sound, products=[TEA, CUP])) == []
    assert lint([]) == ()


def test_two_that_take_something_off_the_same_goods_overlap() -> None:
    """10 % and 20 % of what is left: 28 %."""
    some = [percent("a", 10), percent("b", 20)]
    found = only(lint(some), "overlap")
    assert (found.severity, found.promotions) == ("notice", ("a", "b"))
    quote = quote_of(found, some)
    assert quote.discount * 100 == quote.total * 28
    apart = [
        Promotion("a", (Benefit(Percent(Decimal(10)), Selector(Compare("line.category", "==", "tea"))),)),
        Promotion("b", (Benefit(Percent(Decimal(20)), Selector(Compare("line.category", "==", "cups"))),)),
    ]
    assert lint(apart) == ()
    assert "overlap" not in [one.code for one in lint(some, Group(mode="best"))]


def test_stacking_that_gives_goods_away_is_an_error() -> None:
    """6.00 and 5.00 off tea at 10.00."""
    some = [Promotion(name, (Benefit(AmountOff(off)),)) for name, off in (("a", 600), ("b", 500))]
    found = only(lint(some, products=[replace(TEA, cost=None)]), "free_goods")
    assert (found.severity, found.promotions) == ("error", ("a", "b"))
    assert any(line.payable == 0 for line in quote_of(found, some).lines)
    assert "free_goods" not in codes_of(lint(some, products=[replace(CUP, cost=None)]))


def test_codes_are_stacked_too() -> None:
    """Neither code gives the goods away; who enters both gets them for nothing."""
    some = [
        Promotion(name, (Benefit(AmountOff(off)),), trigger=Trigger("code", (name,)), limits=Limits(per_customer=1))
        for name, off in (("SIX", 600), ("FIVE", 500))
    ]
    found = only(lint(some, products=[replace(TEA, cost=None)]), "free_goods")
    assert found.example is not None
    assert found.example.facts.codes == {"SIX", "FIVE"}


def test_a_single_promotion_that_makes_an_order_free_is_a_warning() -> None:
    some = [percent("all", 100), percent("tenth", 10)]
    found = only(lint(some), "free_order")
    assert (found.severity, found.promotions) == ("warning", ("all",))
    assert quote_of(found, some[:1]).payable == 0


def test_goods_below_cost_are_an_error_with_the_cart() -> None:
    """30 % and then 20 % off 10.00 is 5.60, and the tea costs 6.00; the cup at 11.20 costs 5.00."""
    some = [percent("a", 30), percent("b", 20)]
    found = only(lint(some, products=[TEA, CUP]), "below_cost")
    assert (found.severity, found.promotions) == ("error", ("a", "b"))
    assert found.en == "1 × tea would be sold for 5.60, and cost 6.00"
    assert [line.payable < 600 for line in quote_of(found, some).lines if line.product == "tea"] == [True]
    assert "below_cost" not in codes_of(lint(some, Group(mode="best"), products=[TEA, CUP]))  # 7.00


def test_costs_may_come_in_a_table_and_carts_as_products() -> None:
    some = [percent("a", 50)]
    cart = Cart("USD", (replace(TEA, cost=None), replace(CUP, cost=None)))
    found = only(lint(some, typical_carts=[cart], costs={"tea": 600}), "below_cost")
    assert found.example is not None
    assert found.example.cart.currency == "USD"
    assert "tea" in found.en
    assert codes_of(lint(some, typical_carts=[cart])) == []


def test_below_cost_is_found_where_only_a_larger_cart_gets_there() -> None:
    """45 % off from ten units on: 5.50 each, below 6.00; smaller carts are sound."""
    large = Promotion("p", (Benefit(Percent(Decimal(45)), when=Compare("cart.quantity", ">=", 10)),))
    found = only(lint([large], products=[TEA]), "below_cost")
    assert found.example is not None
    assert sum(line.quantity for line in found.example.cart.lines) >= 10


def test_a_gift_that_costs_more_than_the_order_earns_is_an_error() -> None:
    """Tea brings 4.00, the cup that comes with it costs 5.00."""
    gift = Promotion("gift", (Benefit(FreeGift("cup", 2000), Selector(Compare("line.category", "==", "tea"))),))
    gift = replace(gift, benefits=(replace(gift.benefits[0], when=Compare("cart.quantity", ">=", 1, _tea())),))
    found = only(lint([gift], products=[TEA, CUP]), "order_below_cost")
    assert found.promotions == ("gift",)
    quote = quote_of(found, [gift])
    costs = {"tea": 600, "cup": 500}
    assert quote.payable < sum(costs[line.product] * line.quantity for line in quote.lines)


def _tea() -> Compare:
    return Compare("line.category", "==", "tea")


@pytest.mark.parametrize(
    ("root", "changes"),
    [
        (Group(), {"exclusive": True}),
        (Group(mode="first"), {"priority": 1}),
        (Group(mode="best"), {}),
        (Group(mode="best", scope="unit"), {}),
    ],
)
def test_a_promotion_that_another_always_beats_is_named_with_the_winner(root: Group, changes: dict[str, Any]) -> None:
    some = [percent("big", 30, **changes), percent("small", 10)]
    found = only(lint(some, root), "always_beaten")
    assert found.promotions == ("small", "big")
    quote = quote_of(found, some, root)
    assert (quote.applied, set(quote.refusals)) == (("big",), {"small"})


def test_a_promotion_that_wins_on_some_cart_is_not_beaten() -> None:
    """30 % off tea only, 10 % off everything: on cups the small one wins."""
    big = Promotion("big", (Benefit(Percent(Decimal(30)), Selector(_tea())),))
    assert codes_of(lint([big, percent("small", 10)], Group(mode="best", scope="line"))) == []


def test_a_tier_that_the_cap_swallows_is_dead() -> None:
    """15.00 and 20.00 off, capped at 15.00."""
    found = only(lint([tiers((5000, 1500), (9000, 2000), caps=Caps(1500))]), "dead_tier")
    assert found.place == "promotions[0].benefits[0].effect.off.tiers[1]"
    assert "90.00" in found.en


def test_a_tier_that_the_condition_keeps_out_is_dead() -> None:
    when = Compare("cart.subtotal", "<", 9000)
    found = only(lint([tiers((5000, 500), (9000, 2000), when=when)]), "dead_tier")
    assert found.place.endswith("tiers[1]")


def test_a_tier_that_gives_less_than_the_one_below_is_found_with_both_amounts() -> None:
    found = only(lint([tiers((5000, 500), (9000, 400))]), "worse_tier")
    assert found.en.endswith("4.00 instead of 5.00")
    assert found.place.endswith("tiers[1]")


MAY = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "window",
    [
        Window(start=MAY, end=MAY + timedelta(days=1), weekdays=(1,)),  # a Friday
        Window(start=MAY, dates=(date(2026, 4, 1),)),
        Window(days_of_month=(31,), start=datetime(2026, 6, 1, tzinfo=UTC), end=datetime(2026, 7, 1, tzinfo=UTC)),
    ],
)
def test_a_window_that_never_opens_is_an_error(window: Window) -> None:
    assert codes_of(lint([percent("p", 10, window=window)])) == ["never_open"]


@pytest.mark.parametrize(
    "window",
    [
        Window(start=MAY, end=MAY + timedelta(hours=1)),
        Window(end=MAY, weekdays=(7,)),
        Window(dates=(date(2030, 2, 28),), time_zone="Asia/Shanghai"),
        Window(days_of_month=(31,), weekdays=(5,)),
    ],
)
def test_a_window_that_opens_is_sound_though_it_may_be_over(window: Window) -> None:
    assert codes_of(lint([percent("p", 10, window=window)])) == []


def test_an_audience_that_contradicts_itself_is_an_error() -> None:
    both = All((Compare("context.channel", "==", "app"), Compare("context.channel", "==", "web")))
    assert codes_of(lint([percent("p", 10, audience=both)])) == ["impossible_audience"]
    one = All((Compare("context.channel", "==", "app"), Compare("customer.segments", "==", "gold")))
    assert codes_of(lint([percent("p", 10, audience=one)])) == []


def test_goods_that_the_shop_does_not_sell_and_thresholds_that_fight_are_found() -> None:
    boots = Promotion("p", (Benefit(Percent(Decimal(10)), Selector(Compare("line.category", "==", "boots"))),))
    assert codes_of(lint([boots], products=[TEA])) == ["no_goods"]
    assert codes_of(lint([boots])) == []
    when = All((Compare("cart.subtotal", ">=", 9000), Compare("cart.subtotal", "<", 5000)))
    never = Promotion("p", (Benefit(Percent(Decimal(10)), when=when),))
    found = only(lint([never]), "never_applies")
    assert quote_of(found, [never]).applied == ()


def test_a_floor_that_leaves_nothing_is_found() -> None:
    found = only(lint([percent("p", 10)], products=[replace(TEA, floor=1000)]), "floor_voids")
    assert quote_of(found, [percent("p", 10)]).refusals == {"p": "at_floor"}
    assert codes_of(lint([percent("p", 10)], products=[replace(TEA, floor=900)])) == []


def test_codes_are_looked_at() -> None:
    shared = [
        percent("a", 10, trigger=Trigger("code", ("May",)), limits=Limits(budget=1000)),
        percent("b", 10, trigger=Trigger("code", ("x", "MAY")), limits=Limits(budget=1000)),
    ]
    assert only(lint(shared), "shared_code").promotions == ("a", "b")
    open_code = percent("a", 10, trigger=Trigger("code", ("MAY",)))
    assert codes_of(lint([open_code])) == ["unbounded_code"]
    counted = replace(open_code, limits=Limits(total=100))
    assert [one.code for one in lint([counted])] == ["limit_without_budget"]
    capped = replace(counted, benefits=(replace(counted.benefits[0], caps=Caps(500)),))
    assert lint([capped]) == ()


def test_a_best_deal_that_cannot_be_proved_in_the_budget_is_found() -> None:
    root = Group(mode="best", scope="unit")
    some = [
        Promotion("set", (Benefit(FixedPrice(900), Selector(order="dearest", group_size=3), allocation="across"),)),
        tiers((40_000, 700), (90_000, 2100)),
        Promotion("pair", (Benefit(Percent(Decimal(50)), Selector(slots=(Slot(discounted=False), Slot()))),)),
    ]
    found = only(lint(some, root, Policy(node_budget=20)), "unproved_best_deal")
    assert set(found.promotions) == {"set", "t", "pair"}
    assert found.example is not None
    quote = Engine(some, root, Policy(node_budget=20)).quote(found.example.cart, found.example.facts)
    assert quote.optimality == "best found"
    simple = [percent("a", 10), percent("b", 20)]
    assert "unproved_best_deal" not in [one.code for one in lint(simple, root)]


@pytest.mark.parametrize("kind", list(MECHANISMS))
def test_every_mechanism_gets_a_cart_on_which_it_gives_something(kind: str) -> None:
    """The first example of every mechanism, from its definition alone, without the example's own cart."""
    mechanism = MECHANISMS[kind]
    example = mechanism.examples[0]
    promotions = mechanism.read(example.form).build(kind, **example.common)
    shop = Shop((*promotions, *example.beside), example.root, example.policy, (), example.cart.currency)
    assert any(tried.gives or tried.gives_beside for tried in (Tried(shop, one) for one in promotions))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(most=3))
def test_any_set_can_be_looked_over_and_every_example_can_be_priced(world: World) -> None:
    products = [replace(line, total=None) for line in world.cart.lines]
    found = lint(world.promotions, world.root, world.policy, products=products)
    engine = Engine(world.promotions, world.root, world.policy)
    for one in found:
        assert one.code in FINDINGS
        assert "{" not in one.en + one.zh_CN
        assert set(one.promotions) <= {promotion.id for promotion in world.promotions}
        if one.example is not None:
            engine.quote(one.example.cart, one.example.facts)
    assert found == lint(world.promotions, world.root, world.policy, products=products)


def test_findings_come_worst_first_and_a_wrong_definition_is_an_error() -> None:
    found = lint([percent("a", 30), percent("b", 20)], products=[TEA])
    assert [one.severity for one in found] == ["error", "notice"]
    assert found[0].text("zh_CN") == found[0].zh_CN != found[0].en == found[0].text()
    with pytest.raises(DefinitionError, match=r"promotions\[0\]"):
        lint([percent("a", 130)])


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["lint", *map(str, arguments)])


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    path = tmp_path / "promotions.json"
    path.write_text(dumps(Document((percent("a", 30), percent("b", 20)))), "utf-8")
    return path


@pytest.fixture
def cart(tmp_path: Path) -> Path:
    path = tmp_path / "cart.json"
    line = {"id": "1", "product": "tea", "unit_price": 1000, "quantity": 2, "cost": 600}
    path.write_text(json.dumps({"cart": {"currency": "CNY", "lines": [line]}}), "utf-8")
    return path


def test_the_command_prints_a_table_and_exits_with_1_only_where_errors_are(definitions: Path, cart: Path) -> None:
    sound = run(definitions)
    assert (sound.exit_code, "errors: 0" in sound.output) == (0, True)
    found = run(definitions, "--cart-file", cart)
    assert (found.exit_code, "errors: 1" in found.output) == (1, True)
    assert "错误" in run(definitions, "--cart-file", cart, "--lang", "zh-CN").output


def test_the_command_takes_products_and_costs_from_a_workspace(definitions: Path, tmp_path: Path) -> None:
    """At a margin of 30 % tea at 3.50 costs 2.45, and 30 % and 20 % off leave 1.96; a margin of 60 % stays sound."""
    for margin, code in (("0.3", 1), ("0.6", 0)):
        orders, shop = tmp_path / "orders.csv", tmp_path / f"shop-{code}"
        rows = "1,2025-01-02 10:00:00,tea,2,3.50,EUR\n2,2025-01-03 10:00:00,tea,1,3.50,EUR\n"
        orders.write_text("order_id,ordered_at,product_id,quantity,unit_price,currency\n" + rows, "utf-8")
        taken = CliRunner().invoke(app, ["ingest", str(orders), "--workspace", str(shop), "--margin", margin])
        assert taken.exit_code == 0, taken.output
        result = run(definitions, "--workspace", shop, "--json")
        assert result.exit_code == code, result.output
        errors = [one["text"] for one in json.loads(result.output)["findings"] if one["severity"] == "error"]
        assert errors == ["1 × tea would be sold for 1.96, and cost 2.45"][:code]


def test_the_command_prints_json_whose_carts_can_be_quoted(definitions: Path, cart: Path) -> None:
    result = run(definitions, "--cart-file", cart, "--json")
    found = json.loads(result.output)
    assert (result.exit_code, found["errors"], found["findings"][0]["code"]) == (1, 1, "below_cost")
    request = read_request(found["findings"][0]["example"])
    assert isinstance(request, Request)
    assert request.cart.currency == "CNY"


def test_the_guide_finds_what_it_says(repository: Path, tmp_path: Path) -> None:
    """Its two files are linted as they are printed, and its table names every code that there is."""
    page = (repository / "docs" / "howto" / "lint-promotions.md").read_text("utf-8")
    files = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    for name, content in zip(("promotions.json", "cart.json"), files, strict=True):
        (tmp_path / name).write_text(content, "utf-8")
    result = run(tmp_path / "promotions.json", "--cart-file", tmp_path / "cart.json", "--json")
    said = re.search(r"The command finds (.*?)\.\n", page, re.DOTALL)
    assert said is not None
    found = [one["code"] for one in json.loads(result.output)["findings"]]
    assert set(re.findall(r"`(\w+)`", said[1])) == set(found)
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(FINDINGS)
    for code, severity in re.findall(r"^\| `(\w+)` \| (\w+) \|", page, re.MULTILINE):
        assert FINDINGS[code][0] == severity


def test_the_command_refuses_what_it_cannot_use(definitions: Path, cart: Path, tmp_path: Path) -> None:
    refused: tuple[tuple[object, ...], ...] = (
        (tmp_path / "none.json",),
        (cart,),
        (definitions, "--cart-file", definitions),
        (definitions, "--currency", "euro"),
        (definitions, "--workspace", tmp_path),
        (definitions, "--lang", "tlh"),
    )
    for arguments in refused:
        assert isinstance(run(*arguments).exception, NetliftError), arguments
