"""Candidates by kind and form, and a shop of four carts to try them on."""

from collections.abc import Mapping
from datetime import UTC, datetime

from netlift.candidates.candidate import EVERYBODY, Candidate, Goal, Scope
from netlift.candidates.offer import Offer
from netlift.history.shop import Shop, Terms, connect, day_number, open_shop
from netlift.promotions.mechanism import MECHANISMS
from netlift.promotions.promotion import Trigger, Window
from netlift.types import Window as Span
from tests.evaluation.tiny import day, line, orders_of, rows

WINDOW = Span(datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 15, tzinfo=UTC))
UNTIL = day_number(day(40))


def candidate(
    kind: str, form: Mapping[str, object], *, offer_id: str = "o", personal: bool = False,
    categories: tuple[str, ...] = (), past: str | None = None, **offer: object,
) -> Candidate:  # fmt: skip
    """A candidate that runs long after the orders; a personal one is opened by a token."""
    common = {"window": Window(WINDOW.start, WINDOW.end)} | ({"trigger": Trigger("token")} if personal else {})
    promotions = MECHANISMS[kind].read(dict(form)).build(offer_id, **common)  # type: ignore[arg-type]
    return Candidate(
        Offer(offer_id, offer_id, kind, **offer), kind, dict(form), promotions, Goal.PROFIT,  # type: ignore[arg-type]
        Scope.PERSONAL if personal else Scope.SHOP, EVERYBODY, WINDOW, "email" if personal else None,
        categories=categories, past=past,
    )  # fmt: skip


def four_carts() -> Shop:
    """Soap (10.00, cost 6.00) and gel (20.00, cost 6.00): carts of 10.00, 30.00, 40.00 and 60.00 within a week."""
    lines = [
        line("a", "ann", day(30), "soap"),
        line("b", "bob", day(31), "soap"), line("b", "bob", day(31), "gel", line=2, list_minor=2000),
        line("c", "ann", day(32), "gel", quantity=2.0, list_minor=4000, cost_minor=1200),
        line("d", "cat", day(33), "gel", quantity=3.0, list_minor=6000, cost_minor=1800, discount_minor=900),
    ]  # fmt: skip
    heads = {one["order_id"]: one for one in orders_of(lines)}
    products = [
        {"product_id": "soap", "category": "wash", "cost_minor": 600},
        {"product_id": "gel", "category": "hair", "cost_minor": 600},
    ]
    tables = {
        "order_lines": rows("order_lines", lines), "orders": rows("orders", heads.values()),
        "products": rows("products", products),
    }  # fmt: skip
    return open_shop(connect(tables), Terms(margin=0.4))
