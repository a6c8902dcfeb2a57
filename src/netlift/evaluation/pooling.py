"""Many promotions at once: what their kind does on average, and how many verdicts may be chance."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from netlift.evaluation.assemble import two_sided_p
from netlift.evaluation.results import Finding, Pooled
from netlift.types import Verdict

FALSE_DISCOVERIES = 0.2
"""Largest q-value of a keep or stop: two-sided .2 is one-sided .1, the same 90 % as the posterior asks."""


def with_false_discovery_control(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Give every judged promotion its q-value; a verdict that does not survive becomes `test`.

    q_i = min over j >= i of p_(j) m / j, the step-up of Benjamini & Hochberg (1995, J. R. Stat. Soc. B 57:289).
    """
    judged = [i for i, finding in enumerate(findings) if finding.net_lift and finding.net_lift.se > 0]
    p_values = [two_sided_p(findings[i].net_lift) for i in judged]  # type: ignore[arg-type]
    adjusted = dict(zip(judged, _benjamini_hochberg(p_values), strict=True))
    return tuple(_kept(finding, adjusted.get(i, math.nan)) for i, finding in enumerate(findings))


def _benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    m = len(p_values)
    q, smallest = [0.0] * m, 1.0
    for rank, i in reversed(list(enumerate(sorted(range(m), key=p_values.__getitem__), start=1))):
        smallest = min(smallest, p_values[i] * m / rank)
        q[i] = smallest
    return q


def _kept(finding: Finding, q: float) -> Finding:
    claims = finding.verdict in {Verdict.KEEP, Verdict.STOP}
    if claims and q > FALSE_DISCOVERIES:
        return replace(finding, q_value=q, verdict=Verdict.TEST, why=("fdr", *finding.why))
    if q > FALSE_DISCOVERIES / 2:
        return replace(finding, q_value=q, why=tuple(code.replace("shown_p", "likely_p").replace("shown_n", "likely_n")
                                                     for code in finding.why))  # fmt: skip
    return replace(finding, q_value=q)


def pool(findings: Sequence[Finding], level: float) -> tuple[Pooled, ...]:
    """Mean and spread of net lift per customer by mechanism, where at least three promotions were judged.

    Random effects with the moment estimator of DerSimonian & Laird (1986, Control. Clin. Trials 7:177): between
    variance tau2 = max(0, (Q - (m - 1)) / (sum w - sum w^2 / sum w)), w = 1 / se^2.
    """
    groups: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for finding in findings:
        effect = finding.net_lift
        if effect is not None and effect.se > 0 and finding.customers > 0:
            groups[finding.mechanism].append((effect.estimate / finding.customers, effect.se / finding.customers))
    return tuple(_pooled(kind, rows, level) for kind, rows in sorted(groups.items()) if len(rows) >= 3)


def _pooled(mechanism: str, rows: Sequence[tuple[float, float]], level: float) -> Pooled:
    from scipy.stats import norm

    w = [1 / se**2 for _, se in rows]
    fixed = sum(wi * x for wi, (x, _) in zip(w, rows, strict=True)) / sum(w)
    q = sum(wi * (x - fixed) ** 2 for wi, (x, _) in zip(w, rows, strict=True))
    tau2 = max(0.0, (q - (len(rows) - 1)) / (sum(w) - sum(wi**2 for wi in w) / sum(w)))
    v = [1 / (se**2 + tau2) for _, se in rows]
    mean = sum(vi * x for vi, (x, _) in zip(v, rows, strict=True)) / sum(v)
    reach = float(norm.ppf((1 + level) / 2)) / math.sqrt(sum(v))
    return Pooled(mechanism, len(rows), mean, mean - reach, mean + reach, math.sqrt(tau2))
