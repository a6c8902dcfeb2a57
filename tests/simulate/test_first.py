"""The simulated shop's truth is what running it twice says."""

from dataclasses import replace

import pytest

from netlift.simulate import presets, simulate, value_of


@pytest.mark.parametrize("spec", presets.tiny(3).promotions, ids=lambda spec: spec.promotion_id)
def test_truth_equals_running_the_shop_without_the_promotion(spec):
    shop = replace(presets.tiny(3), promotions=(spec,))
    assert simulate(shop).truth["net_lift_total_minor"][0].as_py() == value_of(shop) - value_of(shop, ())
