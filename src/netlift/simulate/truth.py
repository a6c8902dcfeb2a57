"""What each promotion truly earned: the shop as it was less the shop without it, customer by customer."""

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netlift.simulate.block import Diary
from netlift.simulate.labels import customer_ids
from netlift.simulate.ledger import Ints, Ledger
from netlift.simulate.offers import Offer
from netlift.simulate.world import World

TRUTH = pa.schema(
    [
        ("promotion_id", pa.string()),
        ("kind", pa.string()),
        ("design", pa.string()),
        ("placebo", pa.bool_()),
        ("starts_at", pa.timestamp("us", tz="UTC")),
        ("ends_at", pa.timestamp("us", tz="UTC")),
        ("washout_days", pa.int64()),
        ("net_lift_minor", pa.int64()),
        ("net_lift_total_minor", pa.int64()),
        ("incremental_list_minor", pa.int64()),
        ("discount_given_minor", pa.int64()),
        ("gross_lift_minor", pa.int64()),
        ("incremental_minor", pa.int64()),
        ("pulled_forward_minor", pa.int64()),
        ("cannibalised_minor", pa.int64()),
        ("halo_minor", pa.int64()),
        ("extra_discount_minor", pa.int64()),
        ("extra_funded_minor", pa.int64()),
        ("extra_refunds_minor", pa.int64()),
        ("subsidy_minor", pa.int64()),
        ("discount_on_incremental_minor", pa.int64()),
        ("contact_cost_minor", pa.int64()),
        ("fixed_cost_minor", pa.int64()),
        ("shipping_minor", pa.int64()),
        ("n_treated", pa.int64()),
        ("n_redemptions", pa.int64()),
        ("before_after_minor", pa.int64()),
        ("redeemer_revenue_minor", pa.int64()),
    ]
)
"""One row for each promotion. `extra_...`: with less without, window and wash-out, so that
net_lift = incremental + halo - extra_discount + extra_funded - extra_refunds + shipping - contact_cost - fixed_cost.
`placebo`: its effect is switched off. `shipping_minor`: fees less postage, with less
without. The last two columns are what the usual answers would have claimed, for comparison."""

POTENTIAL = pa.schema(
    [
        ("customer_id", pa.string()),
        ("reached", pa.bool_()),
        ("profit_with_minor", pa.int64()),
        ("profit_without_minor", pa.int64()),
    ]
)
"""Profit of a customer over window and wash-out in both worlds; the contact's cost is in `with`."""


@dataclass
class Sums:
    """The truth of one promotion, added up over blocks; minor units."""

    net_lift: int = 0
    net_lift_total: int = 0
    incremental_list: int = 0
    discount_given: int = 0
    gross_lift: int = 0
    pulled_forward: int = 0
    cannibalised: int = 0
    halo: int = 0
    extra_discount: int = 0
    extra_funded: int = 0
    extra_refunds: int = 0
    subsidy: int = 0
    contact_cost: int = 0
    shipping: int = 0
    n_treated: int = 0
    n_redemptions: int = 0
    before_after: int = 0
    redeemer_revenue: int = 0

    def add(self, other: "Sums") -> None:
        """Add another block's sums."""
        for f in fields(self):
            setattr(self, f.name, getattr(self, f.name) + getattr(other, f.name))


@dataclass(frozen=True)
class _Side:
    """The lines of one world that can differ from the other, for one promotion."""

    cust: Ints
    day: Ints
    product: Ints
    list: Ints
    margin: Ints
    discount: Ints
    funded: Ints
    refunded: Ints
    order_day: Ints
    shipping: Ints
    """Fee less postage of each order."""


def judge(world: World, diary: Diary, books: Ledger, offer: Offer) -> Sums:
    """The sums of one promotion in one block."""
    sums = Sums()
    _count(diary, books, offer, sums)
    if offer.number in diary.dropped:
        reach = _part_of(diary, offer)
        with_it = _side(world, books, _factual_rows(books, diary, offer, reach))
        without = _side(world, books, _twin_rows(books, offer, reach))
        _compare(world, offer, with_it, without, sums)
        sums.subsidy = _subsidy(books, offer, without, reach)
        sums.contact_cost = _contact_cost(offer) * int(diary.assignments[offer.number].reached.sum())
        sums.net_lift -= sums.contact_cost
        sums.net_lift_total -= sums.contact_cost
    return sums


def _contact_cost(offer: Offer) -> int:
    """Cost of one contact; nothing where nobody is written to."""
    return offer.spec.contact_cost_minor * (offer.live and offer.spec.contacts)


def _part_of(diary: Diary, offer: Offer) -> NDArray[np.bool_]:
    """Customers who had the promotion in the shop as it was."""
    return diary.assignments[offer.number].holds


def _factual_rows(books: Ledger, diary: Diary, offer: Offer, who: NDArray[np.bool_]) -> tuple[slice, NDArray[np.bool_]]:
    """Orders of world 0 between the promotion's start and the day on which the worlds met again."""
    part = slice(0, books.factual)
    cust, day = books.cust[part], books.day[part]
    return part, who[cust] & (day >= offer.start) & (day < diary.dropped[offer.number][cust])


def _twin_rows(books: Ledger, offer: Offer, who: NDArray[np.bool_]) -> tuple[slice, NDArray[np.bool_]]:
    """Orders of the world without the promotion."""
    part = slice(*np.searchsorted(books.world, [offer.number + 1, offer.number + 2]))
    return part, who[books.cust[part]]


def _side(world: World, books: Ledger, rows: tuple[slice, NDArray[np.bool_]]) -> _Side:
    part, chosen = rows
    lines = slice(*np.searchsorted(books.order, [part.start, part.stop]))
    order = books.order[lines] - part.start
    at = np.flatnonzero(chosen[order]) + lines.start
    order = books.order[at]
    margin = books.list[at] - books.cost[at]
    postage = books.shipping[part][chosen] - world.config.shipping_cost_minor
    return _Side(
        books.cust[order], books.day[order], books.product[at], books.list[at], margin,
        books.discount[at], books.funded[at], books.refunded[at], books.day[part][chosen], postage,
    )  # fmt: skip


def _compare(world: World, offer: Offer, with_it: _Side, without: _Side, sums: Sums) -> None:
    """Every figure is a sum over one side less the same sum over the other."""
    for sign, side in ((1, with_it), (-1, without)):
        window, near = side.day < offer.end, side.day < offer.close
        goods = offer.goods[side.product]
        aisle = offer.aisles[world.goods.category[side.product]]
        early = side.order_day < offer.close
        profit = side.margin - side.discount + side.funded - side.refunded
        sums.net_lift += sign * int(profit[near].sum() + side.shipping[early].sum())
        sums.net_lift_total += sign * int(profit.sum() + side.shipping.sum())
        sums.shipping += sign * int(side.shipping[early].sum())
        sums.incremental_list += sign * int(side.list[near].sum())
        sums.gross_lift += sign * int(side.margin[window & goods].sum())
        sums.cannibalised -= sign * int(side.margin[window & aisle & ~goods].sum())
        sums.pulled_forward -= sign * int(side.margin[near & ~window & aisle].sum())
        sums.halo += sign * int(side.margin[near & ~aisle].sum())
        sums.extra_discount += sign * int(side.discount[near].sum())
        sums.extra_funded += sign * int(side.funded[near].sum())
        sums.extra_refunds += sign * int(side.refunded[near].sum())


def _subsidy(books: Ledger, offer: Offer, without: _Side, who: NDArray[np.bool_]) -> int:
    """Discount on what each customer would have bought of the goods in the window anyway.

    By customer: discount x min(list value bought without, list value discounted) / list value discounted.
    """
    line, amount = _window_gifts(books, offer)
    cust, n = books.cust[books.order[line]], len(who)
    paid = np.bincount(cust, amount, n)
    had = np.bincount(cust, books.list[line], n)
    window = (without.day < offer.end) & offer.goods[without.product]
    anyway = np.bincount(without.cust[window], without.list[window], n)
    share = np.minimum(anyway, had) / np.maximum(had, 1)
    return int(np.floor(paid * share + 0.5).sum())


def _window_gifts(books: Ledger, offer: Offer) -> tuple[Ints, Ints]:
    """Lines of world 0 and the discount that the promotion gave on them."""
    given = books.given.get(offer.number)
    if given is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    mine = given.line < books.factual_lines
    return given.line[mine], given.amount[mine]


def _count(diary: Diary, books: Ledger, offer: Offer, sums: Sums) -> None:
    """What the books of the shop as it was say by themselves."""
    sums.discount_given = int(_window_gifts(books, offer)[1].sum())
    used = _redeeming(books, offer)
    buyers = np.zeros(diary.people.count, bool)
    buyers[books.cust[: books.factual][used]] = True
    affected = diary.assignments[offer.number].reached if offer.spec.kind in _KNOWN else buyers
    sums.n_redemptions, sums.n_treated = int(used.sum()), int(affected.sum())
    order = books.order[: books.factual_lines]
    paid = (books.list - books.discount)[: books.factual_lines]
    sums.redeemer_revenue = int(paid[used[order]].sum())
    day, profit = books.day[order], books.profit[: books.factual_lines]
    mine, length = affected[books.cust[order]], offer.end - offer.start
    within = mine & (day >= offer.start) & (day < offer.end)
    before = mine & (day >= offer.start - length) & (day < offer.start)
    sums.before_after = int(profit[within].sum() - profit[before].sum())


_KNOWN = ("experiment", "campaign", "rollout")
"""Kinds whose treated customers are known; of the others those count who used it."""


def _redeeming(books: Ledger, offer: Offer) -> NDArray[np.bool_]:
    """Orders of world 0 that used the promotion; a display alone is not used."""
    used = (books.bits[: books.factual] >> np.uint64(offer.number)) & np.uint64(1) > 0
    if offer.shelf and offer.spec.benefit == "percent":
        code = books.code[: books.factual_lines]
        used[books.order[: books.factual_lines][code == offer.number + 1]] = True
    return used


def potential(world: World, diary: Diary, books: Ledger, offer: Offer) -> pa.Table:
    """Both outcomes of each customer whose twin was run, over window and wash-out."""
    people, mine, n = diary.people, diary.assignments[offer.number], diary.people.count
    if offer.number in diary.dropped:
        who = diary.dropped[offer.number] >= 0
    else:
        who = mine.reached
    order = books.order
    near = (books.day >= offer.start) & (books.day < offer.close)
    postage = books.shipping - world.config.shipping_cost_minor
    fact = near & (books.world == 0)
    twin = near & (books.world == offer.number + 1)
    apart = fact & (books.day < diary.dropped.get(offer.number, np.zeros(n, np.int64))[books.cust])

    def total(rows: NDArray[np.bool_]) -> Ints:
        lines = rows[order]
        goods = np.bincount(books.cust[order[lines]], books.profit[lines], n)
        return (goods + np.bincount(books.cust[rows], postage[rows], n)).astype(np.int64)

    actual = total(fact)
    other = actual - total(apart) + total(twin)
    contact = _contact_cost(offer)
    has = mine.holds if offer.live else mine.reached
    with_it = np.where(has, actual - contact * mine.reached, other - contact)
    without = np.where(has, other, actual)
    ids = customer_ids(people.first + np.flatnonzero(who))
    return pa.table([ids, has[who], with_it[who], without[who]], schema=POTENTIAL)


def truth_table(world: World, sums: dict[int, Sums]) -> pa.Table:
    """All promotions' truth, the fixed cost taken off once; empty if the shop was not run without them."""
    if not world.config.with_truth:
        return TRUTH.empty_table()
    return pa.Table.from_pylist([_row(world, o, sums[o.number]) for o in world.offers], schema=TRUTH)


def _row(world: World, offer: Offer, sums: Sums) -> dict[str, object]:
    spec, moment = offer.spec, world.config.moment
    fixed = spec.fixed_cost_minor * offer.live
    return {
        "promotion_id": spec.promotion_id,
        "kind": spec.kind,
        "design": spec.design,
        "placebo": not offer.live,
        "starts_at": moment(offer.start),
        "ends_at": moment(offer.end),
        "washout_days": spec.washout_days,
        "net_lift_minor": sums.net_lift - fixed,
        "net_lift_total_minor": sums.net_lift_total - fixed,
        "incremental_list_minor": sums.incremental_list,
        "discount_given_minor": sums.discount_given,
        "gross_lift_minor": sums.gross_lift,
        "incremental_minor": sums.gross_lift - sums.pulled_forward - sums.cannibalised,
        "pulled_forward_minor": sums.pulled_forward,
        "cannibalised_minor": sums.cannibalised,
        "halo_minor": sums.halo,
        "extra_discount_minor": sums.extra_discount,
        "extra_funded_minor": sums.extra_funded,
        "extra_refunds_minor": sums.extra_refunds,
        "subsidy_minor": sums.subsidy,
        "discount_on_incremental_minor": sums.discount_given - sums.subsidy,
        "contact_cost_minor": sums.contact_cost,
        "fixed_cost_minor": fixed,
        "shipping_minor": sums.shipping,
        "n_treated": sums.n_treated,
        "n_redemptions": sums.n_redemptions,
        "before_after_minor": sums.before_after,
        "redeemer_revenue_minor": sums.redeemer_revenue,
    }
