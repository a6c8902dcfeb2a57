"""Simulated shops whose true effects are known, small enough for tests."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from netlift.history.shop import Shop, Terms, connect, open_shop
from netlift.simulate import PromotionSpec, ShopConfig, simulate
from netlift.simulate import Shop as Simulated

MAIL = PromotionSpec(
    promotion_id="test", kind="experiment", start_day=70, days=14, depth=0.3, visit_boost=0.1, attention=0.9, uses=0,
    contact_cost_minor=4, washout_days=14,
)  # fmt: skip
"""An experiment that gives much away."""
LETTER = PromotionSpec(
    promotion_id="letter", kind="campaign", start_day=110, days=14, depth=0.1, visit_boost=0.6, targeting=0.6,
    treated_share=0.45, washout_days=14,
)  # fmt: skip
"""A campaign to the best customers that moves them."""
WASHOUT = 14


def simulated(customers: int = 900, days: int = 150, seed: int = 4) -> Simulated:
    """A shop with an experiment and a campaign, and both potential profits of everybody."""
    return simulate(
        ShopConfig(
            customers=customers,
            products=40,
            categories=8,
            regions=4,
            days=days,
            seed=seed,
            promotions=(MAIL, LETTER),
            all_potentials=True,
        )
    )


def opened(tables: Mapping[str, pa.Table]) -> Shop:
    """The shop as `respond` takes it, on one thread."""
    con = connect(tables)
    con.execute("SET threads = 1")
    return open_shop(con, Terms())


def truth(shop: Simulated, promotion_id: str) -> dict[str, float]:
    """True net effect of each customer who could have had it, contact included, minor units."""
    table = shop.potential[promotion_id]
    gain = table["profit_with_minor"].to_numpy() - table["profit_without_minor"].to_numpy()
    return dict(zip(table["customer_id"].to_pylist(), np.asarray(gain, dtype=np.float64).tolist(), strict=True))
