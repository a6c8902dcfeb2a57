"""Many at once, on both stores: limits hold to the unit, and a request that is sent by many is one."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from netlift.promotions.documents import read_cart
from netlift.service.decisions import live
from netlift.service.decisions.decide import Question, decide
from netlift.service.decisions.keep import Reply, request
from netlift.service.decisions.models import Answer, Exposure, Redemption
from netlift.service.decisions.redeem import Order, redeem
from netlift.service.decisions.shopper import Shopper
from netlift.service.ledger import books
from netlift.service.ledger.accounts import balance
from netlift.service.privacy.pseudonyms import pseudonym
from tests.service.decisions.shop import CART, consents, percent, publish, publish_plan

LIMIT, CROWD = 5, 12


@pytest.fixture(autouse=True)
def fresh(committed: str) -> Iterator[None]:
    live._kept = None
    yield
    live._kept = None


def all_at_once(deed: Callable[[int], Reply], count: int = CROWD) -> list[Any]:
    def alone(number: int) -> Any:
        try:
            return deed(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as crowd:
        return list(crowd.map(alone, range(count)))


def test_the_last_uses_go_to_as_many_as_there_are() -> None:
    publish(percent("ten", "10", limits={"total": LIMIT, "budget": 10_000}, currency="EUR"))
    cart = read_cart(CART)

    def deed(number: int) -> Reply:
        asked = request("till", "redeem", f"o{number}", str(number))
        return redeem(asked, Order(Shopper(customer=f"{number:024x}"), cart))

    answers = all_at_once(deed)
    assert sum('"applied": ["ten"]' in one.body for one in answers) == LIMIT
    assert sum('"limit_reached"' in one.body for one in answers) == CROWD - LIMIT
    assert (balance("promotion_uses", "ten").held, balance("budget", "ten", "EUR").held) == (LIMIT, LIMIT * 420)
    assert books.reconcile().balanced


def test_one_order_that_is_sent_by_many_is_one() -> None:
    publish(percent("ten", "10", limits={"total": LIMIT}))
    cart = read_cart(CART)
    answers = all_at_once(
        lambda _: redeem(request("till", "redeem", "same", "x"), Order(Shopper(customer="c" * 24), cart))
    )
    assert len({one.body for one in answers}) == 1
    assert Redemption.objects.count() == 1
    assert balance("promotion_uses", "ten").held == 1


def test_one_question_that_is_asked_by_many_is_logged_once() -> None:
    publish_plan()
    consents("c1", "personalisation", "measurement")
    question = Question(Shopper(customer=pseudonym("c1")))
    answers = all_at_once(lambda _: decide(request("till", "decide", "same", "x"), question))
    assert len({one.body for one in answers}) == 1
    assert (Answer.objects.count(), Exposure.objects.count()) == (1, 1)
