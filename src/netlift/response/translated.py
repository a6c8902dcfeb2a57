"""An offer of any mechanism read as a cut in price of the same worth: what that adds to the doubt.

That customers follow a coupon, a gift or points as they follow the same money off the price is taken for granted, and
nobody has seen how they really do. So the extra margin gets a standard error of `DOUBT` times itself, beside that of
the elasticities; costs and margin share the error of the dry run, which saw a sample of orders. The evidence is weak
at most.
"""

import math

import numpy as np

from netlift.response.demand import Floats
from netlift.response.tried import Tried
from netlift.types import Check, Grade

DOUBT = 0.5
"""Standard error of what customers make of the offer, as a share of what they make of the price: a judgement."""


def translated(tried: Tried) -> Check:
    """The check that goes with the reading; it never passes, as nobody has seen such an offer work."""
    return Check(
        "translated", False, tried.share, math.nan,
        {
            "orders": float(tried.orders), "qualified": float(tried.qualified), "kept_out": float(tried.kept_out),
            "depth": tried.depth, "worth": tried.worth_minor, "cost": tried.cost_minor,
        },
    )  # fmt: skip


def weak_at_most(grade: Grade) -> Grade:
    """The grade, lowered to weak where it is better.

    >>> weak_at_most(Grade.QUASI).value, weak_at_most(Grade.ASSUMED).value
    ('weak', 'assumed')
    """
    return grade if grade.rank > Grade.WEAK.rank else Grade.WEAK


def translation_variance(margin: Floats, net: Floats, tried: Tried) -> Floats:
    """Variance of net margin that the reading adds, per customer, minor units squared."""
    found: Floats = (DOUBT * margin) ** 2 + (tried.error * net) ** 2
    return found


def translation_of(margin: float, cost: float, tried: Tried) -> tuple[float, float, float]:
    """Variances that the reading adds to averages: of margin, of cost without the contact, and of net margin."""
    doubt = (DOUBT * margin) ** 2
    return (
        doubt + (tried.error * margin) ** 2, (tried.error * cost) ** 2,
        float(translation_variance(np.array(margin), np.array(margin - cost), tried)),
    )  # fmt: skip
