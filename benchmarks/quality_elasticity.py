"""Are elasticities right where the truth is known, and what is an answer from shelf prices worth for a personal offer?

`panels`: planted panels (counts with lasting shocks of products, categories and weeks), by setting: coverage of 90 %
intervals, bias, what pooling saves, and how often the placebo is content. `shops`: simulated shops with price cuts,
and a percentage that later reaches customers by lot; it is foretold from the cuts alone and set beside what it truly
did (`noticed`: told that customers think of it at 70 % of their purchases, as they do). `juice`: the orange juice
prices, where they are there.
"""

import csv
import gzip
import math
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

QUICK = {"panels": 2, "shops": 1}
SETTINGS: dict[str, dict[str, Any]] = {
    "usual": {},
    "all alike": {"spread": 0.0},
    "no response at all": {"slope": 0.0, "spread": 0.0, "cross": 0.0, "past": 0.0},
    "few sales": {"base": 3.0},
    "half the weeks": {"weeks": 40},
    "small shop": {"categories": 4, "products": 8},
    "cuts after good weeks": {"planner": "after_peaks"},
}
OFFERS = {"everything, no limit": (None, 0), "eight categories, no limit": (8, 0), "eight categories, once": (8, 1)}


def one_panel(task: tuple[str, int]) -> dict[str, Any]:
    """One planted panel, estimated."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from tests.response.price_worlds import world

    from netlift.response.elasticity import elasticities

    setting, seed = task
    options = SETTINGS[setting]
    made = world(seed, **options)
    found = elasticities(made.panel)
    pooled, own = found.pooled, found.own
    error = pooled.product - made.slope
    told = np.isfinite(found.raw)
    raw = (found.raw - made.slope)[told]

    def held(miss: Any, se: Any) -> float:
        return float(np.mean(np.abs(miss) < 1.645 * se))

    return {
        "setting": setting, "seed": seed,
        "products_held": held(error, np.hypot(pooled.product_se, found.carried)),
        "raw_held": held(raw, found.raw_se[told]),
        "categories_held": held(pooled.category - made.category, np.hypot(pooled.category_se, found.carried)),
        "shop_held": held(own.estimate - options.get("slope", -2.2), own.se),
        "cross_held": held(found.cross.estimate - options.get("cross", 0.6), found.cross.se),
        "past_held": held(found.past.estimate - options.get("past", 0.5), found.past.se),
        "shop_error": own.estimate - options.get("slope", -2.2), "shop_se": own.se,
        "cross_error": found.cross.estimate - options.get("cross", 0.6),
        "past_error": found.past.estimate - options.get("past", 0.5),
        "raw_rmse": math.sqrt(float(np.mean(raw**2))), "pooled_rmse": math.sqrt(float(np.mean(error**2))),
        "shop_mean_rmse": math.sqrt(float(np.mean((own.estimate - made.slope) ** 2))),
        "quasi": found.grade == "quasi-experimental", "weak": found.grade == "weak",
    }  # fmt: skip


def one_shop(task: tuple[str, int]) -> dict[str, Any]:
    """One simulated shop: the offer foretold on the day before it, beside what it did to each customer."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from netlift.candidates.offer import Offer
    from netlift.history.shop import Terms, connect, day_number, open_shop
    from netlift.response.demand import Planned
    from netlift.response.prices import price_responses
    from netlift.simulate import simulate

    case, seed = task
    config, start = _shop(case, seed)
    made = simulate(config)
    con = connect(made.tables)
    con.execute("SET threads = 1")
    shop = open_shop(con, Terms())
    spec = config.promotions[-1]
    offer = Offer("mail", "Mail", "campaign", depth=spec.depth, products=made.goods["mail"], uses=spec.limit)
    plans = [Planned(offer, spec.days), Planned(offer, spec.days, noticed=spec.attention)]
    answer, told = price_responses(shop, plans, as_of=day_number(shop.span.start) + start)
    net = {row["customer_id"]: row["net_margin"] for b in answer.batches() for row in b.to_pylist()}
    truth = {
        row["customer_id"]: row["profit_with_minor"] - row["profit_without_minor"]
        for row in made.potential["mail"].to_pylist()
        if row["customer_id"] in net
    }
    ids = sorted(truth)
    said, true = (np.array([x[i] for i in ids], dtype=float) for x in (net, truth))
    summed = next(row for row in made.truth.to_pylist() if row["promotion_id"] == "mail")
    fifths = np.array_split(np.argsort(said, kind="stable"), 5)
    return {
        "offer": case, "seed": seed, "customers": len(ids), "said": float(said.mean()), "true": float(true.mean()),
        "said_noticed": told.learned.net.estimate, "se_noticed": told.learned.net.se, "se": answer.learned.net.se,
        "true_se": float(true.std(ddof=1)) / math.sqrt(len(true)),
        "cost_said": answer.learned.cost.estimate, "cost_true": summed["extra_discount_minor"] / summed["n_treated"],
        "margin_said": answer.learned.margin.estimate, "grade": str(answer.learned.grade),
        "fifths_said": [float(said[part].mean()) for part in fifths],
        "fifths_true": [float(true[part].mean()) for part in fifths],
    }  # fmt: skip


def _shop(case: str, seed: int):  # type: ignore[no-untyped-def]
    """Two cuts in each category over 40 weeks, then the mail, drawn by lot."""
    from netlift.simulate import PromotionSpec, ShopConfig

    rng = np.random.default_rng(seed)
    cuts = [
        PromotionSpec(
            promotion_id=f"cut{c}-{k}", kind="price_cut", start_day=14 + 7 * int(rng.integers(0, 34)),
            days=int(rng.choice([7, 14])), depth=float(rng.choice([0.1, 0.2, 0.3])), categories=(c,),
            product_share=0.5,
        )
        for c in range(25) for k in range(2)
    ]  # fmt: skip
    kinds, uses = OFFERS[case]
    aisles = None if kinds is None else tuple(sorted(rng.permutation(25)[:kinds].tolist()))
    mail = PromotionSpec(
        promotion_id="mail", kind="experiment", start_day=300, days=21, depth=float(rng.choice([0.1, 0.15, 0.2])),
        attention=0.7, uses=uses, categories=aisles,
    )  # fmt: skip
    return ShopConfig(seed=seed, customers=3000, promotions=(*cuts, mail), all_potentials=True), 300


def panel_summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over the panels of one setting."""
    n = len(rows)

    def mean(name: str) -> float:
        return sum(row[name] for row in rows) / n

    def spread(name: str) -> float:
        return float(np.std([row[name] for row in rows], ddof=1)) / math.sqrt(n) if n > 1 else math.nan

    return {
        "panels": n, **{name: mean(name) for name in rows[0] if name.endswith("_held")},
        "shop_bias": mean("shop_error"), "shop_bias_se": spread("shop_error"),
        "cross_bias": mean("cross_error"), "past_bias": mean("past_error"),
        "raw_rmse": mean("raw_rmse"), "pooled_rmse": mean("pooled_rmse"), "shop_mean_rmse": mean("shop_mean_rmse"),
        "quasi": mean("quasi"), "weak": mean("weak"),
    }  # fmt: skip


def shop_summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """How far the answers of one kind of offer lie from what the offers did, per customer."""
    said, true = (np.array([row[name] for row in rows]) for name in ("said", "true"))
    noticed = np.array([row["said_noticed"] for row in rows])
    error = np.array([math.hypot(row["se_noticed"], row["true_se"]) for row in rows])
    fifths_said, fifths_true = (np.array([row[name] for row in rows]) for name in ("fifths_said", "fifths_true"))
    centred = fifths_said - fifths_said.mean(axis=1, keepdims=True)
    return {
        "shops": len(rows), "said": float(said.mean()), "true": float(true.mean()),
        "ratio": float(said.sum() / true.sum()), "ratio_noticed": float(noticed.sum() / true.sum()),
        "same_sign": float(np.mean(np.sign(said) == np.sign(true))),
        "held_noticed": float(np.mean(np.abs(noticed - true) < 1.645 * error)),
        "cost_ratio": sum(r["cost_said"] for r in rows) / sum(r["cost_true"] for r in rows),
        "slope_of_fifths": float(np.sum(centred * fifths_true) / np.sum(centred**2)),
        "quasi": float(np.mean([row["grade"] == "quasi-experimental" for row in rows])),
    }  # fmt: skip


def juice() -> dict[str, Any]:
    """The known answers of the orange juice prices; empty where the file is not there."""
    from netlift.response.elasticity_fit import log_log

    path = Path(__file__).parents[2] / "shared" / "data" / "orange_juice" / "oj_prices.csv.gz"
    if not path.is_file():
        return {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    sales, price = (np.array([float(row[name]) for row in rows]) for name in ("sales", "price"))
    brand = np.array([row["brand"] for row in rows])
    known = {"all": -1.6013, "brands": -3.1387, "dominicks": -3.3775, "minute.maid": -3.3207, "tropicana": -2.7118}
    lines = {"all": log_log(sales, price), "brands": log_log(sales, price, level=brand)}
    lines |= {name: log_log(sales[brand == name], price[brand == name]) for name in list(known)[2:]}
    return {name: {"known": known[name], "found": line.elasticity, "se": line.se} for name, line in lines.items()}


def run(panels: int = 200, shops: int = 24, workers: int | None = None) -> dict[str, Any]:
    """Plant `panels` panels per setting and simulate `shops` shops per kind of offer."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        planted = list(pool.map(one_panel, [(s, seed) for s in SETTINGS for seed in range(panels)], chunksize=4))
        told = list(pool.map(one_shop, [(o, seed) for o in OFFERS for seed in range(shops)], chunksize=1))
    return {
        "panels": {s: panel_summary([r for r in planted if r["setting"] == s]) for s in SETTINGS},
        "shops": {o: shop_summary([r for r in told if r["offer"] == o]) for o in OFFERS},
        "juice": juice(),
        "rows": told,
    }
