"""What customers are still worth: P(alive), orders and margin of the next twelve months.

BG/NBD where its likelihood has a highest point on these customers, else Pareto/NBD: where hardly anybody ever leaves,
as in a panel of households that buy every week, the data leave the parameters of leaving open, and nothing is said.
"""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError
from netlift.profiles.propensity.checks import Floats
from netlift.profiles.value.bg_nbd import BGNBD
from netlift.profiles.value.clv import Terms, Total, clv, total_clv
from netlift.profiles.value.gamma_gamma import GammaGamma
from netlift.profiles.value.histories import Histories, purchase_histories
from netlift.profiles.value.model import PurchaseModel
from netlift.profiles.value.pareto_nbd import ParetoNBD

if TYPE_CHECKING:
    import pyarrow as pa

YEARLY_RATE = 0.1
"""Interest at which the margin of a later month counts less."""
WEEKS = 52.0
DRAWS = 99
MOST = 100_000
"""Customers up to whom the total gets its interval; it takes a hundred fits."""


class Worth(NamedTuple):
    """Values, or why there are none; arrays have one entry per customer, NaN where there is no order."""

    p_alive: Floats
    orders: Floats
    """Days with an order expected in the next 52 weeks."""
    clv: Floats
    """Discounted margin of the next twelve months, minor units."""
    total: Total | None
    """CLV of everybody; its interval is that of the expectation; None: too many customers for one, or no values."""
    model: str = ""
    """BG/NBD or Pareto/NBD."""
    absent: str = ""
    """Why there are no values."""


def worth(orders: "pa.Table", customers: NDArray[np.object_], as_of: datetime, *, margin: float, seed: int) -> Worth:
    """A model of purchases and Gamma-Gamma on all customers who ordered.

    Args:
        orders: `customer_id`, `ordered_at`, `amount_minor`; one row per order before `as_of`.
        customers: ids, ascending, shape (n,).
        as_of: moment with a time zone.
        margin: share of the spend that is margin.
        seed: of the interval of the total.
    """
    alive, expected, later = np.full((3, len(customers)), np.nan)
    table = purchase_histories(orders, as_of)
    histories, terms = Histories.of(table), Terms.yearly(YEARLY_RATE, margin=margin)
    try:
        (model, timing), money = _timing(histories), GammaGamma().fit(histories)
        values = clv(timing, money, histories, terms)
        total = (
            total_clv(timing, money, histories, terms, rng=np.random.default_rng(seed), draws=DRAWS)
            if len(histories) <= MOST
            else None
        )
    except EstimationError as error:
        return Worth(alive, expected, later, None, "", str(error))
    place = np.searchsorted(customers, np.asarray(table["customer_id"].to_pylist(), dtype=np.object_))
    alive[place] = timing.p_alive(histories)
    expected[place] = timing.expected_purchases(histories, WEEKS)
    later[place] = values
    return Worth(alive, expected, later, total, model)


def _timing(histories: Histories) -> tuple[str, PurchaseModel]:
    """The first model that these customers settle."""
    try:
        return "BG/NBD", BGNBD().fit(histories)
    except EstimationError:
        return "Pareto/NBD", ParetoNBD().fit(histories)
