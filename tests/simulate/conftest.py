"""Shops that several tests look at; simulated once."""

from dataclasses import replace

import pytest

from netlift.simulate import PromotionSpec, Shop, ShopConfig, presets, simulate


@pytest.fixture(scope="session")
def empty_tiny() -> ShopConfig:
    """A shop of 300 customers and 150 days without promotions."""
    return replace(presets.tiny(5), customers=300, days=150, promotions=())


@pytest.fixture(scope="session")
def tiny_shop() -> Shop:
    """The preset `tiny`."""
    return simulate(presets.tiny())


@pytest.fixture(scope="session")
def cut_shop() -> Shop:
    """2,000 customers who see half the goods of three categories cut by 20 % for two weeks."""
    cut = PromotionSpec(
        promotion_id="cut", kind="price_cut", start_day=120, days=14, categories=(1, 4, 7), product_share=0.5
    )
    return simulate(ShopConfig(customers=2000, products=96, categories=12, days=182, promotions=(cut,)))
