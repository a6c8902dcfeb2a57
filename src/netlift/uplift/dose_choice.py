"""Which dose earns most for each customer: margin less what it costs to give."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import EstimationError
from netlift.uplift import checks
from netlift.uplift.checks import Floats
from netlift.uplift.dose import DoseResponse


class Choice(NamedTuple):
    """The best dose of each customer, and what is predicted of it; all of shape (n,).

    The best of several predictions is flattered: measure the rule on customers who were not learned from.
    """

    dose: Floats
    margin: Floats
    """Expected incremental margin before the offer's own cost, in its unit."""
    cost: Floats
    """Expected cost, in the same unit."""
    at_edge: NDArray[np.bool_]
    """The best is the largest dose that was offered, so the very best may lie beyond."""

    @property
    def net(self) -> Floats:
        """Margin less cost; 0 where no offer is best."""
        return np.asarray(self.margin - self.cost)


def best_dose(doses: ArrayLike, margin: ArrayLike, cost: ArrayLike) -> Choice:
    """The dose of greatest margin less cost; of equal ones the smallest.

    Args:
        doses: rising from 0 (no offer), shape (k,).
        margin: expected incremental margin at each dose, shape (n, k).
        cost: expected cost at each dose, shape (n, k) or (k,).

    Raises:
        EstimationError: shapes that do not fit, values that are not finite, doses that do not rise from 0.

    >>> best_dose([0, 5, 10], [[0.0, 3.0, 4.0]], [[0.0, 1.0, 3.0]]).dose.tolist()
    [5.0]
    """
    offered = checks.column(doses, "doses")
    if not len(offered) or offered[0] != 0 or (np.diff(offered) <= 0).any():
        raise EstimationError("doses must rise from 0, which stands for no offer")
    array = np.asarray(margin)
    gain = checks.matrix(array, "margin", rows=len(array) if array.ndim else 0, columns=len(offered))
    spread = np.broadcast_to(np.asarray(cost, dtype=np.float64), gain.shape) if np.ndim(cost) == 1 else cost
    price = checks.matrix(spread, "cost", rows=len(gain), columns=len(offered))
    best, rows = np.argmax(gain - price, axis=1), np.arange(len(gain))
    edge = (best == len(offered) - 1) & (best > 0)
    return Choice(offered[best], gain[rows, best], price[rows, best], edge)


def best_face_value(
    margin: DoseResponse, use: DoseResponse, X: ArrayLike, *, doses: ArrayLike | None = None, contact: float = 0.0
) -> Choice:
    """The best face value of a coupon: it costs `dose x P(use | dose, x)`, and a contact wherever it is given.

    Args:
        margin: response of incremental margin, before the coupon's own cost, in the unit of the doses.
        use: response of redemption, 1 and 0.
        X: covariates of the customers, shape (n, p).
        doses: face values on offer, rising from 0; None: those of the log of `margin`.
        contact: cost of telling one customer, at least 0.

    Raises:
        EstimationError: a face value beyond either log, or what does not fit.
    """
    if not (np.isfinite(contact) and contact >= 0):
        raise EstimationError(f"a contact costs at least 0, got {contact}")
    offered = margin.doses if doses is None else checks.column(doses, "doses")
    used = np.minimum(use.curve(X, offered), 1.0)
    return best_dose(offered, margin.curve(X, offered), offered * used + contact * (offered > 0))
