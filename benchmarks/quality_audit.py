"""Is the audit right? Simulated shops whose true net lift is known, one design at a time.

For each design: the share of 90 % intervals that hold the truth, the bias relative to the true effect, the share
of placebo promotions called "no effect", and beside them what the usual answers would have claimed.

One placebo a shop is few: of 40 such shares the standard error is .047, so that intervals of exactly 90 % show .8 or
less one time in 24. Experiments are quick to audit, so their placebos come from more shops than the rest.
"""

import math
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Any

QUICK = {"shops": 1, "placebos": 1}
DESIGNS = ("randomized", "campaign", "regions", "price_cut", "open_code")
MORE_PLACEBOS = "randomized"
"""The design whose placebos come from more shops."""
GOALS = {"coverage": (0.85, 0.97), "bias": 0.10, "placebo": 0.90}


def one_shop(task: tuple[str, int]) -> list[dict[str, object]]:
    """Simulate one shop, audit it, and set every finding beside its truth."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from netlift.evaluation.audit import audit
    from netlift.evaluation.customers import Rules
    from netlift.history.shop import Terms, connect, open_shop
    from netlift.simulate import presets, simulate

    design, seed = task
    simulated = simulate(presets.bench(design, seed))
    con = connect(simulated.tables)
    con.execute("SET threads = 1")
    shop = open_shop(con, Terms())
    truths = {row["promotion_id"]: row for row in simulated.truth.to_pylist()}
    washouts = {int(row["washout_days"]) for row in truths.values()}
    rules = Rules(washout_days=washouts.pop() if len(washouts) == 1 else None, seed=seed)
    result = audit(shop, rules, name="bench", now=datetime(2026, 1, 1, tzinfo=UTC))
    return [row for finding in result.findings if (row := _row(design, seed, finding, truths)) is not None]


def _row(design, seed, finding, truths):  # type: ignore[no-untyped-def]
    truth = truths.get(finding.promotion_id)
    if truth is None and design == "price_cut":
        truth = _same_days(finding, truths)
    if truth is None:
        return {"design": design, "seed": seed, "unmatched": finding.promotion_id, "verdict": str(finding.verdict)}
    effect = finding.net_lift
    return {
        "design": design, "seed": seed, "promotion": finding.promotion_id, "method": effect.method if effect else None,
        "truth": truth["net_lift_minor"], "placebo": bool(truth["placebo"]),
        "estimate": effect.estimate if effect else None, "lower": effect.lower if effect else None,
        "upper": effect.upper if effect else None, "se": effect.se if effect else None,
        "grade": str(finding.grade) if finding.grade else None, "verdict": str(finding.verdict),
        "refused": str(finding.refused) if finding.refused else None,
        "before_after": finding.naive.before_after_minor, "redeemer_revenue": finding.naive.redeemer_revenue_minor,
        "failed": [check.code for check in finding.checks if check.passed is False],
    }  # fmt: skip


def _same_days(finding, truths):  # type: ignore[no-untyped-def]
    """A price cut is found in the prices, without its name: it is known by its days."""
    near = [
        truth
        for truth in truths.values()
        if abs((truth["starts_at"] - finding.window.start).days) <= 3
        and abs((truth["ends_at"] - finding.window.end).days) <= 3
    ]
    return near[0] if len(near) == 1 else None


def summary(rows: list[dict[str, object]], shops: int) -> dict[str, object]:
    """The figures of one design: everything on the first `shops` seeds, placebos on all of them."""
    placebo = [r for r in rows if r.get("estimate") is not None and r["placebo"]]
    rows = [r for r in rows if r["seed"] < shops]
    judged = [r for r in rows if r.get("estimate") is not None]
    real = [r for r in judged if not r["placebo"]]
    quiet = sum(r["lower"] <= 0 <= r["upper"] for r in placebo)
    low, high = binomial_range(quiet, len(placebo))
    size = sum(abs(r["truth"]) for r in real) or math.nan
    held = sum(r["lower"] <= r["truth"] <= r["upper"] for r in judged)
    return {
        "judged": len(judged),
        "refused": sum(r.get("refused") is not None for r in rows),
        "found_beyond": sum("unmatched" in r for r in rows),
        "coverage": held / max(len(judged), 1),
        "coverage_real": sum(r["lower"] <= r["truth"] <= r["upper"] for r in real) / max(len(real), 1),
        "bias": sum(r["estimate"] - r["truth"] for r in real) / size,
        "bias_se": math.sqrt(sum(r["se"] ** 2 for r in real)) / size,
        "placebos": len(placebo),
        "placebo_no_effect": quiet / max(len(placebo), 1),
        "placebo_low": low,
        "placebo_high": high,
        "error": sum(abs(r["estimate"] - r["truth"]) for r in real) / size,
        "relative_se": sum(r["se"] for r in real) / size,
        "before_after_claims": _claim(real, "before_after", size),
        "redeemer_revenue_claims": _claim(real, "redeemer_revenue", size),
        "true": sum(r["truth"] for r in real),
    }


def binomial_range(hits: int, n: int, z: float = 1.645) -> tuple[float, float]:
    """The shares that `hits` of `n` do not contradict: Wilson's interval (1927, doi:10.1080/01621459.1927.10502953).

    Args:
        hits: how many, 0 to n.
        n: out of how many; 0 knows nothing.
        z: normal quantile; 1.645 for 90 %.

    >>> [round(share, 2) for share in binomial_range(36, 40)]
    [0.79, 0.95]
    """
    if not n:
        return 0.0, 1.0
    middle = (hits + z**2 / 2) / (n + z**2)
    reach = z / (n + z**2) * math.sqrt(hits * (n - hits) / n + z**2 / 4)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _claim(rows: Iterable[dict[str, object]], name: str, size: float) -> float | None:
    """How far a usual answer is off, summed without signs, relative to the size of the true effects."""
    known = [r for r in rows if r[name] is not None]
    return sum(abs(r[name] - r["truth"]) for r in known) / size if known else None


def markdown(result: dict[str, Any]) -> str:
    """The table of the README."""
    heads = (
        "comparison", "shops", "90 % intervals that hold the truth", "bias / true effect",
        "placebos called “no effect” (90 % range)", "netlift is off by", "before/after is off by",
        "redeemers' revenue is off by",
    )  # fmt: skip
    rows = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for design, found in result["designs"].items():
        rows.append(
            f"| {design} | {result['shops_per_design']} | {found['coverage']:.2f} | {found['bias']:+.1%} | "
            f"{_quiet(found)} | {_times(found['error'])} | "
            f"{_times(found['before_after_claims'])} | "
            f"{_times(found['redeemer_revenue_claims'])} |"
        )
    return "\n".join(rows)


def _quiet(found: dict[str, Any]) -> str:
    """Share of quiet placebos, what chance leaves open about it, and of how many."""
    if not found["placebos"]:
        return "–"
    share, low, high = (found[key] for key in ("placebo_no_effect", "placebo_low", "placebo_high"))
    return f"{share:.2f} of {found['placebos']} ({low:.2f}–{high:.2f})"


def _times(claim: float | None) -> str:
    return "–" if claim is None else f"{claim:.0%}"


def run(
    shops: int = 40, designs: Iterable[str] = DESIGNS, workers: int | None = None, placebos: int = 200
) -> dict[str, object]:
    """Audit `shops` simulated shops per design, and the placebos of experiments in `placebos` shops, and summarise."""
    tasks = [(design, seed) for design in designs for seed in range(shops)]
    if MORE_PLACEBOS in designs:
        tasks += [(MORE_PLACEBOS, seed) for seed in range(shops, placebos)]
    return report(rows_of(tasks, shops, workers), shops)


def rows_of(tasks: list[tuple[str, int]], shops: int, workers: int | None = None) -> list[dict[str, object]]:
    """Every finding beside its truth; of seeds from `shops` on, only the placebos."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        rows = [row for found in pool.map(one_shop, tasks, chunksize=1) for row in found]
    return [row for row in rows if row["seed"] < shops or row.get("placebo")]


def report(rows: list[dict[str, object]], shops: int) -> dict[str, object]:
    """The result from all rows, design by design."""
    designs = list(dict.fromkeys(row["design"] for row in rows))
    return {
        "shops_per_design": shops,
        "goals": {"coverage": list(GOALS["coverage"]), "bias": GOALS["bias"], "placebo": GOALS["placebo"]},
        "designs": {design: summary([r for r in rows if r["design"] == design], shops) for design in designs},
        "rows": rows,
    }
