"""Orders and their lines out of purchases and refunds."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from netlift.service.events.models import Event

BOUGHT, RETURNED, CALLED_OFF = "purchase", "refund", "cancel"
ABOUT_ORDERS = (BOUGHT, RETURNED, CALLED_OFF)

Row = dict[str, Any]


class Sales(NamedTuple):
    """Rows of ORDERS and ORDER_LINES."""

    orders: list[Row]
    lines: list[Row]
    foreign: int
    """Orders in another currency, which are left out: money is never added across currencies."""


def sales(events: Iterable[Event], currency: str) -> Sales:
    """Orders as they stand after everything that is known of them, whichever source told it.

    A shop's order numbers are the same in all its systems: two sources that tell of one tell of the same order.

    Args:
        events: everything about these orders, in the order in which it came in.
        currency: the workspace's.
    """
    about: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        about[event.order].append(event)
    orders, lines, foreign = [], [], 0
    for told in about.values():
        bought = next((one for one in told if one.event == BOUGHT), None)
        if bought is None:
            continue  # what came back of an order that nobody told us of
        if bought.told.get("currency") != currency:
            foreign += 1
            continue
        mine = _lines(bought, [one for one in told if one.event == RETURNED])
        orders.append(_order(bought, told, mine))
        lines += mine
    return Sales(orders, lines, foreign)


def _order(bought: Event, told: list[Event], lines: list[Row]) -> Row:
    said = bought.told
    list_minor = sum(line["list_minor"] for line in lines) if lines else said.get("value_minor") or 0
    refunds = [one for one in told if one.event == RETURNED]
    refunded = sum(_amount(one) for one in refunds)
    status = "paid"
    if any(one.event == CALLED_OFF for one in told):
        status = "cancelled"
    elif refunds:
        whole = list_minor - sum(line["discount_minor"] for line in lines)
        status = "refunded" if refunded >= whole else "partially_refunded"
    return {
        "order_id": bought.order, "customer_id": bought.customer or None, "ordered_at": bought.at,
        "currency": said["currency"], "status": status, "channel": said.get("channel"), "region": said.get("region"),
        "list_minor": list_minor, "discount_minor": sum(line["discount_minor"] for line in lines),
        "shipping_minor": said.get("shipping_minor"), "tax_minor": said.get("tax_minor"),
        "total_minor": said.get("value_minor"), "refunded_minor": refunded, "code": said.get("code"),
    }  # fmt: skip


def _amount(refund: Event) -> int:
    """Money given back: as told, or what its lines add up to."""
    told = refund.told.get("value_minor")
    return (
        int(told) if told is not None else sum(line.get("refunded_minor", 0) for line in refund.told.get("lines", ()))
    )


def _lines(bought: Event, refunds: list[Event]) -> list[Row]:
    back: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for refund in refunds:
        for line in refund.told.get("lines", ()):
            back[line["product_id"]][0] += line["quantity"]
            back[line["product_id"]][1] += line.get("refunded_minor", 0)
    return [_line(bought, place, line, back) for place, line in enumerate(bought.told.get("lines", ()), start=1)]


def _line(bought: Event, place: int, line: Mapping[str, Any], back: dict[str, list[float]]) -> Row:
    units, money = back[line["product_id"]]
    quantity = min(units, line["quantity"])
    refunded = int(min(money, line["list_minor"] - line.get("discount_minor", 0)))
    back[line["product_id"]] = [units - quantity, money - refunded]
    return {
        "order_id": bought.order, "line": place, "product_id": line["product_id"],
        "customer_id": bought.customer or None, "ordered_at": bought.at, "currency": bought.told["currency"],
        "region": bought.told.get("region"), "quantity": float(line["quantity"]), "list_minor": line["list_minor"],
        "discount_minor": line.get("discount_minor", 0), "funded_minor": line.get("funded_minor", 0),
        "refunded_quantity": quantity, "refunded_minor": refunded, "cost_minor": line.get("cost_minor"),
    }  # fmt: skip
