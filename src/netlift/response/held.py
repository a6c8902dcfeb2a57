"""What is believed of the customers of a log by those who never saw them, beside what was found of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netlift.response.personal import believed, of_cost, of_net
from netlift.uplift.checks import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The customers of a log who were compared; minor units, single precision to save memory."""

    predicted: NDArray[np.float32]
    """Net margin believed from the other folds, shape (n, offers)."""
    cost: NDArray[np.float32]
    """Cost believed from the other folds, contact included, shape (n, offers)."""
    score: NDArray[np.float32]
    """Doubly robust scores of net margin, shape (n, offers)."""
    fold: NDArray[np.int8]


def held(net: Floats, cost: Floats, raw: Floats | None, fold: Ints, *, contact: Floats, level: float) -> Held:
    """Calibrate predictions on the folds that a customer is not in.

    Args:
        net: doubly robust scores of net margin, shape (n, offers).
        cost: of cost, contact included, shape (n, offers).
        raw: what models that never saw the customer say, shape (n, offers, 3); None: everybody gets the average.
        fold: of each customer, shape (n,).
        contact: cost of a contact with each offer, shape (offers,).
        level: at which a slope must be shown to differ from what is known before.
    """
    said = np.zeros((*net.shape, 3)) if raw is None else raw
    return Held(
        believed(net, of_net(said), fold, fixed=-contact, level=level).astype(np.float32),
        np.maximum(believed(cost, of_cost(said), fold, fixed=contact, level=level), 0.0).astype(np.float32),
        net.astype(np.float32), fold.astype(np.int8),
    )  # fmt: skip
