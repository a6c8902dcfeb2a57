"""The source documents' three success stories as questions: what they claim, and what a simulated shop measures.

The documents give lifts without a baseline, a control group, a number of customers or an interval (R178-R180). Here
each claim stands beside a measurement in a shop whose truth is known; where the shop has no such quantity, it says so.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from netlift.simulate.shop import Shop

Metric = Literal[
    "click_rate",
    "conversion",
    "satisfaction",
    "forecast_accuracy",
    "stock_turnover",
    "promotion_effect",
    "participation",
]


@dataclass(frozen=True, slots=True)
class Claim:
    """A relative lift that a source document reports as a fact."""

    case: str
    metric: Metric
    claimed: float
    """Relative lift, e.g. 0.15 for +15 %."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the simulated shop says to a claim."""

    claim: Claim
    measured: float | None
    """Relative lift; None where the shop has no such quantity."""
    lower: float | None
    """Lower end of the 90 % interval; None for a quantity known without error."""
    upper: float | None
    base: float | None
    """Level that the lift is relative to."""
    customers: int
    """Customers in the comparison."""


CLAIMS: tuple[Claim, ...] = (
    Claim("case1", "click_rate", 0.20),
    Claim("case1", "conversion", 0.15),
    Claim("case1", "satisfaction", 0.10),
    Claim("case2", "forecast_accuracy", 0.10),
    Claim("case2", "stock_turnover", 0.15),
    Claim("case2", "promotion_effect", 0.20),
    Claim("case3", "participation", 0.30),
    Claim("case3", "conversion", 0.20),
    Claim("case3", "satisfaction", 0.15),
)
"""Requirements R178 (case 1), R179 (case 2) and R180 (case 3)."""


def answers(case: str, shop: Shop) -> tuple[Answer, ...]:
    """Measure what can be measured of a case's claims.

    Conversion: share of customers with an order in the window. Participation: share who bought goods on offer in the
    window. Both are compared between the arms of the case's experiment. Promotion effect: true net lift for each
    contacted customer, chosen by behaviour against chosen by chance. The other claims have no counterpart here.
    """
    return tuple(_answer(claim, shop) for claim in CLAIMS if claim.case == case)


def _answer(claim: Claim, shop: Shop) -> Answer:
    if claim.metric == "promotion_effect":
        return _by_behaviour(claim, shop)
    if claim.metric not in {"conversion", "participation"}:
        return Answer(claim, None, None, None, None, 0)
    spec = shop.config.promotions[0]
    arms = shop.tables["exposures"]
    number = _numbers(arms["customer_id"].to_pylist())
    treated = np.array(arms["arm"].to_pylist()) == "treatment"
    bought = _buyers(shop, spec.promotion_id, anything=claim.metric == "conversion")[number]
    return _relative(claim, bought[treated], bought[~treated])


def _by_behaviour(claim: Claim, shop: Shop) -> Answer:
    chance, chosen = shop.truth.to_pylist()
    each = [row["net_lift_minor"] / max(1, row["n_treated"]) for row in (chance, chosen)]
    lift = each[1] / each[0] - 1 if each[0] > 0 else None
    return Answer(claim, lift, None, None, each[0], chance["n_treated"] + chosen["n_treated"])


def _numbers(ids: list[str]) -> NDArray[np.int64]:
    return np.array([int(name[1:]) for name in ids], dtype=np.int64)


def _buyers(shop: Shop, promotion_id: str, *, anything: bool) -> NDArray[np.float64]:
    """1 for each customer who bought something (or something on offer) in the promotion's window."""
    spec = next(p for p in shop.config.episodes() if p.promotion_id == promotion_id)
    lines = shop.tables["order_lines"].select(["customer_id", "product_id", "ordered_at"]).to_pydict()
    start, end = shop.config.moment(spec.start_day), shop.config.moment(spec.start_day + spec.days)
    goods = set(shop.goods[promotion_id])
    rows = zip(lines["customer_id"], lines["product_id"], lines["ordered_at"], strict=True)
    bought = np.zeros(shop.config.customers)
    bought[_numbers([c for c, p, at in rows if start <= at < end and (anything or p in goods)])] = 1
    return bought


def _relative(claim: Claim, treated: NDArray[np.float64], control: NDArray[np.float64]) -> Answer:
    """Ratio of two shares less one, with the interval on the log of the ratio (Katz et al. 1978)."""
    p, q = float(treated.mean()), float(control.mean())
    se = np.sqrt((1 - p) / (p * len(treated)) + (1 - q) / (q * len(control)))
    reach = 1.6448536269514722 * se  # the normal's 95 % quantile
    ratio = p / q
    low, high = ratio * np.exp(-reach) - 1, ratio * np.exp(reach) - 1
    return Answer(claim, ratio - 1, float(low), float(high), q, len(treated) + len(control))
