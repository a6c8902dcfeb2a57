"""The response table: every known customer beside every offer that was learned, a part of the customers at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from netlift.candidates.offer import Offer
from netlift.response.checks import Bools
from netlift.response.learn import Arm
from netlift.response.personal import of_cost, of_net
from netlift.response.results import SURE, Why
from netlift.schema import RESPONSE
from netlift.types import Grade
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.estimate import critical

if TYPE_CHECKING:
    import pyarrow as pa

GRID = 1024.0
"""Money of a row is a whole number of 1/1024 minor units, so that margin less cost is net margin to the last bit."""
STRANGE = 0.1
"""A customer with more than this share of the features beyond what all but 1 % of the learned customers had is a
stranger to the model."""
SURE_BUYER = 0.5
"""Chance of buying without the offer from which on a customer is likely to buy anyway."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """One log's models, ready to be asked about any customer; arrays have one row per customer."""

    offers: tuple[Offer, ...]
    arms: tuple[Arm, ...]
    grade: Grade
    model_id: str
    source: Why
    effects: Callable[[Floats], Floats] | None
    """What is said of features (m, p), shape (m, offers, 3), see `predictions`; None: averages only."""
    buying: Callable[[Floats], Floats]
    """Chance of an order in the window under each arm, shape (m, 1 + offers)."""
    low: Floats
    """Of each feature, what one in 200 of the learned customers was below, shape (p,)."""
    high: Floats
    liability: Floats
    """Most that each offer can cost, minor units, shape (offers,)."""
    caution: Why | None
    """What to beware of in every row."""


@dataclass(slots=True)
class Tally:
    """Counted while rows go by."""

    scored: int = 0
    moved: int = 0
    harmed: int = 0
    net: float = 0.0
    """Sum of net margins, minor units."""

    def add(self, net: Floats, se: Floats) -> None:
        """Count the rows of one offer."""
        moved, harmed = _shown(net, se)
        self.scored += len(net)
        self.moved += int(moved.sum())
        self.harmed += int(harmed.sum())
        self.net += float(net.sum())


@dataclass(slots=True)
class Tallies:
    """By offer."""

    by_offer: dict[str, Tally] = field(default_factory=dict)

    def of(self, offer_id: str) -> Tally:
        """The tally of an offer, empty at first."""
        return self.by_offer.setdefault(offer_id, Tally())

    def add(self, rows: "pa.RecordBatch") -> None:
        """Count rows of RESPONSE that are of one offer, as `score` makes them."""
        if rows.num_rows:
            net, se = (np.asarray(rows.column(name).to_numpy(), np.float64) for name in ("net_margin", "se"))
            self.of(rows.column("offer_id")[0].as_py()).add(net, se)


def score(model: Model, customer_id: "pa.Array", X: Floats) -> "list[pa.RecordBatch]":
    """Rows of RESPONSE for some customers, one batch per offer of the model.

    Args:
        model: what was learned.
        customer_id: text, m of them.
        X: their features, shape (m, p), as the model knows them.
    """
    raw = None if model.effects is None else model.effects(X)
    chances, strange = np.clip(model.buying(X), 0.0, 1.0), _strange(model, X)
    return [
        _batch(model, k, customer_id, _Seen(None if raw is None else raw[:, k], chances[:, [0, k + 1]], strange))
        for k in range(len(model.offers))
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What the models say of some customers under one offer."""

    raw: Floats | None
    """Effects on margin and cost, and usual profit, shape (m, 3)."""
    buying: Floats
    """Without and with the offer, shape (m, 2)."""
    strange: Bools


def _strange(model: Model, X: Floats) -> Bools:
    if model.effects is None:
        return np.zeros(len(X), dtype=np.bool_)
    outside: Bools = ((model.low > X) | (model.high < X)).mean(axis=1) > STRANGE
    return outside


def _shown(net: Floats, se: Floats) -> tuple[Bools, Bools]:
    """Who is shown to be moved, and who to be lost money on."""
    reach = critical(SURE) * se
    return net - reach > 0, net + reach < 0


def _batch(model: Model, k: int, customer_id: "pa.Array", seen: _Seen) -> "pa.RecordBatch":
    import pyarrow as pa

    net, cost, se = _money(model, k, seen)
    moved, harmed = _shown(net, se)
    m = len(net)
    columns = [
        customer_id, _same(model.offers[k].offer_id, m), pa.array(net + cost), pa.array(cost), pa.array(net),
        pa.array(se), pa.array(np.maximum(cost, model.liability[k])), pa.array(seen.buying[:, 1]),
        _same(str(model.grade), m), _same(model.model_id, m), _reasons(model, k, seen, moved, harmed),
    ]  # fmt: skip
    return pa.RecordBatch.from_arrays(columns, schema=RESPONSE)


def _money(model: Model, k: int, seen: _Seen) -> tuple[Floats, Floats, Floats]:
    """Net margin, cost and the standard error of net margin, shape (m,) each."""
    arm, contact = model.arms[k], model.offers[k].contact_cost_minor
    raw = np.zeros((len(seen.strange), 3)) if seen.raw is None else seen.raw
    net = np.where(seen.strange, arm.net_rule.average, arm.net_rule.value(of_net(raw)))
    cost = np.where(seen.strange, arm.cost_rule.average, arm.cost_rule.value(of_cost(raw)))
    se = np.where(seen.strange, arm.net_rule.error_outside, arm.net_rule.error(of_net(raw)))
    return np.round(net * GRID) / GRID, np.round(np.maximum(cost, contact) * GRID) / GRID, se


def _same(text: str, m: int) -> "pa.Array":
    import pyarrow as pa

    return pa.repeat(pa.scalar(text), m)


def _reasons(model: Model, k: int, seen: _Seen, moved: Bools, harmed: Bools) -> "pa.Array":
    """At most four codes a row: where from, whose figure, what it says, what to beware of."""
    import pyarrow as pa

    anyway = (seen.buying[:, 0] >= SURE_BUYER) & ~moved
    says = np.where(moved, 0, np.where(harmed, 1, 2))
    beware = np.where(seen.strange, 0, np.where(model.caution is not None, 1, np.where(anyway, 2, 3)))
    codes: Ints = (~seen.strange * 3 + says) * 4 + beware
    texts = [_texts(model, code, model.arms[k].whose) for code in range(24)]
    return pa.array(texts, pa.list_(pa.string())).take(pa.array(codes))


_SAYS = (Why.MOVED_BY_OFFER, Why.LOSES_MONEY, Why.EFFECT_NOT_SHOWN)


def _texts(model: Model, code: int, own: Why) -> list[str]:
    rest, beware = divmod(code, 4)
    usual, says = divmod(rest, 3)
    warnings = (Why.OUTSIDE_LEARNED_RANGE, model.caution, Why.LIKELY_TO_BUY_ANYWAY, None)
    whose = own if usual else Why.AVERAGE_FOR_ALL
    return [str(one) for one in (model.source, whose, _SAYS[says], warnings[beware]) if one is not None]
