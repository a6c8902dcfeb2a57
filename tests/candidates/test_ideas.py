"""Every mechanism is proposed where the data allow it, runs in the engine, and sells nothing below cost."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from netlift.candidates.asked import Means, Partner
from netlift.candidates.candidate import Candidate, Goal, Scope
from netlift.candidates.generate import proposals
from netlift.candidates.ground import Ground
from netlift.candidates.idea import IDEAS
from netlift.candidates.ideas.bundles import KEPT
from netlift.candidates.making import FAMILY
from netlift.candidates.reasons import REASONS, said
from netlift.candidates.sources import Pair
from netlift.promotions.documents import Document, dumps, loads
from netlift.promotions.engine import evaluate
from netlift.promotions.mechanism import MECHANISMS
from netlift.promotions.quote import Quote
from tests.candidates.carts import cart_for, cost_of, facts_for, gift_cost, rows_on_offer
from tests.candidates.shops import asked, sources

SETS = {"quantity", "bundle", "gift"}
"""Families that are judged by the set of units, not by the unit."""


@cache
def everything() -> tuple[Candidate, ...]:
    """All that ideas come up with for the rich shop."""
    return tuple(one.candidate for one in proposals(sources(), asked()))


def one_of(kind: str) -> Candidate:
    return next(one for one in everything() if one.kind == kind)


def quoted(candidate: Candidate) -> Quote:
    return evaluate(cart_for(candidate, sources()), facts_for(candidate), candidate.promotions)


def test_every_mechanism_is_declared_by_some_idea() -> None:
    assert {kind for idea in IDEAS.values() for kind in idea.mechanisms} == set(MECHANISMS)


def test_every_mechanism_has_a_family() -> None:
    assert set(FAMILY) == set(MECHANISMS)


def test_every_mechanism_is_proposed_where_the_shop_has_what_it_needs() -> None:
    """The rich shop has birthdays, tags, stock, deliveries, partners, a platform, points, members and a festival."""
    assert {one.kind for one in everything()} == set(MECHANISMS)


def test_ideas_propose_only_what_they_declare() -> None:
    ground = Ground(sources(), asked())
    for kind in IDEAS:
        assert {draft.kind for draft in IDEAS[kind]().drafts(ground)} <= set(IDEAS[kind].mechanisms), kind


NEEDS = {
    "birthday": "birthdays", "price_list": "price lists", "platform_coupon": "platform", "cross_shop": "platform",
    "shop_coupon": "marketplace", "payment_discount": "payment", "joint_promotion": "partners",
    "earn_points": "points", "burn_points": "points", "presale_deposit": "festival", "clearance": "tagged",
    "flash_sale": "stock",
}  # fmt: skip
"""What no table of a plain shop tells, by mechanism; everything else is proposed from orders and goods alone."""


def test_what_a_plain_shop_is_not_offered_needs_data_that_it_does_not_have() -> None:
    """Without means, birthdays, tags, stock and festivals, exactly the mechanisms above are missing."""
    rich = sources()
    goods = replace(rich.catalogue.goods, stock=np.full(rich.catalogue.goods.size, np.nan), tags=np.array(
        [""] * rich.catalogue.goods.size, dtype=object))  # fmt: skip
    plain = replace(rich, birthdays=0, segments={}, catalogue=type(rich.catalogue)(goods, rich.catalogue.shelves))
    found = {one.candidate.kind for one in proposals(plain, asked(means=Means(), festivals=()))}
    assert set(MECHANISMS) - found == set(NEEDS)
    for kind, need in NEEDS.items():
        declared = [idea.mechanisms[kind] for idea in IDEAS.values() if kind in idea.mechanisms]
        assert any(need in text for text in declared), kind


@pytest.mark.parametrize("kind", sorted(MECHANISMS))
def test_the_engine_gives_what_a_candidate_promises(kind: str) -> None:
    """A cart that earns the offer gets a discount, a gift, points, a coupon or cheaper delivery from it."""
    for candidate in everything():
        if candidate.kind == kind:
            quote = quoted(candidate)
            given = quote.discount + quote.shipping_discount + quote.points + len(quote.gifts) + len(quote.credits)
            assert given > 0, (candidate.offer, quote.refusals)


@pytest.mark.parametrize("kind", sorted(MECHANISMS))
def test_no_unit_and_no_set_is_sold_below_cost(kind: str) -> None:
    """Without any floor in the cart, the forms themselves keep the cost of the goods on offer, gifts included."""
    for candidate in everything():
        if candidate.kind != kind or "below_cost" in candidate.why:
            continue
        whole = rows_on_offer(candidate, sources())
        for rows in [whole] if kind in {"bundle", "buy_x_get_y"} else [[row] for row in whole]:
            cart = cart_for(candidate, sources(), rows)
            quote = evaluate(cart, facts_for(candidate), candidate.promotions)
            given = sum(one.gift.quantity * gift_cost(one.gift.product, sources()) for one in quote.gifts)
            paid = sum(line.payable for line in quote.lines)
            assert paid >= cost_of(cart) + given, candidate.offer
            if FAMILY[kind] not in SETS:
                lines = {line.id: line for line in quote.lines}
                for line in cart.lines:
                    assert lines[line.id].payable >= (line.cost or 0) * line.quantity, candidate.offer


def test_stock_may_go_below_cost_only_if_it_is_to_be_cleared_and_then_it_is_said() -> None:
    losing = [one for one in everything() if "below_cost" in one.why]
    assert losing
    assert all(one.goal is Goal.CLEAR_STOCK and one.numbers["below_cost"] > 0 for one in losing)
    for one in losing:
        assert any(line.payable < sources_cost(line.product) * line.quantity for line in quoted(one).lines)
    kept = proposals(sources(), asked(goals=(Goal.PROFIT,)))
    assert not [one for one in kept if "below_cost" in one.candidate.why]


def sources_cost(product: str) -> int:
    return gift_cost(product, sources())


@pytest.mark.parametrize(
    ("worth", "kind", "form", "why"),
    [
        ({"depth": 0.1204}, "percent_off", {"off": "12"}, "as_before"),
        ({"depth": 0.1204, "estimated": True}, "percent_off", {"off": "10"}, "depth_estimated"),
        ({"depth": 0.02, "estimated": True}, "percent_off", {"off": "10"}, "depth_guessed"),
        ({"depth": None}, "percent_off", {"off": "10"}, "depth_guessed"),
        ({"depth": 0.0}, "percent_off", {"off": "0"}, "letter_only"),
        ({"depth": None, "face_minor": 595, "least_minor": 3611}, "spend_threshold", {"spend": 3611, "off": 595},
         "as_before"),
        ({"depth": None, "face_minor": 500}, "spend_threshold", {"spend": 2200, "off": 500}, "threshold_guessed"),
    ],
)  # fmt: skip
def test_what_was_done_before_is_repeated_as_it_was_as_far_as_it_is_known(
    worth: dict[str, float], kind: str, form: dict[str, object], why: str
) -> None:
    """The shop's usual per cents are 10; four times 5.00 are 20.00, and the next round amount is 22.00."""
    mail = next(past for past in sources().past if past.offer_id == "mail")
    known = replace(sources(), past=(mail._replace(**worth),))  # type: ignore[arg-type]
    (one,) = [one.candidate for one in proposals(known, asked()) if one.candidate.past == "mail"]
    assert (one.kind, one.form) == (kind, form)
    assert one.why[:2] == ("repeats_the_past", why)
    assert one.offer.mechanism == "campaign"
    assert one.offer.name.startswith("campaign mail · ")


def test_a_partner_of_two_categories_supports_these_and_no_others() -> None:
    means = Means(partners=(Partner("brand", 50, ("juice", "tea")), Partner("maker", 100)))
    found = [
        one.candidate for one in proposals(sources(), asked(means=means)) if one.candidate.kind == "joint_promotion"
    ]
    assert {(one.categories, one.scope) for one in found} == {(("juice", "tea"), Scope.SHOP), ((), Scope.SITE)}


def test_personal_promotions_need_a_token_or_their_code() -> None:
    for one in everything():
        trigger = one.promotions[0].trigger.kind
        if one.scope is Scope.PERSONAL:
            assert trigger == ("code" if one.kind == "coupon_code" else "token")
            assert one.channel in {"e-mail", "app"}
        elif one.kind != "coupon_code":
            assert trigger == "auto"


def bundles_of(q: float = 0.001, **changes: object) -> list[Candidate]:
    """Sets at one price, from two pairs of which the second is bought together less often."""
    goods = sources().catalogue.goods
    dear = [str(goods.product_id[row]) for row in np.lexsort((goods.product_id.astype(str), -goods.price))[:4]]
    pairs = (Pair(dear[2], dear[3], 90, 0.2, 2.0, q), Pair(dear[0], dear[1], 80, 0.2, 2.0, q))
    shop = replace(sources(), pairs=pairs, **changes)  # type: ignore[arg-type]
    return [one.candidate for one in proposals(shop, asked()) if one.candidate.kind == "bundle"]


def test_sets_keep_a_margin_and_say_when_they_pay() -> None:
    goods = sources().catalogue.goods
    found = bundles_of()
    assert len(found) == 2
    for one in found:
        rows = rows_on_offer(one, sources())
        paid, cost, listed = one.numbers["price_minor"], goods.cost[rows].sum(), goods.price[rows].sum()
        assert listed == one.numbers["list_minor"]
        assert paid - cost >= KEPT * paid
        # so many further sets at the new price make up for what those of today pay less
        assert one.numbers["further"] * (paid - cost) == pytest.approx(listed - paid, rel=1e-3)
        assert "pays_from_further_sets" in one.why


def test_what_is_sold_out_is_in_no_set() -> None:
    goods = sources().catalogue.goods
    dearest = int(np.lexsort((goods.product_id.astype(str), -goods.price))[0])
    stock = goods.stock.copy()
    stock[dearest] = 0.0
    left = bundles_of(catalogue=replace(sources().catalogue, goods=replace(goods, stock=stock)))
    assert len(left) == 1
    assert str(goods.product_id[dearest]) not in left[0].offer.products


def test_pairs_without_significance_make_no_set() -> None:
    assert (len(bundles_of(q=0.05)), len(bundles_of(q=0.06))) == (2, 0)


def test_promotions_survive_being_written_and_read() -> None:
    promotions = tuple(promotion for one in everything() for promotion in one.promotions)
    assert loads(dumps(Document(promotions))).promotions == promotions


def test_every_reason_is_said_in_both_languages() -> None:
    for one in everything():
        for lang in ("en", "zh-CN"):
            texts = said(one, "USD", lang)
            assert len(texts) == len(one.why) > 0
            assert not any("{" in text for text in texts)
    assert {code for one in everything() for code in one.why} <= set(REASONS)


def test_offers_name_what_one_use_takes_off_at_most() -> None:
    """No cart of ten times the units gets more than the face value, where there is one."""
    for one in everything():
        if one.offer.face_minor is not None and FAMILY[one.kind] not in {"gift", "points", "shipping"}:
            if one.kind in {"add_on", "personal_price"}:
                continue  # the price of one unit is taken down, whatever else is in the cart
            cart = cart_for(one, sources())
            many = type(cart)(cart.currency, tuple(replace(line, quantity=10 * line.quantity) for line in cart.lines))
            assert evaluate(many, facts_for(one), one.promotions).discount <= one.offer.face_minor, one.offer


def test_amounts_are_round() -> None:
    """At most two digits and zeros, as 4.50, 18.00 or 120; what was done before is repeated as it was."""
    for one in (one for one in everything() if one.past is None):
        for name in ("spend", "off", "step", "amount", "minimum", "most"):
            value = one.form.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                assert len(str(value).rstrip("0")) <= 2, (one.offer.name, name)
