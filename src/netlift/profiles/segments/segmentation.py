"""K-means segments: fitted once, kept as numbers, and given to new customers by the same scale.

With z the customers on their scale (`scale`) and c the centres, k-means makes

    sum over customers of |z - c(segment of z)|^2

small: start from k customers far from each other, assign each customer to the nearest centre, move each centre to the
mean of its customers, until nothing changes (Lloyd 1982; starts: Arthur & Vassilvitskii 2007). Ten starts on at most
20,000 customers, then the same steps on all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import ConfigError, EstimationError
from netlift.profiles.segments import choose, inputs
from netlift.profiles.segments.choose import STABLE, VALLEY, Candidate
from netlift.profiles.segments.describe import Segment, describe
from netlift.profiles.segments.inputs import Floats, Ints
from netlift.profiles.segments.naming import Lang
from netlift.profiles.segments.scale import Scale

LEAST = 50
"""Customers that segments need."""
COUNTS = range(2, 11)
"""Numbers of segments that are tried."""
PER_SEGMENT = 20
"""Customers for each segment that is tried, at least: 50 customers are not asked for ten segments."""
STARTED = 20_000
"""Customers on whom the starts are tried, at most."""
ROUNDS = 300
"""Steps on all customers, at most."""
_SAYS: Mapping[Lang, tuple[str, str]] = MappingProxyType(
    {
        "en": ("{k} distinct segments", "no distinct segments shown: these {k} parts only cut one crowd into pieces"),
        "zh-CN": ("{k} 个界限分明的客群", "未能证实存在界限分明的客群：以下 {k} 部分只是对同一人群的切分"),
    }
)
_FIGURES: Mapping[Lang, str] = MappingProxyType(
    {
        "en": "{} (stability {stability:.2f}; silhouette {silhouette:.2f}, clouds without segments reach {clouds:.2f}; "
        "shallowest valley {valley:.1f} standard errors)",
        "zh-CN": "{}（稳定性 {stability:.2f}；轮廓系数 {silhouette:.2f}，无客群的数据云最高 {clouds:.2f}；"
        "最浅的谷低 {valley:.1f} 个标准误）",
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """Segments of customers; build it with `fit`."""

    scale: Scale
    centres: Floats
    """On the scale, the largest segment first, shape (k, columns of the scale)."""
    segments: tuple[Segment, ...]
    """As the customers of the fit were."""
    candidates: tuple[Candidate, ...]
    """The numbers of segments that were tried."""
    inertia: float
    """Sum of squared distances to the own centre, on the scale."""
    clouds: float
    """The highest silhouette that clouds without segments had, cut into as many."""
    valley: float
    """Standard errors by which the shallowest valley between neighbours lies below a centre beside it."""

    @classmethod
    def fit(cls, X: ArrayLike, names: Sequence[str], *, counts: Iterable[int] = COUNTS, seed: int = 0) -> Self:
        """Find segments; the same customers and seed give the same bytes.

        Args:
            X: what is known of each customer as of a date, shape (n, p). A few features that matter to the use: each
                column counts alike, so ten ways of saying "spends much" outvote one of saying "waits for discounts".
            names: of the columns.
            counts: numbers of segments to try; one number: that many, judged all the same.
            seed: of halves and starts.

        Raises:
            EstimationError: fewer than 50 customers, nothing that tells them apart, values that are not finite.
            ConfigError: no number of segments from 2 on.

        >>> rng = np.random.default_rng(1)
        >>> orders = np.append(rng.poisson(2, 200), rng.poisson(60, 100))
        >>> share = np.append(rng.beta(16, 4, 200), rng.beta(4, 16, 100))
        >>> found = Segmentation.fit(np.column_stack([orders, share]), ["orders", "discount_share"])
        >>> [(one.name["en"], one.customers) for one in found.segments], found.distinct
        ([('infrequent, discount-loving', 200), ('frequent, full-price', 100)], True)
        """
        array = inputs.features(X, names)
        if len(array) < LEAST:
            raise EstimationError(
                f"segments need at least {LEAST} customers, got {len(array)}: groups of fewer are chance"
            )
        with choose.one_thread():
            return cls._found(array, Scale.fit(array, names), _asked(counts, len(array)), seed)

    @classmethod
    def _found(cls, X: Floats, scale: Scale, counts: Sequence[int], seed: int) -> Self:
        Z = scale.apply(X)
        tried = tuple(choose.candidates(Z, counts, seed=seed))
        if not tried:
            raise EstimationError(
                "nearly all customers are the same in every feature: there is nothing to part them by"
            )
        k = choose.best(tried).k
        centres = _settled(Z, _started(Z, k, seed))
        labels = choose.nearest(Z, centres)
        order = np.argsort(-np.bincount(labels, minlength=k), kind="stable")
        labels, centres = np.argsort(order)[labels], centres[order]
        return cls(
            scale,
            centres,
            describe(X, labels, scale, count=k),
            tried,
            float(((Z - centres[labels]) ** 2).sum()),
            choose.silhouette_of_clouds(Z, k, seed=seed),
            choose.valley(Z, k, seed=seed),
        )

    def assign(self, X: ArrayLike, names: Sequence[str] | None = None) -> Ints:
        """The segment of each customer, new ones included, by the scale of the fit; shape (n,).

        Args:
            X: as in `fit`, known as of any date.
            names: of the columns; given, they must be those of the fit.

        Raises:
            EstimationError: other features, or values that are not finite.
        """
        inputs.same_names(names, self.scale.names)
        array = inputs.features(X, self.scale.names)
        return choose.nearest(self.scale.apply(array), self.centres)

    def describe(self, X: ArrayLike) -> tuple[Segment, ...]:
        """The segments as these customers fill them; their names are new too, and may differ from those of the fit."""
        array = inputs.features(X, self.scale.names)
        return describe(array, self.assign(array), self.scale, count=len(self.centres))

    @property
    def chosen(self) -> Candidate:
        """How well the number of segments that was chosen does."""
        return next(one for one in self.candidates if one.k == len(self.centres))

    @property
    def distinct(self) -> bool:
        """Whether the segments are shown to be there: they come back in halves, and lie apart or have valleys between.

        See `netlift.profiles.segments.choose`.
        """
        apart = self.chosen.silhouette > self.clouds or self.valley > VALLEY
        return self.chosen.stability >= STABLE and apart

    def says(self, lang: Lang = "en") -> str:
        """One sentence on whether the segments are there."""
        head = _SAYS[lang][not self.distinct].format(k=len(self.centres))
        return _FIGURES[lang].format(
            head,
            stability=self.chosen.stability,
            silhouette=self.chosen.silhouette,
            clouds=self.clouds,
            valley=self.valley,
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON's types; `from_dict` gives the same segmentation back, to the last digit."""
        return {
            "scale": self.scale.to_dict(),
            "centres": self.centres.tolist(),
            "segments": [one.to_dict() for one in self.segments],
            "candidates": [one._asdict() for one in self.candidates],
            "inertia": self.inertia,
            "clouds": self.clouds,
            "valley": self.valley,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """From what `to_dict` wrote, also after a trip through JSON."""
        return cls(
            Scale.from_dict(data["scale"]),
            np.array(data["centres"], dtype=np.float64),
            tuple(Segment.from_dict(one) for one in data["segments"]),
            tuple(Candidate(**one) for one in data["candidates"]),
            data["inertia"],
            data["clouds"],
            data["valley"],
        )


def _asked(counts: Iterable[int], customers: int) -> list[int]:
    asked = sorted({int(k) for k in counts})
    if not asked or asked[0] < 2:
        raise ConfigError(f"segments are 2 or more, got {asked}")
    allowed = [k for k in asked if k <= max(2, customers // PER_SEGMENT)]
    if not allowed:
        raise ConfigError(f"{customers} customers are too few for {asked[0]} segments: at least {PER_SEGMENT} for each")
    return allowed


def _started(Z: Floats, k: int, seed: int) -> Floats:
    return choose.centres_of(choose.some(Z, STARTED, np.random.default_rng(seed)), k, seed=seed)


def _settled(Z: Floats, centres: Floats) -> Floats:
    """K-means from these centres on all customers, to the end, so that each centre is the mean of its customers."""
    labels = choose.nearest(Z, centres)
    for _ in range(ROUNDS):
        sizes = np.bincount(labels, minlength=len(centres))
        sums = np.column_stack([np.bincount(labels, column, len(centres)) for column in Z.T])
        centres = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], centres)
        moved = choose.nearest(Z, centres)
        if np.array_equal(moved, labels):
            break
        labels = moved
    return centres
