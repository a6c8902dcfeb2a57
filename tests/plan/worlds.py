"""Small planted worlds: customers, offers, what they are expected to earn, and what they truly earn."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netlift.candidates.candidate import Candidate, Goal
from netlift.candidates.offer import Offer
from netlift.plan.pool import Eligible, Pool, read_pool
from netlift.response.results import Learned, Source
from netlift.schema import RESPONSE
from netlift.types import Grade
from tests.plan.examples import candidate, effect

Floats = NDArray[np.float64]


def ids(n: int) -> pa.Array:
    """Customer ids in order."""
    return pa.array([f"c{i:06d}" for i in range(n)])


def offers(
    m: int, *, contact: int = 10, goals: Mapping[int, Goal] | None = None, channels: Sequence[str] = ("email",)
) -> list[Candidate]:
    """Personal candidates o00, o01, ... with goals by number."""
    made = []
    for j in range(m):
        name = f"o{j:02d}"
        offer = Offer(name, name, "spend_threshold", face_minor=500, contact_cost_minor=contact, products=(f"SKU-{j}",))
        made.append(
            candidate(
                name, goal=(goals or {}).get(j, Goal.PROFIT), offer=offer, channel=channels[j % len(channels)]
            )
        )  # fmt: skip
    return made


def learned(name: str, net: float, se: float, *, source: Source = Source.EXPERIMENT, n: int = 2000) -> Learned:
    """What is known of one offer; everybody has its average."""
    offer = Offer(name, name, "spend_threshold", promotion_id=name)
    cost = effect(80.0, 4.0, n)
    return Learned(
        offer,
        source,
        Grade.RANDOMIZED,
        effect(net + 80, se, n),
        cost,
        effect(net, se, n),
        None,
        (),
        (),
        (),
        n,
        0,
        0,
        "m",
    )


def response(
    net: Floats, *, se: Floats | float = 20.0, cost: Floats | float = 80.0, p_buy: Floats | None = None
) -> pa.Table:
    """Rows of RESPONSE for a matrix of net margins, shape (customers, offers); NaN: no row."""
    n, m = net.shape
    there = ~np.isnan(net).ravel()

    def flat(values: Floats | float) -> Floats:
        return np.broadcast_to(values, (n, m)).astype(np.float64).ravel()[there]

    who = np.repeat(np.array(ids(n).to_pylist(), object), m)[there]
    what = np.tile(np.array([f"o{j:02d}" for j in range(m)], object), n)[there]
    size = int(there.sum())
    return pa.table(
        {
            "customer_id": pa.array(who, pa.string()), "offer_id": pa.array(what, pa.string()),
            "incremental_margin": flat(net) + flat(cost), "expected_cost": flat(cost), "net_margin": flat(net),
            "se": flat(se), "liability": np.maximum(flat(cost), 510.0),
            "p_buy": flat(0.5 if p_buy is None else p_buy), "grade": ["randomized"] * size, "model_id": ["m"] * size,
            "reasons": [["measured_by_experiment", "average_for_all"]] * size,
        },
        schema=RESPONSE,
    )  # fmt: skip


def pool_of(
    net: Floats, *, se: Floats | float = 20.0, cost: Floats | float = 80.0, candidates: Sequence[Candidate] = (),
    known: Sequence[Learned] | None = None, segments: Mapping[str, NDArray[np.bool_]] | None = None,
    p_buy: Floats | None = None,
) -> Pool:  # fmt: skip
    """A pool of a matrix of net margins."""
    n, m = net.shape
    made = list(candidates) or offers(m)
    if known is None:
        known = [learned(one.offer.offer_id, float(np.nanmean(net[:, j])), 20.0) for j, one in enumerate(made)]
    return read_pool(
        response(net, se=se, cost=cost, p_buy=p_buy), made, known, Eligible(ids(n), {}, dict(segments or {}))
    )


def rng(seed: int = 0) -> np.random.Generator:
    """Draws of a test."""
    return np.random.default_rng(seed)
