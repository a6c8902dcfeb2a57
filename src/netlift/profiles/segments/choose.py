"""How many segments: as many as come back when the customers are halved, and lie apart.

For each number k, ten times: the customers are split into two random halves, k-means is fitted to each, both fits
assign the same customers, and the adjusted Rand index says how far they agree (1: entirely; 0: as by chance).

    stability(k)   mean of the ten indices; its error is their standard deviation / sqrt(10)
    silhouette(k)  mean over customers of (b - a) / max(a, b): a, mean distance to the own segment; b, to the nearest
                   other one (Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7)

Among the k of stability .8 or more the one of highest silhouette is chosen; where there is none, among those whose
stability is within one standard error of the best. Equal silhouettes: the smaller k.

K-means cuts anything, even one even cloud, and the two ends of a long cloud come back in every half. So the segments
are called distinct only if they are stable (.8) and one of two things is shown:

- they lie apart: their silhouette is above that of every one of 21 clouds without segments, cut into k as well, a third
  of them normal, a third uniform and a third exponential along the axes of the customers' own covariance (after the
  gap statistic of Tibshirani, Walther & Hastie 2001, doi:10.1111/1467-9868.00293, whose clouds are uniform);
- there are valleys between them: on customers from whom the centres were not learned, the density smoothed by a normal
  kernel is lower midway between neighbouring centres than at either of them, for all neighbours, at the one-sided 1 %
  level each. In one crowd with a log-concave density this cannot be, for smoothing keeps it log-concave
  (Prekopa 1973).

The first finds small segments far away, the second segments that make up the covariance themselves.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import numpy as np

from netlift.profiles.segments.inputs import Floats, Ints

STABLE = 0.8
"""Stability from which segments count as coming back."""
PAIRS = 10
"""Random halvings."""
CLOUDS = 7
"""Clouds without segments, of each kind."""
SAMPLE = 1000
"""Customers on whom silhouettes and agreement are taken, at most."""
VALLEY = 2.326
"""Standard errors by which a valley must be lower than the centres beside it: 1 %, one-sided."""
HALF = 2500
"""Customers in a half, at most."""
TINY = 1e-6
"""Least squared width of the kernel, in squared spreads: some columns do not vary inside segments."""


class Candidate(NamedTuple):
    """How well a number of segments does."""

    k: int
    stability: float
    """Mean adjusted Rand index over the halvings, at most 1."""
    stability_se: float
    """Standard error of that mean."""
    silhouette: float
    """-1 to 1."""


def candidates(Z: Floats, counts: Iterable[int], *, seed: int) -> list[Candidate]:
    """Every number of segments that the customers allow, judged.

    Args:
        Z: customers on their scale, shape (n, p).
        counts: numbers of segments to try; those above the number of different customers in a half are left out.
        seed: of the halves and of the starts.
    """
    rng = np.random.default_rng(seed)
    pool = some(Z, 2 * HALF, rng)
    sample = some(pool, SAMPLE, rng)
    halves = [_halves(pool, rng) for _ in range(PAIRS)]
    most = min(_different(half) for pair in halves for half in pair)
    away = distances(sample)
    found = []
    for k in sorted(set(counts)):
        if not 2 <= k <= most:
            continue
        agreed = [_agreement(pair, sample, k, seed) for pair in halves]
        apart = silhouette(away, nearest(sample, centres_of(pool, k, seed=seed)))
        found.append(Candidate(k, float(np.mean(agreed)), float(np.std(agreed, ddof=1) / math.sqrt(PAIRS)), apart))
    return found


def best(found: Sequence[Candidate]) -> Candidate:
    """The number of segments chosen by the rule of the module.

    >>> best([Candidate(2, 0.95, 0.01, 0.4), Candidate(3, 0.9, 0.01, 0.6), Candidate(4, 0.5, 0.1, 0.7)]).k
    3
    """
    top = max(found, key=lambda one: one.stability)
    least = STABLE if top.stability >= STABLE else top.stability - top.stability_se
    return max((one for one in found if one.stability >= least), key=lambda one: (one.silhouette, -one.k))


def silhouette_of_clouds(Z: Floats, k: int, *, seed: int) -> float:
    """The highest silhouette of k segments cut from clouds that have none.

    Args:
        Z: customers on their scale; the clouds have their covariance.
        k: segments.
        seed: of the clouds.
    """
    rng = np.random.default_rng(seed)
    n = min(len(Z), SAMPLE)
    spreads = np.sqrt(np.maximum(np.linalg.eigvalsh(np.atleast_2d(np.cov(Z, rowvar=False))), 0.0))
    found = []
    shape = (n, len(spreads))
    kinds: list[Callable[[], Floats]] = [
        lambda: rng.standard_normal(shape),
        lambda: rng.uniform(-math.sqrt(3), math.sqrt(3), shape),  # of variance 1, as the others
        lambda: rng.standard_exponential(shape),
    ]
    for draw in kinds * CLOUDS:
        cloud = spreads * draw()  # distances do not change when a cloud is turned: its axes may be the columns
        found.append(silhouette(distances(cloud), nearest(cloud, centres_of(cloud, k, seed=seed, starts=3))))
    return max(found)


def valley(Z: Floats, k: int, *, seed: int) -> float:
    """By how many standard errors the shallowest valley between neighbouring segments is lower than a centre beside it.

    Args:
        Z: customers on their scale; one half of them shows the centres, the other the densities.
        k: segments.
        seed: of the halves.
    """
    rng = np.random.default_rng(seed)
    learned, held = _halves(some(Z, 2 * HALF, rng), rng)
    if _different(learned) < k:
        return 0.0  # nothing can be shown
    centres = centres_of(learned, k, seed=seed)
    own = centres[nearest(learned, centres)]
    width = np.sqrt(np.mean((learned - own) ** 2, axis=0) + TINY)
    found = []
    for i in range(k):
        for j in range(i):
            middle = (centres[i] + centres[j]) / 2
            if nearest(middle[None], centres)[0] in (i, j):  # else another segment lies between them
                low = _near(held, middle, width)
                found += [_rise(_near(held, centres[end], width) - low) for end in (i, j)]
    return min(found, default=0.0)


def centres_of(Z: Floats, k: int, *, seed: int, starts: int = 10) -> Floats:
    """Centres of k-means, the best of several starts, shape (k, p); the same bytes only inside `one_thread`."""
    from sklearn.cluster import KMeans

    centres: Floats = KMeans(k, n_init=starts, random_state=seed).fit(Z).cluster_centers_
    return centres


def one_thread() -> AbstractContextManager[object]:
    """Keeps numerical libraries to one thread: the order in which several add up would change the last digits."""
    import sklearn.cluster  # noqa: F401 - only libraries that are loaded by now are kept to it
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    return threadpool_limits(1)


def some(Z: Floats, most: int, rng: np.random.Generator) -> Floats:
    """At most so many customers, by chance, in their order."""
    return Z if len(Z) <= most else Z[np.sort(rng.permutation(len(Z))[:most])]


def nearest(Z: Floats, centres: Floats) -> Ints:
    """The centre nearest to each customer, the first of equals, shape (n,)."""
    far = ((centres**2).sum(axis=1) - 2.0 * Z @ centres.T).argmin(axis=1)
    return far.astype(np.int64)


def distances(Z: Floats) -> Floats:
    """Euclidean distances between all pairs, shape (n, n)."""
    from scipy.spatial.distance import pdist, squareform

    away: Floats = squareform(pdist(Z))
    return away


def silhouette(away: Floats, labels: Ints) -> float:
    """Mean silhouette; 0 where all are in one segment.

    Args:
        away: distances between all pairs, shape (n, n).
        labels: segment of each, shape (n,).
    """
    present, labels = np.unique(labels, return_inverse=True)
    if len(present) < 2:
        return 0.0
    member = np.eye(len(present))[labels]
    sizes, sums, rows = member.sum(axis=0), away @ member, np.arange(len(labels))
    own = sums[rows, labels] / np.maximum(sizes[labels] - 1, 1)
    means = sums / sizes
    means[rows, labels] = np.inf
    other = means.min(axis=1)
    longer = np.maximum(own, other)
    alone = (sizes[labels] == 1) | (longer == 0)
    return float(np.mean(np.where(alone, 0.0, (other - own) / np.where(alone, 1.0, longer))))


def _near(Z: Floats, point: Floats, width: Floats) -> Floats:
    """Weight of each customer in the density at a point, shape (n,)."""
    weights: Floats = np.exp(-(((Z - point) / width) ** 2).sum(axis=1) / 2)
    return weights


def _rise(terms: Floats) -> float:
    """Mean in standard errors; 0 where nothing varies."""
    error = float(terms.std(ddof=1)) / math.sqrt(len(terms))
    return float(terms.mean()) / error if error > 0 else 0.0


def _halves(Z: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    order, n = rng.permutation(len(Z)), len(Z) // 2
    return Z[order[:n]], Z[order[n : 2 * n]]


def _different(Z: Floats) -> int:
    return len(np.unique(Z, axis=0))


def _agreement(halves: tuple[Floats, Floats], sample: Floats, k: int, seed: int) -> float:
    from sklearn.metrics import adjusted_rand_score

    first, second = (nearest(sample, centres_of(half, k, seed=seed, starts=5)) for half in halves)
    return float(adjusted_rand_score(first, second))
