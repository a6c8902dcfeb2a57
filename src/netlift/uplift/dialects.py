"""The numbers that scikit-uplift 0.5.1 and causalml 0.18.0 print, reproduced, so that results can be compared.

One ranking has as many "Qini coefficients" as there are packages. netlift reports per-capita areas with intervals
(`netlift.uplift.ranking`); the functions here say what the others would have said:

    scikit-uplift  areas less random, divided by those of an oracle that has seen the outcomes; 0/1 outcomes only
    causalml       mean height of the curve over the n + 1 counts 0 .. n, raw or divided by the curve's end

Where they differ from netlift: scikit-uplift counts the mean of an absent arm as 0; causalml bridges the *effect*
there, does not collapse ties (here they keep the order of rows, there the order is up to the sort), and with
`normalized=True` has no meaning when the overall effect is near 0. The tests hold all of them to 1e-9.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import EstimationError
from netlift.uplift import checks
from netlift.uplift.checks import Floats, Ints

Curve = tuple[Floats, Floats]


def sklift_qini_auc_score(
    outcome: ArrayLike, score: ArrayLike, treatment: ArrayLike, *, negative_effect: bool = True
) -> float:
    """`sklift.metrics.qini_auc_score`: Qini area less random, as a share of the oracle's.

    Args:
        outcome: 0 or 1, shape (n,).
        score: predicted uplift, shape (n,).
        treatment: 1 treated, 0 control, shape (n,).
        negative_effect: False: the oracle is one that no treatment harms.

    Raises:
        EstimationError: input that cannot be used, or an oracle that is no better than random.
    """
    y, t, s = _zero_one(outcome, treatment, score)
    total = y[t == 1].sum() - (t == 1).sum() * y[t == 0].mean()
    if negative_effect:
        best = _sklift_curve(y, t, y * np.where(t == 1, 1.0, -1.0), "qini")
    elif total > 0:
        best = np.array([0.0, total, len(y)]), np.array([0.0, total, total])
    else:
        raise EstimationError(f"without negative effects the total effect must be positive, it is {total:g}")
    return _relative_area(_sklift_curve(y, t, s, "qini"), best)


def sklift_uplift_auc_score(outcome: ArrayLike, score: ArrayLike, treatment: ArrayLike) -> float:
    """`sklift.metrics.uplift_auc_score`: area under the gain curve less random, as a share of the oracle's.

    Arguments as in `sklift_qini_auc_score`.
    """
    y, t, s = _zero_one(outcome, treatment, score)
    responders, idle = ((y == 1) & (t == 0)).sum(), ((y == 0) & (t == 1)).sum()
    oracle = 2.0 * (y == t) + (y if responders > idle else t)
    return _relative_area(_sklift_curve(y, t, s, "gain"), _sklift_curve(y, t, oracle, "gain"))


def sklift_uplift_at_k(
    outcome: ArrayLike, score: ArrayLike, treatment: ArrayLike, share: float = 0.3, *,
    strategy: Literal["overall", "by_group"] = "overall",
) -> float:  # fmt: skip
    """`sklift.metrics.uplift_at_k`: difference of response rates among the first `int(share n)` units.

    Equal scores count from the last row to the first, as there.

    Args:
        outcome: 0 or 1, shape (n,).
        score: predicted uplift, shape (n,).
        treatment: 1 treated, 0 control, shape (n,).
        share: between 0 and 1.
        strategy: `overall`: the first of all units; `by_group`: the first of each arm.

    Raises:
        EstimationError: input that cannot be used, or an arm is missing among them.
    """
    y, t, s = _zero_one(outcome, treatment, score)
    order, part = np.argsort(s, kind="stable")[::-1], checks.share(share)
    y, t = y[order], t[order]
    if strategy == "overall":
        y, t = y[: int(len(y) * part)], t[: int(len(t) * part)]
        groups = [y[t == 1], y[t == 0]]
    else:
        groups = [y[t == k][: int((t == k).sum() * part)] for k in (1, 0)]
    if not (len(groups[0]) and len(groups[1])):
        raise EstimationError(f"the top {part:.0%} by score hold only one of the arms: take a larger share")
    return float(groups[0].mean() - groups[1].mean())


def causalml_cumgain(outcome: ArrayLike, score: ArrayLike, treatment: ArrayLike, *, normalized: bool = False) -> Floats:
    """`causalml.metrics.get_cumgain`: gain in units of outcome at the counts 0 .. n, shape (n + 1,).

    Args:
        outcome: finite numbers, shape (n,).
        score: predicted uplift, shape (n,).
        treatment: 1 treated, 0 control, shape (n,).
        normalized: divide by the absolute value of the curve's end.
    """
    n1, n0, y1, y0 = _counts(outcome, score, treatment)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = y1 / n1 - y0 / n0
    gain = _bridged(np.append(0.0, effect)) * np.arange(len(effect) + 1)
    return _scaled(gain, normalized)


def causalml_qini(outcome: ArrayLike, score: ArrayLike, treatment: ArrayLike, *, normalized: bool = False) -> Floats:
    """`causalml.metrics.get_qini`: the Qini curve at the counts 0 .. n, shape (n + 1,).

    Arguments as in `causalml_cumgain`.
    """
    n1, n0, y1, y0 = _counts(outcome, score, treatment)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = y1 - y0 * n1 / n0
    return _scaled(_bridged(np.append(0.0, value)), normalized)


def causalml_auuc_score(
    outcome: ArrayLike, score: ArrayLike, treatment: ArrayLike, *, normalized: bool = True
) -> float:
    """`causalml.metrics.auuc_score`: mean of `causalml_cumgain`; random is about half of its end, not 0."""
    return float(causalml_cumgain(outcome, score, treatment, normalized=normalized).mean())


def causalml_qini_score(
    outcome: ArrayLike, score: ArrayLike, treatment: ArrayLike, *, normalized: bool = True
) -> float:
    """`causalml.metrics.qini_score`: mean of `causalml_qini` less the mean of its straight line."""
    values = causalml_qini(outcome, score, treatment, normalized=normalized)
    return float(values.mean() - (values[0] + values[-1]) / 2)


def _zero_one(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike) -> tuple[Floats, Ints, Floats]:
    y = checks.column(outcome, "outcome")
    if not np.isin(y, (0.0, 1.0)).all():
        raise EstimationError("scikit-uplift takes outcomes of 0 and 1 only; use netlift.uplift.ranking for others")
    return y, checks.binary(treatment, rows=len(y), least=1), checks.column(score, "score", rows=len(y))


def _sklift_curve(y: Floats, t: Ints, score: Floats, kind: Literal["gain", "qini"]) -> Curve:
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(y) - 1)
    n1, y1 = np.cumsum(t[order])[ends], np.cumsum((y * t)[order])[ends]
    n0, y0 = ends + 1 - n1, np.cumsum(y[order])[ends] - y1
    if kind == "qini":
        value = y1 - y0 * np.divide(n1, n0, out=np.zeros(len(ends)), where=n0 != 0)
    else:
        mean1 = np.divide(y1, n1, out=np.zeros(len(ends)), where=n1 != 0)
        value = (mean1 - np.divide(y0, n0, out=np.zeros(len(ends)), where=n0 != 0)) * (ends + 1)
    return np.append(0.0, ends + 1.0), np.append(0.0, value)


def _relative_area(actual: Curve, best: Curve) -> float:
    baseline = best[0][-1] * best[1][-1] / 2
    reach = float(np.trapezoid(best[1], best[0]) - baseline)
    if reach == 0:
        raise EstimationError("the oracle is no better than random on these outcomes, so nothing can be a share of it")
    return float(np.trapezoid(actual[1], actual[0]) - baseline) / reach


def _counts(outcome: ArrayLike, score: ArrayLike, treatment: ArrayLike) -> tuple[Floats, Floats, Floats, Floats]:
    """N1, N0, Y1, Y0 of the first 1 .. n units."""
    y = checks.column(outcome, "outcome")
    t = checks.binary(treatment, rows=len(y), least=1).astype(np.float64)
    order = np.argsort(-checks.column(score, "score", rows=len(y)), kind="stable")
    n1, y1, y0 = np.cumsum(t[order]), np.cumsum((y * t)[order]), np.cumsum((y * (1 - t))[order])
    return n1, np.arange(1.0, len(y) + 1) - n1, y1, y0


def _bridged(values: Floats) -> Floats:
    """Straight lines over places without a value, as pandas' `interpolate` draws them."""
    known = np.isfinite(values)
    bridged: Floats = np.interp(np.arange(len(values)), np.flatnonzero(known), values[known])
    return bridged


def _scaled(values: Floats, normalized: bool) -> Floats:
    if not normalized:
        return values
    if values[-1] == 0:
        raise EstimationError("the overall effect is 0, so a curve cannot be divided by it: use normalized=False")
    scaled: Floats = values / abs(values[-1])
    return scaled
