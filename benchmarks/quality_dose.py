"""Are curves over face value right? Simulated lotteries of five doses whose true curves are known.

For each shape: the share of 95 % intervals of the average curve that hold the truth, its bias, how far customers' own
curves are from the true ones (root mean square) beside the average curve given to all, and how often customers are
told apart; once with planted effects and once without any.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

QUICK = {"lotteries": 2}
DOSES = np.array([0.0, 300.0, 600.0, 1000.0, 1500.0])
LOTS = np.full(5, 0.2)

Floats = NDArray[np.float64]


class Lottery(NamedTuple):
    """Customers who were given a dose by lot."""

    x: Floats
    dose: Floats
    used: Floats
    truth: Floats
    """Chance of use at each of `DOSES` less that without an offer, shape (n, 5)."""


def lottery(seed: int, n: int = 4000, *, effect: float = 1.0, sign: float = 1.0) -> Lottery:
    """Use `.45 s (1 - exp(-dose / scale))` beyond a base of .1 or .2; s and scale depend on the customer."""
    rng = np.random.default_rng(seed)
    x, k = rng.normal(size=(n, 5)), rng.integers(0, 5, n)
    strength, scale = 1 / (1 + np.exp(-1.2 * x[:, 0])), 500 + 700 * (x[:, 1] > 0)
    truth = sign * effect * 0.45 * strength[:, None] * (1 - np.exp(-DOSES / scale[:, None]))
    base = (0.1 if sign > 0 else 0.5) * (1 + (x[:, 2] > 0))
    used = (rng.random(n) < base + truth[np.arange(n), k]).astype(np.float64)
    return Lottery(x, DOSES[k], used, truth)


def answer(seed: int, n: int, effect: float, shape: str, mean: Floats) -> dict[str, Any]:
    """Learn from one lottery and hold the answer against the truth."""
    from netlift.uplift.dose import dose_response
    from netlift.uplift.dose_trees import Trees

    data = lottery(seed, n, effect=effect)
    trees = Trees(threads=1)
    found = dose_response(
        data.x, data.dose, data.used, propensity=LOTS, shape=shape, folds=3, seed=seed, trees=trees,
    )  # fmt: skip
    average = np.append(0.0, [one.estimate for one in found.average])
    return {
        "held": [one.lower <= truth <= one.upper for one, truth in zip(found.average, mean[1:], strict=True)],
        "bias": average[1:] - mean[1:],
        "own": float(np.sqrt(((found.curve(data.x) - data.truth) ** 2).mean())),
        "same": float(np.sqrt(((average - data.truth) ** 2).mean())),
        "told_apart": found.personal,
    }  # fmt: skip


def run(lotteries: int = 100, customers: int = 3000) -> dict[str, Any]:
    """All cases.

    Args:
        lotteries: seeds from 0 on.
        customers: of each.
    """
    answers: dict[str, Any] = {}
    for name, effect in (("planted", 1.0), ("nothing", 0.0)):
        mean = lottery(10**6, 400_000, effect=effect).truth.mean(axis=0)
        for shape in ("rising", "concave"):
            rows = [answer(seed, customers, effect, shape, mean) for seed in range(lotteries)]
            held, bias = (np.mean([row[key] for row in rows], axis=0) for key in ("held", "bias"))
            answers[f"{name}, {shape}"] = {
                "least_coverage": float(held.min()), "most_coverage": float(held.max()),
                "least_bias": float(bias.min()), "most_bias": float(bias.max()),
                "rms_own_curve": float(np.mean([row["own"] for row in rows])),
                "rms_average_curve": float(np.mean([row["same"] for row in rows])),
                "told_apart": float(np.mean([row["told_apart"] for row in rows])),
            }  # fmt: skip
    return {"lotteries": lotteries, "customers": customers, "cases": answers}
