"""Orders of customers who leave at a known rate, and CDNOW's dates for a forecast of churn."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from netlift.profiles.churn.labels import Question

START = datetime(2025, 1, 1, tzinfo=UTC)


def shop(seed: int, customers: int = 1500, days: int = 360) -> pa.Table:
    """Half of the customers order every 4 days on average, half every 40; each leaves at a rate of 1 in 200 days."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, datetime, int]] = []
    for i in range(customers):
        gap, clock, leaves = (4.0 if i % 2 else 40.0), float(rng.uniform(0, 60)), float(rng.exponential(200))
        first = clock
        while clock < min(days, first + leaves):
            rows.append((f"c{i:04d}", START + timedelta(days=clock), int(rng.integers(500, 5000))))
            clock += float(rng.exponential(gap))
    return orders(*rows)


def orders(*rows: tuple[str | None, datetime, int]) -> pa.Table:
    schema = pa.schema(
        [("customer_id", pa.string()), ("ordered_at", pa.timestamp("us", tz="UTC")), ("amount_minor", pa.int64())]
    )
    return pa.table([list(column) for column in zip(*rows, strict=True)], schema=schema)


def moments(*days: int) -> list[datetime]:
    return [START + timedelta(days=day) for day in days]


MONTH = Question(horizon_days=30, active_days=120)
LEARNED = moments(120, 150, 180, 210, 240)
TEST = START + timedelta(days=270)
END = START + timedelta(days=360)
