"""Random carts, shoppers, promotions, groups and policies: everything the language allows, in small sizes.

`local=True` draws promotions that look at goods of the shop's own categories only, never at the cart as a whole, so
that a line of another category must change nothing for them.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from hypothesis import strategies as st

from netlift.promotions import (
    AddOn,
    All,
    AmountOff,
    Any,
    Benefit,
    BurnPoints,
    Caps,
    Cart,
    Deposit,
    EarnPoints,
    Facts,
    FixedPrice,
    FreeGift,
    Group,
    Hours,
    Limits,
    Line,
    NextOrderCoupon,
    Not,
    Percent,
    Policy,
    Predicate,
    Promotion,
    Selector,
    Share,
    Shipping,
    ShippingOff,
    Slot,
    Steps,
    Test,
    Tier,
    Tiers,
    Trigger,
    Window,
)

CATEGORIES, BRANDS, TAGS, SELLERS = (
    ("shoes", "tea", "toys"),
    ("", "acme", "zen"),
    ("new", "gift"),
    ("", "north", "south"),
)
NOW = datetime(2026, 11, 11, 20, 30, tzinfo=UTC)  # a Wednesday
RATES = tuple(map(Decimal, ("0", "3", "7.5", "10", "12.35", "33.33", "50", "99.99", "100")))
RULES = ("half_up", "half_even", "half_down", "down", "up")
SCOPES = {
    "stack": ("order", "line", "unit", "shop"),
    "first": ("order", "line", "unit", "shop"),
    "best": ("order", "line", "unit", "shop"),
    "lowest_cost": ("order", "line", "shop"),
}
LOCAL = Test("line.category", "in", CATEGORIES)


class World(NamedTuple):
    """Everything that an evaluation takes."""

    cart: Cart
    facts: Facts
    promotions: tuple[Promotion, ...]
    root: Group
    policy: Policy


money = st.one_of(st.integers(0, 300), st.integers(0, 20_000), st.sampled_from((0, 1, 3, 99, 999, 1000, 1999, 9900)))
prices = st.one_of(st.integers(0, 40), st.integers(1, 20_000), st.sampled_from((0, 1, 99, 100, 333, 1999, 9999)))
some_rates = st.sampled_from(RATES)


@st.composite
def lines(draw: st.DrawFn, name: str, *, most: int = 4) -> Line:
    price = draw(prices)
    quantity = draw(st.integers(1, most))
    whole = price * quantity
    return Line(
        name,
        unit_price=price,
        quantity=quantity,
        product=draw(st.sampled_from(("", "p1", "p2"))),
        category=tuple(sorted(draw(st.sets(st.sampled_from(CATEGORIES), min_size=1, max_size=2)))),
        brand=draw(st.sampled_from(BRANDS)),
        tags=tuple(sorted(draw(st.sets(st.sampled_from(TAGS))))),
        seller=draw(st.sampled_from(SELLERS)),
        attributes=draw(st.sampled_from(({}, {"size": 3}, {"size": 5, "colour": "red"}))),
        list_price=draw(st.sampled_from((None, None, price, price + 250))),
        price_lists=draw(st.sampled_from(({}, {"member": price * 9 // 10}, {"member": price + 1}))),
        floor=draw(st.sampled_from((0, 0, 0, price // 2, price, price + 5))),
        cost=draw(st.sampled_from((None, price // 3))),
        tax_rate=draw(st.sampled_from((Decimal(0), Decimal("8.25"), Decimal(19)))),
        total=draw(st.sampled_from((None, None, None, max(0, whole - 1), whole + quantity))),
    )


@st.composite
def carts(draw: st.DrawFn, *, most_lines: int = 4, most_units: int = 4) -> Cart:
    names = draw(st.permutations(("a", "b", "c", "d")))[: draw(st.integers(1, most_lines))]
    ways = draw(st.integers(0, 2))
    return Cart(
        "EUR",
        tuple(draw(lines(name, most=most_units)) for name in names),
        tuple(
            Shipping(name, draw(money), draw(st.sampled_from((Decimal(0), Decimal(19)))))
            for name in ("mail", "van")[:ways]
        ),
    )


@st.composite
def line_conditions(draw: st.DrawFn, depth: int = 1) -> Predicate:
    if depth and draw(st.integers(0, 3)) == 0:
        parts = tuple(draw(st.lists(line_conditions(depth - 1), min_size=1, max_size=2)))
        return draw(st.sampled_from((All(parts), Any(parts), Not(parts[0]))))
    return draw(
        st.sampled_from(
            (
                Test("line.category", "==", "shoes"),
                Test("line.category", "in", ("tea", "toys")),
                Test("line.brand", "!=", "acme"),
                Test("line.tags", "==", "new"),
                Test("line.seller", "in", ("north", "south")),
                Test("line.price", ">=", 500),
                Test("line.quantity", "between", (2, 3)),
                Test("line.running_total", ">", 100),
                Test("line.on_sale", "==", False),
                Test("line.discounted", "==", False),
                Test("line.groups", "not in", ("g1",)),
                Test("line.attributes.size", ">=", 4),
            )
        )
    )


@st.composite
def cart_conditions(draw: st.DrawFn, *, local: bool, depth: int = 1) -> Predicate:
    if depth and draw(st.integers(0, 3)) == 0:
        parts = tuple(draw(st.lists(cart_conditions(local=local, depth=depth - 1), min_size=1, max_size=2)))
        return draw(st.sampled_from((All(parts), Any(parts), Not(parts[0]))))
    if draw(st.booleans()):
        return draw(
            st.sampled_from(
                (
                    Test("customer.segments", "==", "gold"),
                    Test("customer.order_number", "==", 1),
                    Test("customer.is_birthday_month", "==", True),
                    Test("context.channel", "in", ("app", "web")),
                    Test("context.hour", ">=", 20),
                    Test("extra.weather", "==", "rain"),
                )
            )
        )
    fact, op, value = draw(
        st.sampled_from(
            (
                ("cart.subtotal", ">=", 3000),
                ("cart.running_subtotal", ">=", 1000),
                ("cart.list_subtotal", "between", (0, 20_000)),
                ("cart.quantity", ">=", 3),
                ("cart.lines", ">=", 2),
                ("cart.products", ">", 1),
                ("cart.max_line_quantity", "<=", 3),
            )
        )
    )
    where = draw(st.one_of(st.none(), line_conditions()))
    return Test(fact, op, value, where=_local(where) if local else where)


def _local(where: Predicate | None) -> Predicate:
    return LOCAL if where is None else All((LOCAL, where))


@st.composite
def measured(draw: st.DrawFn, *, local: bool, rate: bool = False) -> Tiers | Steps:
    measures = ["selection.amount", "selection.subtotal", "selection.quantity"]
    if not local:
        measures += ["cart.subtotal", "cart.running_subtotal", "cart.quantity"]
    of = draw(st.sampled_from(measures))
    small = of.endswith("quantity")
    if not rate and draw(st.booleans()):
        step = draw(st.integers(1, 3) if small else st.sampled_from((50, 500, 3000)))
        return Steps(step, draw(st.integers(1, 700)), of, draw(st.one_of(st.none(), st.integers(1, 3))))  # type: ignore[arg-type]
    starts = sorted(draw(st.sets(st.integers(1, 8) if small else st.integers(0, 9000), min_size=1, max_size=3)))
    values = [draw(some_rates if rate else money) for _ in starts]
    return Tiers(tuple(Tier(start, value) for start, value in zip(starts, values, strict=True)), of)  # type: ignore[arg-type]


@st.composite
def targets(draw: st.DrawFn, *, local: bool) -> Selector:
    where = draw(st.one_of(st.none(), line_conditions()))
    if local:
        where = _local(where)
    order = draw(st.sampled_from(("given", "cheapest", "dearest", "largest_line")))
    few = st.one_of(st.none(), st.none(), st.integers(1, 3))
    kind = draw(st.sampled_from(("all", "all", "some", "groups", "slots")))
    if kind == "all":
        return Selector(where, order=order)
    if kind == "slots":
        slots = tuple(
            Slot(
                draw(st.integers(1, 2)),
                draw(st.one_of(st.none(), line_conditions(0))),
                draw(orders),
                draw(st.booleans()),
            )
            for _ in range(draw(st.integers(1, 2)))
        )
        return Selector(where, slots=slots, max_groups=draw(few))
    if kind == "some":
        return Selector(
            where,
            order=order,
            max_units=draw(few),
            max_units_per_line=draw(few),
            skip_units=draw(st.integers(0, 2)),
            same_line=draw(st.booleans()),
            min_units=draw(st.integers(0, 3)),
        )
    size = draw(st.integers(1, 3))
    return Selector(
        where,
        order=order,
        group_size=size,
        positions=tuple(sorted(draw(st.sets(st.integers(1, size), max_size=2)))),
        complete=draw(st.booleans()),
        same_line=draw(st.booleans()),
        max_groups=draw(few),
        max_units=draw(few),
        max_units_per_line=draw(few),
    )


orders = st.sampled_from(("given", "cheapest", "dearest"))


@st.composite
def benefits(draw: st.DrawFn, *, local: bool = False) -> Benefit:
    amount = st.one_of(money, measured(local=local))
    kind = draw(st.sampled_from(("percent", "percent", "amount", "amount", "price", "goods", "beside")))
    if kind == "percent":
        effect = Percent(draw(st.one_of(some_rates, measured(local=local, rate=True))))
    elif kind == "amount":
        effect = AmountOff(draw(amount))
    elif kind == "price":
        effect = FixedPrice(price_list="member") if draw(st.booleans()) else FixedPrice(draw(amount))
    elif kind == "goods":
        effect = draw(
            st.one_of(
                st.builds(BurnPoints, st.integers(1, 100), st.integers(1, 100), some_rates),
                st.builds(Deposit, st.sampled_from((Decimal(1), Decimal("1.5"), Decimal(3)))),
            )
        )
    else:
        effect = draw(
            st.one_of(
                st.builds(FreeGift, st.just("mug"), prices, st.integers(1, 2)),
                st.builds(
                    lambda product, one, other: AddOn(product, max(one, other), min(one, other)),
                    st.sampled_from(("cup", "pen")),
                    prices,
                    prices,
                ),
                st.builds(ShippingOff, percent=some_rates),
                st.builds(ShippingOff, amount=money, methods=st.sampled_from(((), ("van",)))),
                st.builds(ShippingOff, price=money),
                st.builds(EarnPoints, amount),
                st.builds(NextOrderCoupon, amount, money),
            )
        )
    when = draw(st.one_of(st.none(), st.none(), cart_conditions(local=local)))
    if local and not effect.needs_goods:
        some = Test("cart.quantity", ">=", 1, where=LOCAL)
        when = some if when is None else All((some, when))
    return Benefit(
        effect,
        draw(targets(local=local)),
        when,
        draw(st.sampled_from(("unit", "line", "across"))),
        Caps() if kind == "beside" else draw(st.one_of(st.just(Caps()), st.builds(Caps, money, st.booleans()))),
    )


windows = st.sampled_from(
    (
        Window(),
        Window(),
        Window(start=NOW - timedelta(days=1), end=NOW + timedelta(days=1)),
        Window(start=NOW + timedelta(hours=1)),
        Window(time_zone="Asia/Shanghai", weekdays=(3, 4), hours=(Hours(time(22), time(6)),)),
        Window(dates=(date(2026, 11, 11),)),
    )
)
shares = st.sampled_from(
    (
        (),
        (),
        (Share("brand", Decimal(60)), Share("", Decimal(40))),
        (Share("brand", Decimal("33.3")), Share("platform", Decimal("33.35")), Share("bank", Decimal("33.35"))),
    )
)


@st.composite
def promotions(draw: st.DrawFn, name: str, groups: tuple[str, ...] = ("",), *, local: bool = False) -> Promotion:
    return Promotion(
        name,
        tuple(draw(st.lists(benefits(local=local), min_size=1, max_size=2))),
        version=draw(st.integers(1, 3)),
        window=draw(windows),
        audience=draw(st.one_of(st.none(), st.none(), st.none(), cart_conditions(local=local))),
        trigger=draw(st.sampled_from((Trigger(), Trigger(), Trigger("code", ("SAVE", "x")), Trigger("token")))),
        limits=draw(
            st.one_of(
                st.just(Limits()),
                st.builds(Limits, st.sampled_from((None, 5)), st.sampled_from((None, 1)), money, st.booleans()),
            )
        ),
        group=draw(st.sampled_from(groups)),
        priority=draw(st.integers(-1, 2)),
        exclusive=draw(st.integers(0, 5)) == 0,
        seller=draw(st.sampled_from((None, None, None, "north"))),
        funding=draw(shares),
        level=draw(st.sampled_from(("cart", "cart", "cart", "catalog"))),
    )


@st.composite
def groups(draw: st.DrawFn, name: str = "", children: tuple[Group, ...] = ()) -> Group:
    mode = draw(st.sampled_from(tuple(SCOPES)))
    scope = draw(st.sampled_from([one for one in SCOPES[mode] if not (children and (mode, one) == ("best", "unit"))]))
    base = draw(st.sampled_from((None, None, "running", "original")))
    return Group(name, mode, scope, base, children, draw(st.integers(-1, 1)))  # type: ignore[arg-type]


@st.composite
def trees(draw: st.DrawFn) -> Group:
    shape = draw(st.integers(0, 3))
    if shape == 0:
        return draw(groups())
    if shape == 1:
        return draw(groups(children=(draw(groups("g1")),)))
    if shape == 2:
        return draw(groups(children=(draw(groups("g1")), draw(groups("g2")))))
    return draw(groups(children=(draw(groups("g1", children=(draw(groups("g2")),))),)))


def names_of(root: Group) -> tuple[str, ...]:
    """Ids of a tree."""
    return (root.id, *[name for child in root.children for name in names_of(child)])


def contested(root: Group) -> frozenset[str]:
    """Groups of a tree in which promotions compete for lines, or which do so as a whole; no payment may."""
    if root.scope == "line" and root.mode in {"best", "lowest_cost"}:
        return frozenset(names_of(root))
    return frozenset().union(*map(contested, root.children))


def without_payments(one: Promotion, contested_groups: frozenset[str] = frozenset({""})) -> Promotion:
    """The promotion, without points and deposits that pay where lines are competed for."""
    if one.group not in contested_groups:
        return one
    kept = tuple(benefit for benefit in one.benefits if not isinstance(benefit.effect, BurnPoints | Deposit))
    return replace(one, benefits=kept or (Benefit(Percent(Decimal(10)), Selector(LOCAL)),))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    switch = st.sampled_from
    return Policy(
        rounding=draw(switch(RULES)),
        rounds=draw(switch(("discount", "price"))),
        granularity=draw(switch(("line", "unit", "order"))),
        remainder=draw(switch(("largest", "first", "last", "carry"))),
        share_rounding=draw(switch(RULES)),
        base=draw(switch((None, None, "running", "original"))),
        partial_base=draw(switch(("units", "units", "line"))),
        prices_include_tax=draw(st.booleans()),
        tax_rounding=draw(switch(RULES)),
        tax_granularity=draw(switch(("line", "line", "order"))),
        respect_floors=draw(switch((True, True, False))),
        catalog_rounds=draw(switch((None, "price", "discount"))),
        reclaim_on_return=draw(st.booleans()),
    )


@st.composite
def shoppers(draw: st.DrawFn) -> Facts:
    known = draw(st.booleans())
    return Facts(
        now=NOW,
        codes=draw(st.sampled_from((frozenset(), frozenset({"save"})))),
        tokens=draw(st.frozensets(st.sampled_from(("p0", "p1", "p2")))),
        channel=draw(st.sampled_from((None, "app", "shop"))),
        customer="c1" if known else None,
        segments=frozenset({"gold"}) if known else draw(st.sampled_from((None, frozenset()))),
        orders_placed=draw(st.sampled_from((None, 0, 4))),
        birthday=draw(st.sampled_from((None, date(1990, 11, 30)))),
        uses=draw(st.sampled_from(({}, {"p0": 5}))),
        customer_uses=draw(st.sampled_from(({}, {"p1": 1}))),
        spent=draw(st.sampled_from(({}, {"p0": 100, "p1": 9_000}))),
        points=draw(st.sampled_from((0, 0, 500, 100_000))),
        deposits=draw(st.sampled_from(({}, {"p0": 300, "p2": 5000}))),
        declined=draw(st.sampled_from((frozenset(), frozenset({"p0"})))),
        chosen=draw(st.sampled_from(({}, {"p1": ("cup",), "p2": ("pen",)}))),
        extra=draw(st.sampled_from(({}, {"weather": "rain"}))),
    )


@st.composite
def worlds(draw: st.DrawFn, *, local: bool = False, most: int = 4) -> World:
    root = draw(trees())
    named, lines_of = names_of(root), contested(root)
    count = draw(st.integers(1, most))
    return World(
        draw(carts()),
        draw(shoppers()),
        tuple(
            without_payments(draw(promotions(f"p{number}", named, local=local)), lines_of) for number in range(count)
        ),
        root,
        replace(draw(policies()), node_budget=3_000),
    )
