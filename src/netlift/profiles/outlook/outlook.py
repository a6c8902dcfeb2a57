"""The outlook of every customer as of a date, and what may be said of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netlift.errors import DataError
from netlift.profiles.churn.standing import Standing, standing
from netlift.profiles.outlook.leaving import Leaving, leaving
from netlift.profiles.outlook.parting import Parted, parted
from netlift.profiles.outlook.worth import Worth, worth
from netlift.profiles.propensity.checks import Floats
from netlift.schema import OUTLOOK

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """The table with the figures behind it."""

    table: "pa.Table"
    """As in `schema.OUTLOOK`, one row per customer in the order of the profiles."""
    segments: Parted
    churn: Leaving
    value: Worth
    margin: float
    """Share of the spend that counted as margin."""

    @property
    def standing(self) -> dict[str, int]:
        """How many customers are active, at risk, and probably gone, of those who are asked about."""
        found = self.table["standing"].to_pylist()
        return {str(one): found.count(str(one)) for one in Standing}


def outlook(orders: "pa.Table", profiles: "pa.Table", *, margin: float = 1.0, seed: int = 0) -> Outlook:
    """Segment, churn and value of every customer.

    Args:
        orders: `customer_id`, `ordered_at` (UTC), `amount_minor`, one row per order before the profiles' moment;
            guests (null) are left out.
        profiles: as in `schema.PROFILES`, by ascending customer.
        margin: share of what customers spend that is margin; 1: values in spend.
        seed: of everything drawn by chance; the same input and seed give the same table.

    Raises:
        DataError: there is nobody.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not profiles.num_rows:
        raise DataError("nobody was known at that moment: there is no outlook")
    as_of = profiles["as_of"][0].as_py()
    customers = np.asarray(profiles["customer_id"].to_pylist(), dtype=np.object_)
    known = orders.filter(pc.is_valid(orders["customer_id"]))
    segments, gap = parted(profiles, seed=seed), _typical(profiles)
    churn = leaving(known, customers, as_of, gap, seed=seed) if known.num_rows else _nobody(len(customers))
    value = worth(known, customers, as_of, margin=margin, seed=seed) if known.num_rows else _worthless(len(customers))
    asked = np.isfinite(churn.p)
    where = np.full(len(customers), None, dtype=np.object_)
    where[asked] = [str(one) for one in standing(churn.p[asked])] if asked.any() else []
    columns = {
        "customer_id": profiles["customer_id"], "as_of": profiles["as_of"],
        "segment": pa.array(segments.segment, mask=segments.segment < 0),
        "p_churn": _nullable(churn.p), "standing": pa.array(where, pa.string()),
        "p_alive": _nullable(value.p_alive), "orders_year": _nullable(value.orders), "clv_minor": _nullable(value.clv),
    }  # fmt: skip
    return Outlook(pa.table(columns, schema=OUTLOOK), segments, churn, value, margin)


def _typical(profiles: "pa.Table") -> float:
    """Median of the customers' typical gaps, days; NaN where nobody has one."""
    gaps = profiles["typical_gap_days"].drop_null().to_numpy()
    return float(np.median(gaps)) if len(gaps) else float("nan")


def _nobody(n: int) -> Leaving:
    return Leaving(np.full(n, np.nan), 0, {}, "", "there are no orders")


def _worthless(n: int) -> Worth:
    return Worth(np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan), None, "", "there are no orders")


def _nullable(values: Floats) -> "pa.Array":
    import pyarrow as pa

    return pa.array(values, mask=~np.isfinite(values))
