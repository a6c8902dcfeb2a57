"""Random orders and returns: everything back is everything paid, and every budget is whole again."""

import json
from dataclasses import replace

import pytest
from benchmarks import _quote_cases as cases

from netlift.promotions import codec
from netlift.promotions.promotion import Limits
from netlift.service.decisions import settle
from netlift.service.decisions.keep import request
from netlift.service.decisions.redeem import Order, redeem
from netlift.service.decisions.shopper import Shopper
from netlift.service.ledger import books
from netlift.service.ledger.models import Account
from tests.service.decisions.shop import publish

ORDERS, PROMOTIONS = 6, 14


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("seed", [1, 2])
def test_all_returns_together_pay_back_all(seed: int) -> None:
    rng = cases.chance(seed)
    limits = Limits(total=100, per_customer=3, budget=30_000)
    deals = rng.sample(cases.deals_of(cases.SMALL, cases.chance(seed)), PROMOTIONS)
    publish(*(codec.write(replace(cases.promotion(deal), limits=limits, currency="EUR")) for deal in deals))
    discounted = 0
    for number in range(ORDERS):
        cart, facts = cases.cart_of(cases.SMALL, rng)
        shopper = Shopper(customer=f"{number % 2:024x}", segments=facts.segments)
        made = json.loads(redeem(request("till", "redeem", f"o{number}", ""), Order(shopper, cart)).body)
        discounted += made["quote"]["discount"]
        settle.commit(made["redemption_id"])
        left = {line.id: list(range(line.quantity)) for line in cart.lines}
        paid_back, steps = 0, 0
        while left:
            lines = rng.sample(sorted(left), rng.randint(1, len(left)))
            units = {line: rng.sample(left[line], rng.randint(1, len(left[line]))) for line in lines}
            steps += 1
            asked = request("till", "refund", f"r{number}-{steps}", str(units))
            back = json.loads(settle.give_back(asked, made["redemption_id"], units).body)
            paid_back += back["refund"]["amount"]
            left = {
                line: rest for line, places in left.items() if (rest := sorted(set(places) - set(units.get(line, ()))))
            }
            assert back["status"] == ("committed" if left else "refunded")
            assert back["returned"] == paid_back
        assert paid_back == made["to_pay"]
    assert discounted > 0
    assert not Account.objects.exclude(held=0, spent=0).exists()
    assert books.reconcile().balanced
