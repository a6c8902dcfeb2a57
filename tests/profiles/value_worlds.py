"""Customers whose buying is known: simulated ones, and those of CDNOW.

`test_value_cdnow.parquet` holds the purchases of the 1/10 sample of CDNOW's customers (Fader & Hardie,
brucehardie.com), as the package `lifetimes` publishes them (MIT licence, copyright 2015 Cameron Davidson-Pilon).
"""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from netlift.profiles.value.histories import Histories, purchase_histories

Floats = NDArray[np.float64]

CALIBRATED = datetime(1997, 10, 1, tzinfo=UTC)
"""Week 39 of 1997 ends: the published models know what came before."""
END = datetime(1998, 7, 1, tzinfo=UTC)


def cdnow_orders() -> pa.Table:
    """6,919 purchases of 2,357 customers, 1997-01-01 to 1998-06-30, as orders."""
    table = pq.read_table(Path(__file__).parent / "test_value_cdnow.parquet")
    return pa.table(
        {
            "customer_id": table["customer"].cast(pa.string()),
            "ordered_at": table["day"].cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC")),
            "amount_minor": table["amount_minor"].cast(pa.int64()),
        }
    )


def cdnow() -> Histories:
    """The customers as of week 39."""
    return Histories.of(purchase_histories(cdnow_orders(), CALIBRATED))


def simulated(model: str, parameters: tuple[float, ...], n: int, rng: np.random.Generator) -> Histories:
    """Histories by the story of `bg_nbd` or `pareto_nbd`, told event by event, with ages of 26 to 52 whole weeks.

    Amounts follow Gamma-Gamma with p = 6, q = 4, v = 1500.
    """
    r, alpha, third, fourth = parameters
    age, rate = rng.integers(26, 53, n).astype(np.float64), rng.gamma(r, 1 / alpha, n)
    leaves_at, quits = np.full(n, np.inf), np.zeros(n)
    if model == "pareto_nbd":
        leaves_at = rng.exponential(size=n) / rng.gamma(third, 1 / fourth, n)
    else:
        quits = rng.beta(third, fourth, n)
    frequency, recency, clock = np.zeros(n), np.zeros(n), np.zeros(n)
    active = np.arange(n)
    while len(active):  # one purchase of every customer who is still there
        clock[active] += rng.exponential(size=len(active)) / rate[active]
        active = active[clock[active] < np.minimum(age, leaves_at)[active]]
        frequency[active] += 1
        recency[active] = clock[active]
        active = active[rng.random(len(active)) >= quits[active]]
    again = np.maximum(frequency, 1)
    spend = rng.gamma(6 * again) / rng.gamma(4, 1 / 1500, n) / again
    return Histories(frequency, recency, age, np.where(frequency > 0, spend, np.nan))
