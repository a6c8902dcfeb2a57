"""What holds for every quote, whatever the promotions, the cart, the shopper and the policy are."""

import json
from collections import Counter
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from netlift.promotions import Cart, Engine, Line, Quote, Shipping, codec
from netlift.promotions.documents import (
    Document,
    Request,
    read_document,
    read_policy,
    read_quote,
    read_request,
    to_json,
    write_document,
)
from netlift.promotions.state import even_units
from tests.promotions.strategies import World, worlds

EXAMPLES = 100


def quoted(world: World) -> Quote:
    """Priced by an engine of its own, which remembers nothing."""
    return Engine(world.promotions, world.root, world.policy).quote(world.cart, world.facts)


def by_promotion(quote: Quote) -> Mapping[str, int]:
    """Discount on goods, gifts and delivery."""
    found: Counter[str] = Counter()
    for one in (*quote.adjustments, *quote.shipping_adjustments):
        found[one.promotion] += one.amount
    return found


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_units_add_up_to_adjustments_adjustments_to_lines_and_lines_to_the_quote(world: World) -> None:
    quote = quoted(world)
    quantity = {line.id: line.quantity for line in quote.lines}
    off = Counter[str]()
    for one in quote.adjustments:
        assert len(one.units) == quantity[one.line]
        assert sum(one.units) == one.amount > 0
        assert min(one.units) >= 0
        off[one.line] += one.amount
    assert all(off[line.id] == line.discount for line in quote.lines)
    assert set(off) <= {line.id for line in quote.lines}
    assert quote.discount == sum(line.discount for line in quote.lines)
    assert quote.total == sum(line.total for line in quote.lines) + sum(one.price for one in quote.shipping)
    on_way = Counter[str]()
    for way in quote.shipping_adjustments:
        on_way[way.shipping] += way.amount
    assert all(on_way[one.id] == one.discount <= one.price for one in quote.shipping)
    assert quote.shipping_discount == sum(on_way.values())


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_net_and_tax_add_up_to_gross_on_every_line_and_in_the_quote(world: World) -> None:
    quote = quoted(world)
    parts = [(line.net, line.tax, line.gross, line.payable) for line in quote.lines]
    parts += [(one.net, one.tax, one.gross, one.price - one.discount) for one in quote.shipping]
    for net, tax, gross, payable in parts:
        assert net + tax == gross
        assert tax >= 0
        assert payable == (gross if world.policy.prices_include_tax else net)
    assert (quote.net, quote.tax, quote.gross) == tuple(sum(part[place] for part in parts) for place in range(3))
    assert quote.payable == (quote.gross if world.policy.prices_include_tax else quote.net)


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_what_parties_pay_is_exactly_what_was_given(world: World) -> None:
    quote = quoted(world)
    assert sum(quote.funding.values()) == quote.discount + quote.shipping_discount
    assert min(quote.funding.values(), default=0) >= 0
    parties = {share.party for one in world.promotions for share in one.funding} | {""}
    assert set(quote.funding) <= parties


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_no_line_and_no_unit_costs_less_than_its_floor(world: World) -> None:
    quote = quoted(world)
    lines = {line.id: line for line in world.cart.lines}
    left = {line.id: even_units(line.total, line.quantity) for line in quote.lines}
    for one in quote.adjustments:
        left[one.line] = [unit - off for unit, off in zip(left[one.line], one.units, strict=True)]
    for line in quote.lines:
        assert 0 <= line.discount <= line.total
        floor = lines[line.id].floor if line.id in lines and world.policy.respect_floors else 0
        assert line.payable >= min(line.total, floor * line.quantity)
        for unit, price in zip(left[line.id], even_units(line.total, line.quantity), strict=True):
            assert unit >= min(price, floor)


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_no_promotion_gives_more_than_its_budget_leaves(world: World) -> None:
    given = by_promotion(quoted(world))
    for one in world.promotions:
        if one.limits.budget is not None:
            assert given.get(one.id, 0) <= max(0, one.limits.budget - world.facts.spent.get(one.id, 0))


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_every_promotion_is_either_applied_or_refused_with_a_reason(world: World) -> None:
    quote = quoted(world)
    assert set(quote.applied) | set(quote.refusals) == {one.id for one in world.promotions}
    assert set(quote.applied).isdisjoint(quote.refusals)
    assert len(set(quote.applied)) == len(quote.applied)
    assert dict(quote.versions) == {one.id: one.version for one in world.promotions if one.id in quote.applied}
    assert set(by_promotion(quote)) <= set(quote.applied)


@settings(max_examples=EXAMPLES)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_promotions_lines_and_deliveries_changes_nothing(world: World, chance: object) -> None:
    quote = quoted(world)
    cart = world.cart
    promotions, lines, ways = list(world.promotions), list(cart.lines), list(cart.shipping)
    for some in (promotions, lines, ways):
        chance.shuffle(some)  # type: ignore[attr-defined]
    shuffled = world._replace(promotions=tuple(promotions), cart=Cart(cart.currency, tuple(lines), tuple(ways)))
    assert ordered(quoted(shuffled)) == ordered(quote)


def ordered(quote: Quote) -> dict[str, object]:
    """A quote with lines and deliveries by id, which a cart gives in any order."""
    written = to_json(quote)
    for key, name in (("lines", "id"), ("shipping", "id"), ("adjustments", ""), ("shipping_adjustments", "")):
        written[key] = sorted(written.get(key, []), key=lambda one: one[name] if name else json.dumps(one))
    return written


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_an_engine_answers_the_same_again_whatever_it_priced_between(world: World) -> None:
    engine = Engine(world.promotions, world.root, world.policy)
    first = engine.quote(world.cart, world.facts)
    other = Cart("EUR", (Line("z", 777, 5, category=("tea",), tags=("new",)),), (Shipping("van", 399),))
    engine.quote(other, world.facts)
    assert engine.quote(world.cart, world.facts) == first == quoted(world)


@settings(max_examples=EXAMPLES)
@given(worlds(local=True), st.sampled_from(("0", "bb", "z")), st.integers(0, 9000))
def test_a_line_that_no_promotion_is_about_changes_nothing_for_the_others(world: World, name: str, price: int) -> None:
    """A line of another category, brand and seller; its id puts it before, between or after the others."""
    quote = quoted(world)
    other = Line(name, price, 2, "unrelated", ("garden",), "nobody", ("none",), seller="elsewhere")
    more = quoted(world._replace(cart=Cart("EUR", (*world.cart.lines, other), world.cart.shipping)))
    assert more.adjustments == quote.adjustments
    assert more.shipping_adjustments == quote.shipping_adjustments
    assert more.applied == quote.applied
    assert more.refusals == quote.refusals
    assert (more.points, more.credits, more.gifts) == (quote.points, quote.credits, quote.gifts)
    assert more.total == quote.total + 2 * price


@settings(max_examples=EXAMPLES)
@given(worlds())
def test_what_is_written_as_json_and_read_again_is_priced_the_same(world: World) -> None:
    document, request = Document(world.promotions, world.root), Request(world.cart, world.facts)
    read = read_document(json.loads(json.dumps(write_document(document))))
    asked = read_request(json.loads(json.dumps(codec.write(request))))
    policy = read_policy(json.loads(json.dumps(codec.write(world.policy))))
    assert (read, asked, policy) == (document, request, world.policy)
    quote = quoted(world)
    assert Engine(read.promotions, read.root, policy).quote(asked.cart, asked.facts) == quote
    assert read_quote(json.loads(json.dumps(to_json(quote)))) == quote
