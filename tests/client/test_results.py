"""Answers become dataclasses, carts become JSON, and news are checked before they are read."""

import hashlib
import hmac
import json
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from netlift.client import AnswerError, Cart, ClientError, Consent, ConsentChange, Decision, Line, Shipping, verified
from netlift.client.results import made

DECISION = {
    "request_id": "r", "decision_id": "d", "plan_id": "p", "at": "2026-01-01T00:00:00Z", "personalised": True,
    "offers": [{"offer_id": "o", "name": "Tea", "status": "given", "reasons": ["given"], "later": 1}], "later": {},
}  # fmt: skip


def test_answers_are_typed_all_the_way_down() -> None:
    """Members of a later version are left out, those that may be missing have their default."""
    told = made(Decision, DECISION)
    assert told.at == datetime(2026, 1, 1, tzinfo=UTC)
    assert told.offers[0].reasons == ("given",)
    assert (told.others, told.quote) == ((), None)
    price = dict.fromkeys(("payable", "total", "discount", "shipping_discount", "net", "tax", "gross"), 1)
    quote = price | {"currency": "EUR", "refusals": {"ten": {"why": "over", "text": "It is over"}}}
    quoted = made(Decision, DECISION | {"quote": quote}).quote
    assert quoted is not None
    assert quoted.refusals["ten"].text == "It is over"


def test_a_list_of_changes() -> None:
    change = {"purpose": "marketing", "granted": True, "at": "2026-01-01T00:00:00+08:00", "source": ""}
    told = made(Consent, {"allowed": ["marketing"], "history": [change]})
    assert isinstance(told.history[0], ConsentChange)
    assert told.history[0].at.utcoffset() is not None


@pytest.mark.parametrize("told", [{}, [], None, DECISION | {"at": "soon"}, DECISION | {"offers": 1}])
def test_an_answer_of_another_form_is_told(told: object) -> None:
    with pytest.raises(AnswerError, match="no Decision"):
        made(Decision, told)


def test_a_cart_tells_what_it_knows() -> None:
    """Defaults are left out, so that an older service reads it too; zero prices and rates are said."""
    line = Line("1", 0, 2, product="tea", category=("food", "tea"), list_price=0, tax_rate=Decimal("19.5"))
    told = Cart("EUR", (line,), (Shipping("post", 490),)).told()
    assert json.loads(json.dumps(told)) == {
        "currency": "EUR",
        "lines": [
            {
                "id": "1", "unit_price": 0, "quantity": 2, "product": "tea", "category": ["food", "tea"],
                "list_price": 0, "tax_rate": "19.5",
            }
        ],
        "shipping": [{"id": "post", "price": 490}],
    }  # fmt: skip
    assert "shipping" not in Cart("EUR", ()).told()


def test_it_needs_nothing_but_python() -> None:
    """A till or a shop's server has no use for the rest of the package."""
    code = "import sys; before = set(sys.modules); import netlift.client; print(*sorted(set(sys.modules) - before))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    foreign = {name.partition(".")[0] for name in found} - sys.stdlib_module_names - {"netlift"}
    assert foreign == set()
    assert {name for name in found if name.startswith("netlift.")} <= {
        "netlift.errors", "netlift.client", *(name for name in found if name.startswith("netlift.client.")),
    }  # fmt: skip


def test_only_genuine_news_are_read() -> None:
    """The example of the documentation: computed by another program."""
    secret, body = "whs_secret", (
        b'{"specversion":"1.0","id":"msg_1","source":"urn:netlift:1","type":"netlift.plan.published","subject":"plan_1",'
        b'"time":"2026-01-01T00:00:00Z","datacontenttype":"application/json","data":{"revision":3}}'
    )  # fmt: skip
    header = "t=1767225600,v1=" + hmac.new(b"whs_secret", b"1767225600." + body, hashlib.sha256).hexdigest()
    news = verified(header, body, secret, now=1767225700)
    assert (news.id, news.kind, news.subject, news.data) == (
        "msg_1",
        "netlift.plan.published",
        "plan_1",
        {"revision": 3},
    )
    for wrong in (
        (header, body + b" ", secret), (header, body, "other"), (header.replace("t=1", "t=2"), body, secret),
        ("", body, secret), ("t=,v1=", body, secret), ("t=x,v1=é", body, secret), ("v1=" + header[-64:], body, secret),
    ):  # fmt: skip
        with pytest.raises(ClientError, match="do not trust"):
            verified(*wrong, now=1767225700)
    with pytest.raises(ClientError, match="more than 300 seconds"):
        verified(header, body, secret, now=1767225600 + 301)
    signed = "t=1,v1=" + hmac.new(b"whs_secret", b"1.[]", hashlib.sha256).hexdigest()
    with pytest.raises(ClientError, match="no event"):
        verified(signed, b"[]", secret, now=1)
