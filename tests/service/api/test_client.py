"""The Python client against the service itself, over a socket."""

import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections

from netlift.client import (
    Cart,
    Client,
    ConflictError,
    ForbiddenError,
    Line,
    NotFoundError,
    ProblemError,
    UnavailableError,
    verified,
)
from netlift.service.access.keys import make_key
from netlift.service.events.models import Event
from netlift.service.hooks.deliver import deliver
from netlift.service.ledger import books
from netlift.service.privacy import people
from tests.service.decisions.shop import percent, publish, publish_plan
from tests.service.hooks.test_deliver import Listener, listener  # noqa: F401  a fixture

CART = Cart("EUR", (Line("tea", 1500, 2, category=("tea",)), Line("cup", 1200)))
"""42.00."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url(committed: str) -> Iterator[str]:
    """The service on a port of this machine."""
    with make_server("127.0.0.1", 0, WSGIHandler(), handler_class=_Quiet) as server:

        def serve() -> None:
            server.serve_forever(0.01)
            connections.close_all()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(5)


@pytest.fixture
def shop(url: str) -> Iterator[Client]:
    """A program of the shop."""
    _, token = make_key("shop", "operator")
    with Client(url, token, pause=lambda _: None) as made:
        yield made


@pytest.fixture
def admin(url: str) -> Iterator[Client]:
    _, token = make_key("admin", "admin")
    with Client(url, token, pause=lambda _: None) as made:
        yield made


def test_from_a_price_to_a_paid_order_and_back(shop: Client) -> None:
    """Typed all the way, and nothing twice."""
    publish(percent("ten", "10", limits={"total": 1}))
    quoted = shop.quote(CART)
    assert (quoted.quote.applied, quoted.quote.payable, quoted.plan_id) == (("ten",), 3780, None)
    first = shop.reserve("order 1", CART, to_pay=quoted.quote.gross)
    assert first == shop.reserve("order 1", CART, to_pay=quoted.quote.gross)
    assert (first.status, first.to_pay) == ("reserved", 3780)
    with pytest.raises(ConflictError) as told:
        shop.reserve("order 2", CART, to_pay=quoted.quote.gross)
    assert told.value.status == 409
    assert shop.commit(first.redemption_id, "4711").order == "4711"
    back = shop.refund(first.redemption_id, "return 1", {"cup": 1})
    assert back.refund is not None
    assert back.refund.amount == 1080
    assert shop.redemption(first.redemption_id).returned == 1080
    assert books.reconcile().balanced


def test_what_was_given_up_is_free_again(shop: Client) -> None:
    publish(percent("ten", "10", limits={"total": 1}))
    one = shop.reserve("order 1", CART)
    assert shop.release(one.redemption_id).status == "released"
    assert shop.reserve("order 2", CART).quote.applied == ("ten",)  # type: ignore[union-attr]


def test_offers_for_a_customer(shop: Client) -> None:
    """Without a plan there are none, with one they follow consent within one request."""
    with pytest.raises(UnavailableError):
        shop.decide("c1")
    publish_plan()
    assert not shop.decide("c1").personalised
    told = shop.set_consent("c1", "personalisation", True, source="checkout")
    assert (told.allowed, told.history[0].source) == (("personalisation",), "checkout")
    decision = shop.decide("c1", cart=CART, request_id="q1", codes=["none"])
    assert decision.personalised
    assert "given" in {offer.status for offer in decision.offers}
    assert decision.quote is not None
    assert decision == shop.decide("c1", cart=CART, request_id="q1", codes=["none"])
    shop.set_consent("c1", "personalisation", False)
    assert not shop.decide("c1").personalised
    assert len(shop.consent("c1").history) == 2


def test_streams_are_sent_in_pieces(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Places of what was refused are counted over all of them."""
    monkeypatch.setattr("netlift.client.calls._AT_ONCE", {"events": 4, "customers": 2})
    event = {"source": "web", "event": "view", "at": "2026-01-01T00:00:00Z", "product_id": "tea"}
    events: list[dict[str, Any]] = [event | {"event_id": str(number)} for number in range(10)]
    events[6] = {"event_id": "6"}
    told = shop.send_events(iter(events))
    assert (told.accepted, told.repeated, told.refused, [one.line for one in told.errors]) == (9, 0, 1, [7])
    assert shop.send_events(events).repeated == 9
    assert Event.objects.count() == 9
    kept = shop.keep_customers(
        {"customer_id": f"c{number}", "personal": {"email": "x@example.com"}} for number in range(3)
    )
    assert (kept.kept, kept.refused) == (3, 0)
    assert people.read("c2") == {"email": "x@example.com"}
    assert shop.keep_products([{"product_id": "tea", "currency": "EUR", "list_price_minor": 1500}]).kept == 1
    assert shop.count_stock([{"product_id": "tea", "units": 7, "at": "2026-01-01T00:00:00Z"}]).kept == 1
    assert len({one["pseudonym"] for one in shop.pages("/customers", limit=2)}) == 3


def test_a_persons_rights(admin: Client) -> None:
    admin.keep_customers([{"customer_id": "ann", "personal": {"email": "ann@example.com"}}])
    assert admin.export_person("ann")["fields"] == {"email": "ann@example.com"}
    first, second = admin.erase_person("ann"), admin.erase_person("ann")
    assert (first.repeated, second.repeated) == (False, True)
    assert first.receipt_id == second.receipt_id
    again = admin.keep_customers([{"customer_id": "ann", "personal": {"email": "ann@example.com"}}])
    assert [one.code for one in again.errors] == ["erased"]


def test_news_come_to_a_program_that_checks_them(shop: Client, admin: Client, listener: Listener) -> None:  # noqa: F811
    """From the subscription to the event, with the secret that was told once."""
    made = shop.subscribe(listener.url, ["redemption.committed"])
    assert made.secret not in repr(made)
    publish(percent("ten", "10"))
    order = shop.reserve("order 1", CART)
    shop.commit(order.redemption_id)
    assert deliver() == 1
    (got,) = listener.got
    news = verified(got.headers["Netlift-Signature"], got.body, made.secret)
    assert (news.kind, news.subject) == ("netlift.redemption.committed", order.redemption_id)
    assert shop.end_subscription(made.subscription_id).ended_at is not None


def test_refusals_are_typed(shop: Client, url: str) -> None:
    """By what the service says."""
    with pytest.raises(ForbiddenError) as told:
        shop.erase_person("ann")
    assert told.value.more["scope"] == "people:erase"
    with pytest.raises(ForbiddenError):
        Client(url, "key_none.x").decide("c1")
    with pytest.raises(NotFoundError):
        shop.redemption("rdm/../none")
    with pytest.raises(ProblemError) as wrong:
        shop.call("POST", "/quote", {"cart": {}})
    assert wrong.value.more["errors"]
    with pytest.raises(ProblemError):
        shop.subscribe("http://shop.example/")
