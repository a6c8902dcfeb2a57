"""The calls: one method per question, typed both ways."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from itertools import islice
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote, urlencode
from uuid import uuid4

from netlift.client.carts import Cart
from netlift.client.errors import ProblemError
from netlift.client.results import (
    Consent,
    Decision,
    Heard,
    LineError,
    Quoted,
    Receipt,
    Recommended,
    Redemption,
    Related,
    Sent,
    Subscription,
    Taken,
    made,
)
from netlift.client.transport import Transport, as_json

T = TypeVar("T")

_JSON, _LINES = "application/json", "application/x-ndjson"
_AT_ONCE = {"events": 2_000, "customers": 500}
"""Of each in one request; a piece that the service finds too large is halved."""
_MOST_ERRORS = 1_000
_TOO_LARGE = 413


class Client(AbstractContextManager["Client"]):
    """A service and a key to it; may be shared by threads.

    Every request that changes something carries an id, which stays the same when it is tried again: after a broken
    line nothing is reserved, counted or erased twice.

    Args:
        url: `https://host[:port][/prefix]`.
        token: of an API key with the scopes that are needed.
        **how: see `Transport`: timeout, tries, insecure, context.
    """

    def __init__(self, url: str, token: str, **how: Any) -> None:
        self._way = Transport(url, token, **how)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close this thread's connection."""
        self._way.close()

    # decisions

    def decide(
        self, customer_id: str = "", *, cart: Cart | None = None, request_id: str = "", shown: bool = True,
        explain: bool = False, **shopper: Any,
    ) -> Decision:  # fmt: skip
        """Offers of the live plan for a customer.

        Args:
            customer_id: the shop's own id; empty for a guest.
            cart: to be priced in the same request.
            request_id: your name of the question; None: one of its own.
            shown: whether the answer reaches the customer, and so counts as an exposure.
            explain: tell the offers that are not given, too.
            **shopper: channel, region, payment, segments, orders_placed, days_since_order, codes, points, extra, ...
        """
        body = {"customer_id": customer_id, "shown": shown, "explain": explain, **_shopper(shopper, cart, request_id)}
        return made(Decision, self._post("/decide", body))

    def quote(
        self, cart: Cart, customer_id: str = "", *, request_id: str = "", explain: bool = False, **shopper: Any
    ) -> Quoted:
        """The price of a cart; nothing is reserved. Arguments as for `decide`."""
        body = {"customer_id": customer_id, "explain": explain, **_shopper(shopper, cart, request_id)}
        return made(Quoted, self._post("/quote", body))

    # goods

    def recommend(
        self, customer_id: str = "", n: int = 10, *, cart: Sequence[str] = (), context: Sequence[str] = (),
        exclude: Sequence[str] = (), request_id: str = "", shown: bool = True, **more: Any,
    ) -> Recommended:  # fmt: skip
        """Goods that a customer may want next; products are named by their ids.

        Args:
            customer_id: the shop's own id; empty for a guest.
            n: as many, while there are so many.
            cart: products in the cart, which are left out.
            context: products that are looked at, which are left out.
            exclude: other products that are left out.
            request_id: your name of the question; empty: one of its own.
            shown: whether the answer reaches the customer, and so is logged.
            **more: category, segments, placement, language.
        """
        body = {
            "customer_id": customer_id, "n": n, "cart": list(cart), "context": list(context),
            "exclude": list(exclude), "shown": shown, "request_id": request_id or uuid4().hex, **more,
        }  # fmt: skip
        return made(Recommended, self._post("/recommend", body))

    def related(self, product_id: str, n: int = 10, *, exclude: Sequence[str] = (), language: str = "en") -> Related:
        """Goods that go with a product, stand for it or are like it; n of each kind at most."""
        body = {"n": n, "exclude": list(exclude), "language": language}
        return made(Related, self._post(f"/related/{_word(product_id)}", body))

    def feedback(self, list_id: str, customer_id: str, answers: Iterable[Mapping[str, Any]]) -> Heard:
        """What a customer answered to a list: kind, product_id, and value for a rating or satisfaction.

        Answers are kept once: the same one to the same product of a list changes nothing, unless it has an `answer_id`
        of its own.
        """
        body = {"customer_id": customer_id, "answers": [dict(one) for one in answers]}
        return made(Heard, self._post(f"/recommend/{_word(list_id)}/feedback", body))

    # redemptions

    def reserve(
        self, request_id: str, cart: Cart, customer_id: str = "", *, order: str = "", ttl_seconds: int = 900,
        to_pay: int | None = None, pay_with: Sequence[Mapping[str, Any]] = (), **shopper: Any,
    ) -> Redemption:  # fmt: skip
        """Price an order and hold all that its promotions take up, or nothing at all.

        Args:
            request_id: your name of the order: sent again, it reserves nothing more.
            cart: what is bought.
            customer_id: the shop's own id; empty for a guest.
            order: number of the order, if there is one yet.
            ttl_seconds: how long it is held without a `commit`.
            to_pay: what the shopper was shown, in minor units; at another price it is refused.
            pay_with: balances that pay a part: kind (gift_card, coupon, wallet), ref, amount.
            **shopper: as for `decide`.

        Raises:
            ConflictError: `exhausted`, another price, or the same id for another order.
        """
        body = {
            "customer_id": customer_id, "order": order, "ttl_seconds": ttl_seconds, "pay_with": list(pay_with),
            **_shopper(shopper, cart, request_id),
        } | ({} if to_pay is None else {"to_pay": to_pay})  # fmt: skip
        return made(Redemption, self._post("/redemptions", body))

    def redemption(self, redemption_id: str) -> Redemption:
        """A redemption as it stands."""
        return made(Redemption, self._get(f"/redemptions/{_word(redemption_id)}"))

    def commit(self, redemption_id: str, order: str = "") -> Redemption:
        """The order is paid."""
        return made(Redemption, self._post(f"/redemptions/{_word(redemption_id)}/commit", {"order": order}))

    def release(self, redemption_id: str) -> Redemption:
        """The order is given up."""
        return made(Redemption, self._post(f"/redemptions/{_word(redemption_id)}/release"))

    def refund(self, redemption_id: str, request_id: str, units: Mapping[str, int | Sequence[int]]) -> Redemption:
        """Goods come back: by line, how many units, or which of them; your id names the return."""
        body = {"request_id": request_id, "units": dict(units)}
        return made(Redemption, self._post(f"/redemptions/{_word(redemption_id)}/refund", body))

    # what the shop tells

    def send_events(self, events: Iterable[Mapping[str, Any]]) -> Sent:
        """Behaviour and sales, thousands at a time; each is kept once, by its source and event_id."""
        total = Sent()
        for first, told in self._pieces("/events/bulk", Sent, events, _AT_ONCE["events"]):
            total = Sent(
                total.accepted + told.accepted, total.repeated + told.repeated, total.refused + told.refused,
                _errors(total.errors, told.errors, first),
            )  # fmt: skip
        return total

    def keep_customers(self, customers: Iterable[Mapping[str, Any]]) -> Taken:
        """Customers: customer_id, segments, level, since, and `personal` fields, which are sealed."""
        return self._keep("customers", customers)

    def keep_products(self, products: Iterable[Mapping[str, Any]]) -> Taken:
        """Products: product_id, currency, list_price_minor, name, category, brand, cost_minor, floor_minor, ..."""
        return self._keep("products", products)

    def count_stock(self, counts: Iterable[Mapping[str, Any]]) -> Taken:
        """Units that were there at a moment: product_id, units, at, place."""
        return self._keep("stock/counts", counts)

    # people

    def set_consent(
        self, customer_id: str, purpose: str, granted: bool, *, at: datetime | None = None, source: str = ""
    ) -> Consent:
        """Note what a customer allows or withdraws; the next decision honours it."""
        body = {"customer_id": customer_id, "purpose": purpose, "granted": granted, "source": source}
        return made(Consent, self._post("/consent", body | ({} if at is None else {"at": at.isoformat()})))

    def consent(self, customer_id: str) -> Consent:
        """What a customer allows now, and every change so far."""
        return made(Consent, self._post("/consent/read", {"customer_id": customer_id}))

    def export_person(self, customer_id: str) -> dict[str, Any]:
        """All that is kept of a person."""
        found: dict[str, Any] = self._post("/people/export", {"customer_id": customer_id})
        return found

    def erase_person(self, customer_id: str) -> Receipt:
        """Forget a person for good."""
        return made(Receipt, self._post("/people/erase", {"customer_id": customer_id}))

    # news

    def subscribe(self, url: str, kinds: Sequence[str] = ()) -> Subscription:
        """Have news sent to an address; keep the secret, it is told this once. It is not tried again by itself."""
        body = as_json({"url": url, "kinds": list(kinds)})
        return made(Subscription, self._way.send("POST", "/hooks", body, _JSON, again=False))

    def end_subscription(self, subscription_id: str) -> Subscription:
        """Have no more news sent."""
        return made(Subscription, self._post(f"/hooks/{_word(subscription_id)}/end"))

    # anything else

    def pages(self, path: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """Items of a list, page by page: `client.pages("/plans", state="live")`."""
        while True:
            told = self._get(f"{path}?{urlencode(query)}" if query else path)
            yield from told["items"]
            if told["next"] is None:
                return
            query["cursor"] = told["next"]

    def call(self, method: str, path: str, body: object = None, *, again: bool = False) -> Any:
        """Any other endpoint below `/api/v1`, with JSON in and out; `again`: a second try does no harm."""
        return self._way.send(method, path, None if body is None else as_json(body), _JSON, again=again)

    def _get(self, path: str) -> Any:
        return self._way.send("GET", path)

    def _post(self, path: str, body: object = None) -> Any:
        return self._way.send("POST", path, as_json({} if body is None else body), _JSON)

    def _keep(self, what: str, items: Iterable[Mapping[str, Any]]) -> Taken:
        total = Taken()
        for first, told in self._pieces(f"/{what}/bulk", Taken, items, _AT_ONCE["customers"]):
            errors = _errors(total.errors, told.errors, first)
            total = Taken(total.kept + told.kept, total.refused + told.refused, errors)
        return total

    def _pieces(
        self, path: str, kind: type[T], items: Iterable[Mapping[str, Any]], size: int
    ) -> Iterator[tuple[int, T]]:
        """Send a stream in pieces: what became of each, with how many items came before it."""
        source, first = iter(items), 0
        while part := [as_json(dict(one)) for one in islice(source, size)]:
            waiting = [part]
            while waiting:
                piece = waiting.pop()
                try:
                    told = made(kind, self._way.send("POST", path, b"\n".join(piece), _LINES))
                except ProblemError as error:
                    if error.status != _TOO_LARGE or len(piece) == 1:
                        raise
                    half = len(piece) // 2
                    waiting += [piece[half:], piece[:half]]
                    continue
                yield first, told
                first += len(piece)


def _shopper(shopper: Mapping[str, Any], cart: Cart | None, request_id: str) -> dict[str, Any]:
    """What decisions are told of the shopper; an id of its own where none is given, so that a retry is no new one."""
    said = {name: sorted(value) if isinstance(value, set | frozenset) else value for name, value in shopper.items()}
    return said | {"request_id": request_id or uuid4().hex} | ({} if cart is None else {"cart": cart.told()})


def _errors(before: tuple[LineError, ...], told: tuple[LineError, ...], first: int) -> tuple[LineError, ...]:
    """With places counted over all pieces."""
    return (*before, *(replace(one, line=one.line + first) for one in told))[:_MOST_ERRORS]


def _word(name: str) -> str:
    return quote(name, safe="")
