"""For any candidate a cart that earns it, with what must be known of its shopper."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from netlift.candidates.candidate import Candidate
from netlift.candidates.sources import Sources
from netlift.promotions.cart import Cart, Facts, Line, Shipping

MEMBER_PRICE = Decimal("0.9")
"""What members pay where the shop keeps a price list, as a share of list price."""


_BY_DEFAULT = {"second_half_price": 2, "multi_buy": 3}
"""Units that a form asks for without saying so."""


def worth_asked(form: dict[str, Any]) -> int:
    """The amount from which a form gives something, minor units; of tiers the highest."""
    tiers = [tier for tier in form.get("tiers", ()) if "spend" in tier]
    return max([form.get("spend", 0), form.get("step", 0), form.get("per", 0), *(tier["spend"] for tier in tiers)])


def units_asked(form: dict[str, Any]) -> int:
    """The units of one product from which a form gives something; of tiers the highest."""
    tiers = [tier["units"] for tier in form.get("tiers", ()) if "units" in tier]
    plain = [form.get(name, 0) for name in ("units", "number", "take")]
    return max([1, form.get("buy", 0) + 1, *plain, *tiers])


def rows_on_offer(candidate: Candidate, sources: Sources) -> list[int]:
    """The cheapest and the dearest of the goods on offer; all where they are few."""
    goods = sources.catalogue.goods
    if candidate.offer.products:
        rows = [row for product, row in goods.place().items() if product in candidate.offer.products]
    elif candidate.categories:
        rows = [row for row, category in enumerate(goods.category) if category in candidate.categories]
    else:
        rows = list(range(goods.size))
    rows.sort(key=lambda row: (int(goods.price[row]), str(goods.product_id[row])))
    return rows if len(rows) <= 2 else [rows[0], rows[-1]]


def cart_for(candidate: Candidate, sources: Sources, rows: list[int] | None = None) -> Cart:
    """Enough units of goods on offer, as near above the threshold as their prices allow."""
    goods, form = sources.catalogue.goods, dict(candidate.form)
    rows = rows_on_offer(candidate, sources) if rows is None else rows
    units = max(units_asked(form), _BY_DEFAULT.get(candidate.kind, 1) if "take" not in form else 1)
    worth = worth_asked(form)
    total = int(sum(goods.price[row] for row in rows))
    times = max(units, -(-worth // total))
    lines = []
    for row in rows:
        price, product = int(goods.price[row]), str(goods.product_id[row])
        lines.append(
            Line(
                product, price, times, product, (str(goods.category[row]),), seller="own",
                tags=tuple(tag for tag in str(goods.tags[row]).split(",") if tag), cost=int(goods.cost[row]),
                price_lists={"member": int(price * MEMBER_PRICE)},
            )
        )  # fmt: skip
    return Cart(sources.currency, tuple(lines), (Shipping("standard", 490),))


def facts_for(candidate: Candidate) -> Facts:
    """A shopper who has and chose whatever the offer asks for, in the middle of its window."""
    form: dict[str, Any] = dict(candidate.form)
    id_ = candidate.offer.offer_id
    return Facts(
        now=_moment(candidate, form),
        codes=frozenset(form.get("codes", ())),
        tokens=frozenset((id_,)),
        payment=next(iter(form.get("payments", ())), None),
        customer="ann",
        segments=frozenset(form.get("segments", ("member",))),
        orders_placed=form.get("number", 1) - 1,
        days_since_order=form.get("days", 0),
        birthday=date(1990, _moment(candidate, form).month, 15),
        points=100_000,
        deposits={id_: 100},
        chosen={id_: (form["product"],)} if candidate.kind == "add_on" else {},
    )


def _moment(candidate: Candidate, form: dict[str, Any]) -> datetime:
    start = candidate.window.start
    if candidate.kind == "happy_hour":
        return datetime.combine(start.date(), time.fromisoformat(form["start"]), start.tzinfo) + timedelta(minutes=5)
    return start + timedelta(hours=2)


def cost_of(cart: Cart) -> int:
    """What the goods of a cart cost the shop."""
    return sum((line.cost or 0) * line.quantity for line in cart.lines)


def gift_cost(product: str, sources: Sources) -> int:
    """What a unit of a product costs the shop."""
    goods = sources.catalogue.goods
    return int(goods.cost[int(np.flatnonzero(goods.product_id == product)[0])])
