"""Prices are held against cost, floor and the lowest price of late, product by product."""

import numpy as np

from netlift.candidates.candidate import Scope
from netlift.candidates.catalogue import Goods
from netlift.plan.laws import price_laws
from tests.plan.examples import candidate

GOODS = Goods(
    product_id=np.array(["a", "b", "c"], object), category=np.array(["tea", "tea", "cups"], object),
    price=np.array([1000, 2000, 500]), cost=np.array([700, 1900, 100]), cost_known=np.ones(3, np.bool_),
    revenue=np.array([3000, 1000, 4000]), orders=np.ones(3, np.int64), weekly=np.ones(3),
    lowest=np.array([850, 2000, 500]), stock=np.ones(3), measured=np.zeros(3, np.bool_),
    tags=np.array(["", "", ""], object),
)  # fmt: skip


def checks(**changes: object) -> dict[str, tuple[bool | None, float]]:
    """Codes of a public cut of 10 % on tea, with what each check says."""
    settings = {"scope": Scope.SHOP, "categories": ("tea",), "numbers": {"cut": 0.1}, **changes}
    one = candidate("o", "percent_off", {"off": "10"}, **settings)  # type: ignore[arg-type]
    return {law.check.code: (law.check.passed, law.check.value) for law in price_laws([one], GOODS, floors={"a": 950})}


def test_a_public_cut_by_hand() -> None:
    """Tea a falls to 9.00: above its cost, not below its lowest 8.50, below its floor; b to 18.00, below its cost."""
    found = checks()
    assert found["below_cost"] == (False, 0.25)
    assert found["lowest_30"] == (False, 0.75)
    assert found["price_floor"] == (False, 0.75)


def test_a_deeper_cut_of_one_product() -> None:
    """Cup c at 4.50 breaks nothing."""
    assert checks(categories=("cups",)) == {
        "below_cost": (True, 0.0), "lowest_30": (True, 0.0), "price_floor": (True, 0.0),
    }  # fmt: skip


def test_personal_offers_announce_no_price() -> None:
    """Their cost counts all the same; without goods named, all goods count."""
    found = checks(scope=Scope.PERSONAL, channel="email", categories=())
    assert "lowest_30" not in found
    assert found["below_cost"] == (False, 0.125)


def test_unknown_goods_are_not_passed() -> None:
    """A category that the catalogue does not have: nothing could be checked."""
    assert checks(categories=("spades",))["below_cost"][0] is None
