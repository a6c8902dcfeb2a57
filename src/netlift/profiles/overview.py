"""What a table of profiles says in a few figures: stages, quantiles, and where interest lies."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from netlift.errors import DataError
from netlift.profiles.features.lifecycle import STAGES

if TYPE_CHECKING:
    import pyarrow as pa

FIGURES = (
    "recency_days", "orders_365", "spend_365_minor", "basket_minor", "gap_mean_days", "discount_share",
    "price_sensitivity", "visits_90", "contacts_90",
)  # fmt: skip
"""Features whose quantiles are shown."""
TOP = 10
"""Categories that are shown."""


class Figure(NamedTuple):
    """How a feature is spread over the customers of whom it is known."""

    name: str
    known: int
    """Customers with a value; of none the quantiles are None."""
    low: float | None
    """A tenth of them have less."""
    median: float | None
    high: float | None
    """A tenth of them have more."""


class Liked(NamedTuple):
    """A category, by the interest of all customers who have any."""

    category: str
    customers: int
    """Customers with some interest in it."""
    interest: float
    """Mean share of interest, over all customers with any interest in anything."""


class Overview(NamedTuple):
    """A table of profiles in short."""

    as_of: datetime
    customers: int
    stages: dict[str, int]
    """Customers in each stage of the lifecycle, in its order."""
    figures: tuple[Figure, ...]
    interests: tuple[Liked, ...]
    """Categories with the most interest, most first."""


def overview(profiles: "pa.Table", interests: "pa.Table") -> Overview:
    """The figures of these tables.

    Args:
        profiles: as in `schema.PROFILES`.
        interests: as in `schema.INTERESTS`, of the same moment.

    Raises:
        DataError: there is no customer.
    """
    if not profiles.num_rows:
        raise DataError("nobody was known at that moment: there are no profiles to sum up")
    counts = {one["values"]: one["counts"] for one in profiles["lifecycle"].value_counts().to_pylist()}
    return Overview(
        as_of=profiles["as_of"][0].as_py(),
        customers=profiles.num_rows,
        stages={stage: counts.get(stage, 0) for stage in STAGES},
        figures=tuple(_figure(profiles, name) for name in FIGURES),
        interests=_liked(interests),
    )


def _figure(profiles: "pa.Table", name: str) -> Figure:
    import pyarrow as pa
    import pyarrow.compute as pc

    values = profiles[name].cast(pa.float64()).drop_null()
    low, median, high = pc.quantile(values, q=[0.1, 0.5, 0.9]).to_pylist() if len(values) else (None, None, None)
    return Figure(name, len(values), low, median, high)


def _liked(interests: "pa.Table") -> tuple[Liked, ...]:
    import pyarrow.compute as pc

    if not interests.num_rows:
        return ()
    everybody = pc.count_distinct(interests["customer_id"]).as_py()
    sums = interests.group_by("category", use_threads=False).aggregate([("interest", "sum"), ("interest", "count")])
    found = [Liked(one["category"], one["interest_count"], one["interest_sum"] / everybody) for one in sums.to_pylist()]
    return tuple(sorted(found, key=lambda one: (-one.interest, one.category))[:TOP])
