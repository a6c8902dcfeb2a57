"""Many promotions at once: what their kind does on average, and how many verdicts may be chance."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from netlift.evaluation.assemble import SURE, two_sided_p
from netlift.evaluation.results import Finding, Pooled
from netlift.experiments.multiplicity import benjamini_hochberg
from netlift.types import Verdict

FALSE_DISCOVERIES = 0.2
"""Largest q-value of a keep or stop: two-sided .2 is one-sided .1, the same 90 % as the posterior asks."""
MIN_POOLED = 5
"""Promotions of a mechanism from which one may learn about another."""
PER_COIN = frozenset({"price_cut", "code", "rollout"})
"""Mechanisms whose effects are compared per coin spent; the others per customer reached."""


def with_false_discovery_control(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Give every judged promotion its q-value; a verdict that does not survive becomes `test`."""
    judged = [i for i, finding in enumerate(findings) if finding.net_lift and finding.net_lift.se > 0]
    p_values = [two_sided_p(findings[i].net_lift) for i in judged]  # type: ignore[arg-type]
    adjusted = dict(zip(judged, benjamini_hochberg(p_values).tolist(), strict=True))
    return tuple(_kept(finding, adjusted.get(i, math.nan)) for i, finding in enumerate(findings))


def _kept(finding: Finding, q: float) -> Finding:
    claims = finding.verdict in {Verdict.KEEP, Verdict.STOP}
    if claims and q > FALSE_DISCOVERIES:
        return replace(finding, q_value=q, verdict=Verdict.TEST, why=("fdr", *finding.why))
    if q > FALSE_DISCOVERIES / 2:
        return replace(finding, q_value=q, why=tuple(code.replace("shown_p", "likely_p").replace("shown_n", "likely_n")
                                                     for code in finding.why))  # fmt: skip
    return replace(finding, q_value=q)


def with_partial_pooling(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """A keep or stop must also stand after learning from the other promotions of its kind.

    Empirical Bayes: with mean m and variance t2 between promotions, the posterior of an effect x with standard error
    s is normal with mean (x / s2 + m / t2) / (1 / s2 + 1 / t2); without any spread between promotions it is m itself
    (Efron & Morris 1973, doi:10.1080/01621459.1973.10481350). Needs `MIN_POOLED` promotions of the mechanism.
    """
    sizes = _scaled(findings)
    groups = {kind: _moments([(x, se) for _, x, se in rows]) for kind, rows in sizes.items() if len(rows) >= MIN_POOLED}
    posterior = {i: _posterior(x, se, groups[kind]) for kind in groups for i, x, se in sizes[kind]}
    return tuple(_agreed(finding, posterior.get(i)) for i, finding in enumerate(findings))


def _agreed(finding: Finding, positive: float | None) -> Finding:
    claim = {Verdict.KEEP: positive, Verdict.STOP: None if positive is None else 1 - positive}.get(finding.verdict)
    if claim is None or claim > SURE:
        return finding
    return replace(finding, verdict=Verdict.TEST, why=("pooled", *finding.why))


def _posterior(x: float, se: float, moments: tuple[float, float, float]) -> float:
    """Probability that the effect is above zero."""
    mean, error, tau2 = moments
    weight = tau2 / (tau2 + se**2)
    centre = weight * x + (1 - weight) * mean
    spread = math.sqrt(weight * se**2 + (1 - weight) ** 2 * error**2)
    return 0.5 * math.erfc(-centre / spread / math.sqrt(2))


def pool(findings: Sequence[Finding], level: float) -> tuple[Pooled, ...]:
    """Mean and spread of net lift by mechanism, where at least three promotions were judged."""
    from scipy.stats import norm

    found = []
    for kind, rows in sorted(_scaled(findings).items()):
        if len(rows) >= 3:
            mean, error, tau2 = _moments([(x, se) for _, x, se in rows])
            reach = float(norm.ppf((1 + level) / 2)) * error
            unit = "coin" if kind in PER_COIN else "customer"
            found.append(Pooled(kind, len(rows), unit, mean, mean - reach, mean + reach, math.sqrt(tau2)))
    return tuple(found)


def _scaled(findings: Sequence[Finding]) -> dict[str, list[tuple[int, float, float]]]:
    """(position, effect, standard error) by mechanism, per customer reached or per coin spent."""
    groups: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
    for i, finding in enumerate(findings):
        effect = finding.net_lift
        size = finding.spend_minor if finding.mechanism in PER_COIN else finding.customers
        if effect is not None and effect.se > 0 and size > 0:
            groups[finding.mechanism].append((i, effect.estimate / size, effect.se / size))
    return groups


def _moments(rows: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Mean, its standard error, and variance between promotions.

    Random effects with the moment estimator of DerSimonian & Laird (1986, Control. Clin. Trials 7:177): between
    variance max(0, (Q - (m - 1)) / (sum w - sum w^2 / sum w)), w = 1 / se^2.
    """
    w = [1 / se**2 for _, se in rows]
    fixed = sum(wi * x for wi, (x, _) in zip(w, rows, strict=True)) / sum(w)
    q = sum(wi * (x - fixed) ** 2 for wi, (x, _) in zip(w, rows, strict=True))
    tau2 = max(0.0, (q - (len(rows) - 1)) / (sum(w) - sum(wi**2 for wi in w) / sum(w)))
    v = [1 / (se**2 + tau2) for _, se in rows]
    mean = sum(vi * x for vi, (x, _) in zip(v, rows, strict=True)) / sum(v)
    return mean, 1 / math.sqrt(sum(v)), tau2
