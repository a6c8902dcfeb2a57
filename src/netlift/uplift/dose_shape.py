"""The shapes that a response to face value may have: never falling, and, where asked, with falling returns.

    rising   the nearest curve that never falls (isotonic regression, least squares; Barlow, Bartholomew, Bremner &
             Brunk 1972), by the formula of largest minima: r_k = max over i <= k of min over j >= k of mean(y_i .. y_j)
    hull     the least concave curve that lies nowhere below (least concave majorant): the largest chord over each dose
    concave  the nearest curve through (0, 0) that never falls and whose steps never grow: least squares over sums of
             ramps `min(d, d_k)` with weights >= 0, which are all such curves with bends at the doses

All work on the given doses only; between them curves are straight lines.
"""

import numpy as np

from netlift.uplift.checks import Floats


def rising(curves: Floats, weights: Floats | None = None) -> Floats:
    """Each row replaced by its nearest row that never falls.

    Args:
        curves: shape (n, k); n may be 0.
        weights: how firmly each column is known, above 0, shape (k,); None: all alike.

    Returns:
        Shape (n, k). Where one curve lies nowhere below another, nor does its result.

    >>> rising(np.array([[0.0, 2.0, 1.0, 3.0]])).tolist()
    [[0.0, 1.5, 1.5, 3.0]]
    """
    n, k = curves.shape
    w = np.ones(k) if weights is None else weights
    weight = np.append(0.0, np.cumsum(w))
    total = np.hstack([np.zeros((n, 1)), np.cumsum(curves * w, axis=1)])
    best = np.full((n, k), -np.inf)
    for i in range(k):
        least = np.full(n, np.inf)
        means = (total[:, i + 1 :] - total[:, i : i + 1]) / (weight[i + 1 :] - weight[i])
        for j in range(k - 1, i - 1, -1):
            least = np.minimum(least, means[:, j - i])
            best[:, j] = np.maximum(best[:, j], least)
    # running sums leave rounding errors of the last digit, which must not look like a fall
    ordered: Floats = np.maximum.accumulate(best, axis=1)
    return ordered


def hull(curves: Floats, doses: Floats) -> Floats:
    """Each row replaced by its least concave majorant over the doses.

    Args:
        curves: shape (n, k).
        doses: rising, shape (k,).

    >>> hull(np.array([[0.0, 1.0, 4.0]]), np.array([0.0, 1.0, 2.0])).tolist()
    [[0.0, 2.0, 4.0]]
    """
    k, raised = len(doses), curves.copy()
    for i in range(k):
        for j in range(i + 2, k):
            inside = slice(i + 1, j)
            share = (doses[inside] - doses[i]) / (doses[j] - doses[i])
            raised[:, inside] = np.maximum(raised[:, inside], _line(curves[:, i : i + 1], curves[:, j : j + 1], share))
    return raised


def _line(start: Floats, end: Floats, share: Floats) -> Floats:
    """A straight line from start to end; rounding never carries it beyond its higher end, so it falls nowhere."""
    return np.where(share < 1, np.minimum(start + (end - start) * share, np.maximum(start, end)), end)


def concave(curve: Floats, doses: Floats, weights: Floats) -> Floats:
    """The nearest curve that starts at 0, never falls and whose slope never grows, shape (k,).

    Args:
        curve: shape (k,); its value at the first dose is taken for 0.
        doses: rising from 0, shape (k,).
        weights: how firmly each value is known, above 0, shape (k,).

    >>> concave(np.array([0.0, 1.0, 4.0]), np.array([0.0, 1.0, 2.0]), np.ones(3)).round(6).tolist()
    [0.0, 1.8, 3.6]
    """
    from scipy.optimize import nnls

    ramps = np.minimum(doses[1:, None], doses[None, 1:])
    root = np.sqrt(weights[1:] / weights[1:].max())
    amounts, _ = nnls(ramps * root[:, None], curve[1:] * root)
    found: Floats = np.append(0.0, ramps @ amounts)
    return found


def between(curves: Floats, known: Floats, wanted: Floats) -> Floats:
    """Curves read at other doses, by straight lines between the known ones and flat beyond them, shape (n, wanted).

    >>> between(np.array([[0.0, 4.0]]), np.array([0.0, 10.0]), np.array([5.0, 20.0])).tolist()
    [[2.0, 4.0]]
    """
    place = np.clip(wanted, known[0], known[-1])
    right = np.clip(np.searchsorted(known, place, side="left"), 1, len(known) - 1)
    share = (place - known[right - 1]) / (known[right] - known[right - 1])
    return _line(curves[:, right - 1], curves[:, right], share)
