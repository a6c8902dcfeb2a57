"""Rows of the response table for offers without a log, and what they add up to."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift import __version__
from netlift.response.demand import Demand, People, Planned
from netlift.response.results import SURE, Learned, Why
from netlift.schema import RESPONSE
from netlift.types import Grade
from netlift.uplift.estimate import critical

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]

GRID = 1024.0
"""Money of a row is a whole number of 1/1024 minor units, so that margin less cost is net margin to the last bit."""
LIKELY = 0.5
"""Chance of buying without the offer from which on a customer is likely to buy anyway."""


@dataclass(frozen=True, slots=True, eq=False)
class Claims:
    """What one offer is expected to change for some customers, by customer; money in minor units."""

    margin: Floats
    cost: Floats
    """What the shop spends, contact included."""
    se: Floats
    """Standard error of margin less cost."""
    liability: Floats
    p_buy: Floats
    """Chance of buying under the offer."""
    sure: Floats
    """Chance of buying without it."""


class Adjust(NamedTuple):
    """How the average moves in the light of other offers, minor units; customers differ as before."""

    shift: float
    """Added to everybody's margin."""
    before: float
    """Standard error of the average net margin before."""
    after: float
    """And after."""


def adjusted(claims: Claims, adjust: Adjust | None) -> Claims:
    """Claims with another average: the error that a customer has beside the average's stays his."""
    if adjust is None:
        return claims
    own = np.maximum(claims.se**2 - adjust.before**2, 0.0)
    return replace(claims, margin=claims.margin + adjust.shift, se=np.sqrt(own + adjust.after**2))


@dataclass(frozen=True, slots=True)
class Label:
    """What all rows of one offer have in common."""

    planned: Planned
    grade: Grade
    model_id: str
    codes: tuple[Why, ...]
    """At most two; what the row says and whether its customer buys anyway come with the row."""
    adjust: Adjust | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of an offer without a log, and its rows, made anew each time they are asked for."""

    learned: Learned
    batches: Callable[[], "Iterator[pa.RecordBatch]"]
    """Rows of `schema.RESPONSE` in order of customer id."""


@dataclass(slots=True)
class Totals:
    """Sums over rows."""

    customers: int = 0
    moved: int = 0
    harmed: int = 0
    margin: float = 0.0
    cost: float = 0.0

    def add(self, claims: Claims) -> None:
        """Count some customers."""
        margin, cost, net = _money(claims)
        reach = critical(SURE) * claims.se
        self.customers += len(net)
        self.moved += int(np.sum(net - reach > 0))
        self.harmed += int(np.sum(net + reach < 0))
        self.margin += float(margin.sum())
        self.cost += float(cost.sum())


def _money(claims: Claims) -> tuple[Floats, Floats, Floats]:
    """Margin, cost and net margin on the grid on which they add up exactly."""
    margin, cost = (np.rint(x * GRID) / GRID for x in (claims.margin, claims.cost))
    return margin, cost, margin - cost


def batch(customer_id: NDArray[np.object_], claims: Claims, label: Label) -> "pa.RecordBatch":
    """Rows of `schema.RESPONSE` for some customers."""
    import pyarrow as pa

    margin, cost, net = _money(claims)
    n = len(net)

    def same(value: str) -> "pa.Array":
        return pa.repeat(pa.scalar(value, pa.string()), n)

    return pa.RecordBatch.from_arrays(
        [
            pa.array(customer_id, pa.string()), same(label.planned.offer.offer_id), pa.array(margin), pa.array(cost),
            pa.array(net), pa.array(claims.se), pa.array(np.maximum(claims.liability, cost)), pa.array(claims.p_buy),
            same(str(label.grade)), same(label.model_id), _reasons(net, claims, label.codes),
        ],
        schema=RESPONSE,
    )  # fmt: skip


def _reasons(net: Floats, claims: Claims, codes: tuple[Why, ...]) -> "pa.Array":
    """Codes of each row: where the figure comes from, what it says, whether the customer buys anyway."""
    import pyarrow as pa

    reach = critical(SURE) * claims.se
    says = np.where(net - reach > 0, 0, np.where(net + reach < 0, 1, 2))
    kinds = says * 2 + (claims.sure > LIKELY)
    words = (Why.MOVED_BY_OFFER, Why.LOSES_MONEY, Why.EFFECT_NOT_SHOWN)
    lists = [
        [*map(str, codes), str(word), *([str(Why.LIKELY_TO_BUY_ANYWAY)] if anyway else [])]
        for word in words
        for anyway in (False, True)
    ]
    return pa.DictionaryArray.from_arrays(pa.array(kinds, pa.int8()), pa.array(lists)).dictionary_decode()


def fingerprint(demand: Demand, planned: Planned, about: Mapping[str, object]) -> str:
    """Hash of what an answer was made from: purchases, offer, method, version."""
    purchases = [*demand.rates.a.tolist(), *demand.rates.b.tolist(), *demand.value.tolist(), *demand.margin.tolist()]
    text = json.dumps([__version__, demand.as_of, demand.customers, purchases, repr(planned), about], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def buying(demand: Demand, bought: Floats, known: Floats, days: int) -> Floats:
    """Chance of at least one purchase of anything within `days`: 1 - ((b + T) / (b + T + days))^(a + n)."""
    span = known + demand.any_rate.b
    chance: Floats = 1 - (span / (span + days)) ** (bought + demand.any_rate.a)
    return chance


def most_uses(demand: Demand, people: People, planned: Planned) -> Floats:
    """As often as an offer may be used; without limit, as often as 99 in 100 such customers would buy."""
    from scipy.special import pdtrik

    if planned.offer.uses > 0:
        return np.full(len(people.known), float(planned.offer.uses))
    usual = demand.any_rate.posterior(people.days, people.known)[0] * planned.days
    found: Floats = np.ceil(np.maximum(pdtrik(0.99, usual), 1.0))
    return found
