"""Is our forecast of churn better than BG/NBD and than a look at the last order? Two shops, each on its last date.

CDNOW's customers (in the tests' folder) and UCI's Online Retail (CC BY 4.0; left out where the file is not there).
Every date is a row of the same customers' past; ours learns on early dates, stops and calibrates on later ones, and
all forecasts are judged on the last date, whose outcomes none of them saw. Intervals are over customers, 95 %; one
date of one shop is one draw of its season, which they do not hold. A model whose likelihood has no highest point on a
shop's customers gives no forecast there.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

QUICK = {"shops": ("cdnow",)}
HERE = Path(__file__).parent.parent


class Case(NamedTuple):
    """A shop, and the dates on which it is asked; the last one is the test."""

    orders: pa.Table
    dates: list[datetime]
    horizon_days: int
    active_days: int
    until: datetime


def cdnow() -> Case:
    """Customers who first bought in the first quarter of 1997; 90 days."""
    table = pq.read_table(HERE / "tests" / "profiles" / "test_value_cdnow.parquet")
    orders = pa.table(
        {
            "customer_id": table["customer"].cast(pa.string()),
            "ordered_at": table["day"].cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC")),
            "amount_minor": table["amount_minor"].cast(pa.int64()),
        }
    )
    days = [datetime(1997, month, 1, tzinfo=UTC) for month in (4, 5, 6, 7, 10)]
    days += [datetime(1998, 1, 1, tzinfo=UTC), datetime(1998, 4, 1, tzinfo=UTC)]
    return Case(orders, days, 90, 460, datetime(1998, 7, 1, tzinfo=UTC))


def online_retail() -> Case | None:
    """A wholesaler and gift shop, December 2010 to December 2011; 60 days; cancelled invoices are left out."""
    file = HERE.parent / "shared" / "data" / "online_retail" / "online_retail.parquet"
    if not file.is_file():
        return None
    table = pq.read_table(file, columns=["InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"])
    sold = pc.and_(pc.invert(pc.starts_with(table["InvoiceNo"], "C")), pc.is_valid(table["CustomerID"]))
    table = table.filter(sold)
    minor = pc.round(pc.multiply(pc.multiply(table["UnitPrice"], 100.0), table["Quantity"].cast(pa.float64())))
    time = pc.strptime(table["InvoiceDate"].cast(pa.string()), "%Y-%m-%d %H:%M:%S", "us")
    orders = pa.table(
        {
            "customer_id": table["CustomerID"].cast(pa.int64()).cast(pa.string()),
            "ordered_at": pc.assume_timezone(time, "UTC"),
            "amount_minor": minor.cast(pa.int64()),
        }
    )
    end = datetime(2011, 12, 9, tzinfo=UTC)
    days = [end - timedelta(days=60 * i) for i in (4, 3, 2, 1)]
    earlier = [days[0] - timedelta(days=30)]
    return Case(orders, earlier + days, 60, 365, end)


SHOPS = {"cdnow": cdnow, "online_retail": online_retail}


def judged(case: Case, seed: int = 0) -> dict[str, Any]:
    """All forecasts of one shop on its last date."""
    from netlift.errors import EstimationError
    from netlift.profiles.churn.habits import HABITS
    from netlift.profiles.churn.judge import base_rate, judge
    from netlift.profiles.churn.labels import Question, dated
    from netlift.profiles.churn.model import Churn
    from netlift.profiles.churn.simple import RecencyRule, silent
    from netlift.profiles.value.bg_nbd import BGNBD
    from netlift.profiles.value.histories import Histories, purchase_histories
    from netlift.profiles.value.pareto_nbd import ParetoNBD

    names = tuple(HABITS)
    *learned, test = dated(case.orders, case.dates, Question(case.horizon_days, case.active_days), until=case.until)
    model = Churn.learn(learned, names, seed=seed)
    asked = set(np.asarray(test.units).tolist())
    histories = purchase_histories(case.orders, case.dates[-1])
    here = np.array([customer in asked for customer in histories["customer_id"].to_pylist()])
    everybody = Histories.of(histories)
    days = np.asarray(test.X)[:, names.index("recency_days")]
    others = {
        "recency, all dates": RecencyRule.learn(learned, names).predict(days),
        "recency, latest date": RecencyRule.learn(learned[-1:], names).predict(days),
        "base rate": base_rate(learned, len(asked)),
    }
    for form in (BGNBD, ParetoNBD):
        try:
            purchases = form().fit(everybody)
        except EstimationError:  # the likelihood has no highest point on these customers: there is no such forecast
            continue
        others[f"{form.__name__}, 1 - P(alive)"] = 1 - purchases.p_alive(everybody)[here]
        if isinstance(purchases, BGNBD):
            silence = silent(purchases, everybody, case.horizon_days / 7)[here]
            others["BGNBD, no purchase in the horizon"] = silence
    return {name: _row(found) for name, found in judge(model, test, others, seed=seed).items()}


def _row(found: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"customers": found.figures.n, "churned": found.figures.base_rate}
    for name, interval in found.intervals.items():
        row[name] = interval.estimate
        row[f"{name} interval"] = [interval.lower, interval.upper]
    row["ece"] = found.figures.ece
    for name, interval in found.against.items():
        better = found.beaten(name)
        row[f"ours on {name}"] = "not shown" if better is None else "better" if better else "worse"
        row[f"ours less this, {name}"] = [interval.estimate, interval.lower, interval.upper]
    return row


def run(shops: tuple[str, ...] = tuple(SHOPS)) -> dict[str, object]:
    """Judge the forecasts in each shop."""
    cases = {name: SHOPS[name]() for name in shops}
    found = {name: judged(case) for name, case in cases.items() if case is not None}
    return {"left_out": ", ".join(name for name, case in cases.items() if case is None), **found}
