"""A shop with known truth: every estimator is judged on it before it is believed.

`simulate(config)` runs it, `presets` holds ready-made ones, docs/line/simulator.md is the model.
"""

from netlift.simulate.config import Festival, PromotionSpec, ShopConfig
from netlift.simulate.shop import Shop, Summary, simulate, stream, value_of

__all__ = ["Festival", "PromotionSpec", "Shop", "ShopConfig", "Summary", "simulate", "stream", "value_of"]
