"""Customers by how likely they are to be back: active, at risk, or probably gone."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import ConfigError
from netlift.profiles.propensity.checks import column, probabilities
from netlift.profiles.segments.naming import Lang


class Standing(StrEnum):
    """Where a customer stands."""

    ACTIVE = "active"
    AT_RISK = "at_risk"
    GONE = "gone"


WORDS: Mapping[Standing, Mapping[Lang, str]] = MappingProxyType(
    {
        Standing.ACTIVE: {"en": "active", "zh-CN": "活跃"},
        Standing.AT_RISK: {"en": "at risk", "zh-CN": "有流失风险"},
        Standing.GONE: {"en": "probably gone", "zh-CN": "很可能已流失"},
    }
)


def standing(p: ArrayLike, *, at_risk: float = 1 / 3, gone: float = 2 / 3) -> NDArray[np.object_]:
    """Where each customer stands, shape (n,).

    Args:
        p: calibrated probability of churning in the horizon, shape (n,).
        at_risk: from which probability a customer is at risk.
        gone: from which one he is probably gone.

    Raises:
        ConfigError: limits out of order.
        EstimationError: values that are no probabilities.

    >>> [str(one) for one in standing([0.1, 0.4, 0.9])]
    ['active', 'at_risk', 'gone']
    """
    if not 0 <= at_risk <= gone <= 1:
        raise ConfigError(f"limits must rise from 0 to 1, got at_risk={at_risk} and gone={gone}")
    values = probabilities(p, rows=len(column(p, "p")))
    place = (values >= at_risk).astype(np.int64) + (values >= gone)
    return np.array(list(Standing), dtype=np.object_)[place]
