"""Partial pooling of slopes: product towards category towards shop, by as much as their noise warrants.

    e_i ~ N(E_c, t^2)    E_c ~ N(E, w^2)    found e ~ N(e_i, S_c) within category c

t^2 and w^2 by moments (DerSimonian & Laird 1986, doi:10.1016/0197-2456(86)90046-2, with the covariances of S_c). The
posterior allows for the mean one level up being estimated, and for t and w being estimated from m figures: it is drawn
by (m - 3) / (m - 1) of the full way and gets 2 / (m - 3) of the squared pull as variance (Morris 1983,
doi:10.1080/01621459.1983.10477920).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from netlift.errors import EstimationError
from netlift.response.elasticity_fit import Floats, Ints


class Found(NamedTuple):
    """Slopes found in one category."""

    category: int
    product: Ints
    slope: Floats
    covariance: Floats


class Pooled(NamedTuple):
    """Slopes after partial pooling."""

    product: Floats
    """Posterior mean of each product, shape (n_products,)."""
    product_se: Floats
    product_weight: Floats
    """Weight of the product's own figure, 0..1."""
    category: Floats
    """Posterior mean of each category, shape (n_categories,)."""
    category_se: Floats
    category_weight: Floats
    shop: float
    shop_se: float
    between_products: float
    """t: standard deviation of true slopes within a category."""
    between_categories: float
    """w: standard deviation of categories' true means."""


def pool(found: Sequence[Found], products: int, category: Ints, categories: int) -> Pooled:
    """Shrink slopes; products and categories without any get their category's, or the shop's.

    Args:
        found: slopes by category.
        products: number of products.
        category: category of each product, shape (products,).
        categories: number of categories.

    Raises:
        EstimationError: no slope at all.
    """
    if not found:
        raise EstimationError("no product has an elasticity of its own, so there is nothing to pool")
    within = _between([(f.slope, f.covariance) for f in found])
    means = [_gls(f.slope, f.covariance + within * np.eye(len(f.slope))) for f in found]
    centre, variance = (np.array(column) for column in zip(*means, strict=True))
    across = _between([(centre, np.diag(variance))])
    shop, shop_variance = _gls(centre, np.diag(variance + across))
    kinds = np.array([f.category for f in found])
    category_mean, category_variance, category_weight = _shrunk(
        categories, kinds, centre, variance, across, (np.full(categories, shop), np.full(categories, shop_variance))
    )
    own = np.concatenate([f.product for f in found])
    slope = np.concatenate([f.slope for f in found])
    noise = np.concatenate([np.diag(f.covariance) for f in found])
    up = category_mean[category], category_variance[category]
    mean, spread, weight = _shrunk(products, own, slope, noise, within, up)
    return Pooled(
        mean, np.sqrt(spread), weight, category_mean, np.sqrt(category_variance), category_weight,
        shop, math.sqrt(shop_variance), math.sqrt(within), math.sqrt(across),
    )  # fmt: skip


def _shrunk(
    count: int, index: Ints, slope: Floats, noise: Floats, between: float, up: tuple[Floats, Floats]
) -> tuple[Floats, Floats, Floats]:
    """Posterior mean, variance and own weight; `up` holds mean and variance one level up."""
    weight, own, error, doubt = (np.zeros(count) for _ in range(4))
    groups = len(index)
    pull = max(groups - 3, 1) / max(groups - 1, 1) * noise / (between + noise)
    weight[index] = 1 - pull
    own[index], error[index] = slope, noise
    doubt[index] = 2 / max(groups - 3, 1) * pull**2 * (slope - up[0][index]) ** 2 if groups > 1 else 0.0
    mean = weight * own + (1 - weight) * up[0]
    known = np.zeros(count, dtype=bool)
    known[index] = True
    variance = np.where(known, weight * error + doubt, between) + (1 - weight) ** 2 * up[1]
    return mean, variance, weight


def _gls(slope: Floats, covariance: Floats) -> tuple[float, float]:
    """Best linear mean of correlated slopes and its variance."""
    solved = np.linalg.solve(covariance, np.column_stack([np.ones(len(slope)), slope]))
    bottom = float(solved[:, 0].sum())
    return float(solved[:, 1].sum()) / bottom, 1 / bottom


def _between(groups: Sequence[tuple[Floats, Floats]]) -> float:
    """Variance of true slopes around their group's mean, by the method of moments, at least 0."""
    excess, scale = 0.0, 0.0
    for slope, covariance in groups:
        if len(slope) < 2:
            continue
        w = 1 / np.diag(covariance)
        contrast = np.diag(w) - np.outer(w, w) / w.sum()
        excess += float(slope @ contrast @ slope) - float(np.sum(contrast * covariance))
        scale += float(np.trace(contrast))
    return max(0.0, excess / scale) if scale > 0 else 0.0
