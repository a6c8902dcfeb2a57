"""How much of what can be earned does a plan earn? Simulated shops that tried four offers out and now share them out.

Each shop gives four offers by lot in its past. `respond` reads its records, the plan is netlift's most profitable one
within a budget, and the truth is the mean over futures that go on from that very past. Beside it:

oracle          knows every customer's true prospects. It is judged by other futures than it chose on; as that still
                understates it, its profit is carried on to endlessly many futures (V(F) = V - c / F); it is never
                taken to earn less than the next two.
from records    the true prospects as far as the records show them (a regression of truth on all features): what no
                shop can beat with these records, were its logs endless. Oracle less this is hidden in people.
true averages   each offer's true average, nothing personal
best single     the offer of best believed average to customers by lot, while the budget lasts
by p_buy        the offer that each is likeliest to buy under, likeliest customers first, while the budget lasts
likely buyers   the best single offer, likeliest buyers first, while the budget lasts
random          any offer to anybody, at the plan's true spend
"""

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from benchmarks._plan_make import most_profit
from benchmarks._plan_shops import (
    Floats,
    Ints,
    Known,
    Truth,
    features_of,
    known,
    records,
    share_out,
    shop_of,
    total,
    truth,
    turned,
)

QUICK = {"shops": 2, "customers": 1_000, "futures": 8}
GOALS = {"share_of_oracle": 0.60, "coverage": 0.85}
OFFERS = ("letter", "light", "deep", "step")
LEVEL, SURE = 0.9, 1.6449
BUDGETS = {"third": 1 / 3, "ninth": 1 / 9}
"""Shares of what it costs to give everybody one of the offers, on average over the offers."""
RIVALS = ("best_single", "by_p_buy", "likely_buyers", "random", "true_averages", "from_records")


def one_shop(task: tuple[int, int, int]) -> list[dict[str, Any]]:
    """Plan for one shop, under each budget, and value the plan and its rivals by the truth."""
    from threadpoolctl import threadpool_limits

    seed, customers, futures = task
    with threadpool_limits(1):
        config = shop_of(seed, customers, OFFERS)
        true = truth(config, futures)
        return planned(config, seed, true, *answered(config, true, seed))


def planned(config: Any, seed: int, true: Truth, believed: Known, features: Floats) -> list[dict[str, Any]]:
    """One row for each budget."""
    attainable, size = from_records(true, features), believed.cost.mean(axis=1).sum()
    return [
        {"seed": seed, "budget": budget} | one_budget(config, true, believed, attainable, share * size)
        for budget, share in BUDGETS.items()
    ]


def answered(config: Any, true: Truth, seed: int) -> tuple[Known, Floats]:
    """What the shop believes on the morning of the plan, and what it knows of its customers."""
    shop = records(config)
    return known(shop, true, seed), features_of(shop, true)


def one_budget(config: Any, true: Truth, believed: Known, attainable: Floats, budget: float) -> dict[str, Any]:
    """The plan within one budget beside its rivals; minor units."""
    net, cost = true.net.mean(axis=0), true.cost.mean(axis=0)
    chosen, worth = most_profit(config, true, believed, budget)
    earned, spent, promised = total(chosen, net), total(chosen, cost), total(chosen, believed.net)
    naive = SURE * shared_error(chosen, believed.se)
    row: dict[str, Any] = {
        "limit": budget, "customers": len(net), "given": int((chosen >= 0).sum()), "plan": earned, "spent": spent,
        "promised": promised, "expected": worth.net.estimate, "lower": worth.net.lower, "upper": worth.net.upper,
        "method": worth.net.method, "held": worth.net.lower <= earned <= worth.net.upper,
        "held_naive": promised - naive <= earned <= promised + naive, "p_loss": worth.p_loss,
        "random": spent * float(net.sum() / cost.sum()),
        "true_averages": total(share_out(np.tile(net.mean(axis=0), (len(net), 1)), cost, budget), net),
        "from_records": total(share_out(attainable, cost, budget), net),
        "given_by_offer": [int((chosen == k).sum()) for k in range(net.shape[1])],
    }  # fmt: skip
    row |= oracle(true, attainable, budget)
    row["oracle"] = max(
        row[name] for name in ("oracle_endless", "oracle_judged_apart", "from_records", "true_averages")
    )
    return row | simple(net, believed, budget)


def simple(net: Floats, believed: Known, budget: float) -> dict[str, float]:
    """The simple answers; what they expect to spend is what the records say."""
    best = int(believed.net.mean(axis=0).argmax())
    if believed.net[:, best].mean() <= 0:
        single = likely = 0.0
    else:
        single = min(1.0, budget / believed.cost[:, best].sum()) * float(net[:, best].sum())
        likely = total(in_order(believed.p_buy[:, best], np.full(len(net), best), believed.cost, budget), net)
    favourite = believed.p_buy.argmax(axis=1)
    by_buy = total(in_order(believed.p_buy.max(axis=1), favourite, believed.cost, budget), net)
    return {"best_single": single, "likely_buyers": likely, "by_p_buy": by_buy}


def in_order(rank: Floats, offer: Ints, cost: Floats, budget: float) -> Ints:
    """Customers of highest rank first, each with the offer named, until the next one would break the budget."""
    order = np.argsort(-rank, kind="stable")
    spent = np.cumsum(cost[order, offer[order]])
    chosen = np.full(len(rank), -1)
    paid = order[spent <= budget]
    chosen[paid] = offer[paid]
    return chosen


def shared_error(chosen: Ints, se: Floats) -> float:
    """Standard error of the sum if the errors of one offer are all the same, those of different offers independent."""
    sums = [se[chosen == k, k].sum() for k in range(se.shape[1])]
    return math.sqrt(sum(s**2 for s in sums))


def oracle(true: Truth, attainable: Floats, budget: float) -> dict[str, float]:
    """Choose on some lots of futures, judge by the rest, and carry on to endlessly many futures."""
    lots = len(true.net)
    judged: dict[int, list[float]] = {}
    for size in range(1, lots):
        for first in range(lots):
            mine = [(first + step) % lots for step in range(size)]
            rest = [part for part in range(lots) if part not in mine]
            chosen = share_out(drawn_in(true, attainable, mine), true.cost[mine].mean(axis=0), budget)
            judged.setdefault(size, []).append(total(chosen, true.net[rest].mean(axis=0)))
    means = {size: float(np.mean(values)) for size, values in judged.items()}
    few = np.column_stack([np.ones(lots - 1), [-1 / size for size in means]])
    endless = float(np.linalg.lstsq(few, np.array(list(means.values())), rcond=None)[0][0])
    return {"oracle_endless": endless, "oracle_judged_apart": means[lots - 1]}


def drawn_in(true: Truth, attainable: Floats, lots: list[int]) -> Floats:
    """Means over some lots, drawn in to what the records show as far as the rest is noise."""
    rest = true.net[lots].mean(axis=0) - attainable
    noise = (true.se[lots] ** 2).mean(axis=(0, 1)) / len(lots)
    spread = rest.var(axis=0)
    keep = np.where(spread > 0, np.maximum(spread - noise, 0) / np.maximum(spread, 1e-12), 0)
    drawn: Floats = attainable + keep * rest
    return drawn


def from_records(true: Truth, features: Floats, folds: int = 5) -> Floats:
    """Truth predicted from the records' features by models of other customers, shape (customers, offers)."""
    from netlift.response.models import line
    from netlift.uplift.nuisance import Boosted, Features

    net, trees = true.net.mean(axis=0), Boosted(trees=100, leaves=8, rate=0.05, least=50, threads=1)
    found = np.empty_like(net)
    fold = np.arange(len(net)) % folds
    for part in range(folds):
        held = fold == part
        whole = Features(features[~held])
        for k in range(net.shape[1]):
            models = (line(features[~held], net[~held, k]), trees.regress(whole, net[~held, k]))
            found[held, k] = sum(model.predict(features[held]) for model in models) / 2
    return found


def summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One budget over all shops: shares of the oracle's profit, paired differences, coverage."""
    best = np.array([row["oracle"] for row in rows])
    plan = np.array([row["plan"] for row in rows])
    told = {
        "shops": len(rows),
        "share_of_oracle": float(plan.sum() / best.sum()),
        "share_low": spread_of(lambda at: plan[at].sum() / best[at].sum(), len(rows))[0],
        "share_high": spread_of(lambda at: plan[at].sum() / best[at].sum(), len(rows))[1],
        "share_judged_apart": float(plan.sum() / sum(row["oracle_judged_apart"] for row in rows)),
        "coverage": float(np.mean([row["held"] for row in rows])),
        "coverage_naive": float(np.mean([row["held_naive"] for row in rows])),
        "promised_over_true": float(sum(row["promised"] for row in rows) / plan.sum()),
        "expected_over_true": float(sum(row["expected"] for row in rows) / plan.sum()),
        "reach_over_true": float(sum((row["upper"] - row["lower"]) / 2 for row in rows) / plan.sum()),
        "spent_over_limit": float(np.mean([row["spent"] / row["limit"] for row in rows])),
        "plan_per_customer": float(np.mean([row["plan"] / row["customers"] for row in rows])),
    }
    for name in ("oracle", *RIVALS):
        told[f"{name}_per_customer"] = float(np.mean([row[name] / row["customers"] for row in rows]))
    return told


def beside(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Plan less each rival, minor units per customer, with a 90 % interval over shops."""
    from scipy.stats import t

    table = {}
    for name in RIVALS:
        difference = np.array([(row["plan"] - row[name]) / row["customers"] for row in rows])
        n = len(difference)
        reach = float(t.ppf((1 + LEVEL) / 2, n - 1) * difference.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan
        mean = float(difference.mean())
        table[name] = {
            "difference": mean, "lower": mean - reach, "upper": mean + reach, "won": float((difference > 0).mean()),
        }  # fmt: skip
    return table


def spread_of(figure: Callable[[Ints], float], shops: int, draws: int = 2_000) -> tuple[float, float]:
    """90 % interval of a figure over shops drawn with replacement."""
    rng = np.random.default_rng(0)
    found = [figure(rng.integers(0, shops, shops)) for _ in range(draws)]
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def run(
    shops: int = 20, customers: int = 4_000, futures: int = 24, workers: int = 1, first_seed: int = 0
) -> dict[str, Any]:
    """Plan in `shops` shops of so many customers; the truth is the mean over `futures` futures.

    Seeds from 1,000 on are for finding out why, never reported.
    """
    tasks = [(seed, customers, futures) for seed in range(first_seed, first_seed + shops)]
    with ProcessPoolExecutor(workers) as pool:
        rows = [row for found in pool.map(one_shop, tasks, chunksize=1) for row in found]
    return report(rows) | {"customers": customers, "futures": futures}


def report(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The result from all rows, budget by budget."""
    parts = {name: [row for row in rows if row["budget"] == name] for name in BUDGETS}
    tables = {f"plan less rival, budget {name}": beside(part) for name, part in parts.items()}
    budgets = turned({name: summary(part) for name, part in parts.items()})
    return {"goals": GOALS, "budgets": budgets} | tables | {"rows": list(rows)}
