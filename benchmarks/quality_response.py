"""Is what `respond` says of offers and customers true? Simulated shops that gave offers by lot, one of them a placebo.

average     share of intervals of an offer's average net margin that hold what it truly did to the customers of its log,
            and that hold what the same offer would do now; bias; how often its sign is wrong though said to be sure
fifths      customers by what is predicted of them now: predicted beside true, as shares of the offer's spread
calls       customers called moved or harmed: how often the truth has the other sign; and how many the placebo
            is said to move or harm, though it does nothing
"""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks._plan_shops import Floats, Known, Truth, known, records, shop_of, truth, turned

QUICK = {"shops": 2, "customers": 800, "futures": 4}
GOALS = {"coverage": (0.85, 0.97), "placebo_called": 0.10}
NULL = "silent"
OFFERS = ("letter", "light", "deep", "step")
FIFTHS = 5
SURE = 1.6449


def one_shop(task: tuple[int, int, int]) -> list[dict[str, Any]]:
    """Two of the offers and the placebo in one shop: what is said of each beside its truth."""
    from threadpoolctl import threadpool_limits

    seed, customers, futures = task
    with threadpool_limits(1):
        config = shop_of(seed, customers, (OFFERS[seed % 4], OFFERS[(seed + 1) % 4], NULL))
        true = truth(config, futures)
        return told(seed, true, known(records(config), true, seed), realised(config))


def realised(config: Any) -> dict[str, float]:
    """What each offer of the past truly did to the customers of its log, on average, minor units."""
    from netlift.simulate import simulate

    shop = simulate(replace(config, all_potentials=True))
    exposed = shop.tables["exposures"]
    found = {}
    for offer, table in shop.potential.items():
        gain = dict(
            zip(
                table["customer_id"].to_pylist(),
                table["profit_with_minor"].to_numpy() - table["profit_without_minor"].to_numpy(),
                strict=True,
            )
        )
        logged = exposed.filter(np.asarray(exposed["promotion_id"].to_pylist()) == offer)["customer_id"].to_pylist()
        found[offer] = float(np.mean([gain.get(who, 0) for who in logged]))
    return found


def told(seed: int, true: Truth, believed: Known, past: Mapping[str, float]) -> list[dict[str, Any]]:
    """One row per offer."""
    net, rows = true.net.mean(axis=0), []
    for learned in believed.responses.learned:
        if learned.offer.offer_id not in true.offers:
            continue
        k = true.offers.index(learned.offer.offer_id)
        mean, effect = float(net[:, k].mean()), learned.net
        row = {
            "seed": seed, "offer": learned.offer.offer_id, "source": str(learned.source), "grade": str(learned.grade),
            "personal": learned.personal, "estimate": effect.estimate, "lower": effect.lower, "upper": effect.upper,
            "se": effect.se, "then": past[learned.offer.offer_id], "now": mean,
            "holds_then": effect.lower <= past[learned.offer.offer_id] <= effect.upper,
            "holds_now": effect.lower <= mean <= effect.upper,
        }  # fmt: skip
        rows.append(
            row | calls(believed.net[:, k], believed.se[:, k], net[:, k]) | by_fifth(believed.net[:, k], net[:, k])
        )
    return rows


def calls(predicted: Floats, se: Floats, true: Floats) -> dict[str, Any]:
    """Customers called moved or harmed, and their true mean: a customer's own truth is too noisy for a verdict."""
    moved, harmed = predicted - SURE * se > 0, predicted + SURE * se < 0
    return {
        "customers": len(true), "moved": int(moved.sum()), "harmed": int(harmed.sum()),
        "moved_true": float(true[moved].mean()) if moved.any() else None,
        "harmed_true": float(true[harmed].mean()) if harmed.any() else None,
    }  # fmt: skip


def by_fifth(predicted: Floats, true: Floats) -> dict[str, Any]:
    """Means of predicted and true net margin by fifth of the prediction; None where all get the same."""
    if not np.ptp(predicted) > 0:
        return {"fifths_predicted": None, "fifths_true": None, "slope": None, "correlation": None}
    parts = np.array_split(np.argsort(predicted, kind="stable"), FIFTHS)
    centred = predicted - predicted.mean()
    return {
        "fifths_predicted": [float(predicted[part].mean()) for part in parts],
        "fifths_true": [float(true[part].mean()) for part in parts],
        "slope": float(centred @ true / (centred @ centred)),
        "correlation": float(np.corrcoef(predicted, true)[0, 1]) if np.ptp(true) > 0 else 0.0,
    }


def averages(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is said of averages, over offers and shops."""
    error = np.array([row["estimate"] - row["then"] for row in rows])
    se = np.array([row["se"] for row in rows])
    sure = [row for row in rows if row["lower"] > 0 or row["upper"] < 0]
    wrong = [row for row in sure if row["estimate"] * row["then"] < 0 or row["then"] == 0]
    return {
        "offers": len(rows), "holds_then": mean_of(rows, "holds_then"), "holds_now": mean_of(rows, "holds_now"),
        "binomial_se": math.sqrt(0.9 * 0.1 / len(rows)), "bias_minor": float(error.mean()),
        "bias_se": float(error.std(ddof=1) / math.sqrt(len(rows))) if len(rows) > 1 else math.nan,
        "error_in_se": float(np.sqrt(np.mean((error / se) ** 2))), "said_to_be_sure": len(sure),
        "sure_and_wrong": len(wrong), "true_minor": mean_of(rows, "then"), "mean_se_minor": float(se.mean()),
    }  # fmt: skip


def calling(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Customers called moved or harmed: how many, and what the truth says of them on average."""
    everybody = sum(row["customers"] for row in rows)
    moved, harmed = (sum(row[name] for row in rows) for name in ("moved", "harmed"))
    return {
        "moved": moved / everybody, "harmed": harmed / everybody,
        "offers_with_calls": float(np.mean([(row["moved"] + row["harmed"]) > 0.05 * row["customers"] for row in rows])),
        "moved_true_minor": weighted(rows, "moved"), "harmed_true_minor": weighted(rows, "harmed"),
        "personal": mean_of(rows, "personal"),
    }  # fmt: skip


def weighted(rows: Sequence[Mapping[str, Any]], name: str) -> float | None:
    """Mean truth of those who were called so."""
    called = [row for row in rows if row[name]]
    whole = sum(row[name] for row in called)
    return sum(row[name] * row[f"{name}_true"] for row in called) / whole if whole else None


def fifths(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """By fifth of prediction, means over the logs in which customers are told apart; minor units."""
    apart = [row for row in rows if row["fifths_true"] is not None]
    if not apart:
        return {"offers": 0}
    said, true = (np.mean([row[name] for row in apart], axis=0) for name in ("fifths_predicted", "fifths_true"))
    told = {"offers": len(apart), "correlation": mean_of(apart, "correlation"), "slope": mean_of(apart, "slope")}
    return (
        told
        | {f"predicted {i + 1}": float(v) for i, v in enumerate(said)}
        | {f"true {i + 1}": float(v) for i, v in enumerate(true)}
    )


def mean_of(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    """Mean of a figure over rows."""
    return float(np.mean([row[name] for row in rows]))


def run(
    shops: int = 40, customers: int = 2_000, futures: int = 8, workers: int = 1, first_seed: int = 0
) -> dict[str, Any]:
    """Respond in `shops` shops of so many customers; seeds from 1,000 on are for finding out why, never reported."""
    tasks = [(seed, customers, futures) for seed in range(first_seed, first_seed + shops)]
    with ProcessPoolExecutor(workers) as pool:
        rows = [row for found in pool.map(one_shop, tasks, chunksize=1) for row in found]
    return report(rows, shops) | {"customers": customers, "futures": futures}


def report(rows: Sequence[Mapping[str, Any]], shops: int) -> dict[str, Any]:
    """The result from all rows, offer by offer."""
    live = [row for row in rows if row["offer"] != NULL]
    parts = {"all live": live} | {
        name: part for name in (*OFFERS, NULL) if (part := [row for row in rows if row["offer"] == name])
    }
    return {
        "shops": shops, "goals": {"coverage": list(GOALS["coverage"]), "placebo_called": GOALS["placebo_called"]},  # type: ignore[call-overload]
        "average": turned({name: averages(part) for name, part in parts.items()}),
        "calls": turned({name: calling(part) for name, part in parts.items()}),
        "fifths": turned({name: fifths(part) for name, part in parts.items()}),
        "rows": list(rows),
    }  # fmt: skip
