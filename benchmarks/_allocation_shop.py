"""Customers x 10 offers under one budget, three stock rows, a channel's capacity and a cap on loss; made in parts.

Part p of the customers is drawn from its own stream, so any number of customers begins with the same ones.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netlift.allocation.problem import Problem, Row, cells_row, offers_row
from netlift.allocation.source import Limit, Source

Floats = NDArray[np.float32]
OFFERS, PART = 10, 100_000
"""Offers, and customers per part."""
NAMES = tuple(f"offer{j}" for j in range(OFFERS))
FACE = np.array([100, 150, 200, 300, 400, 500, 600, 800, 1000, 1200], np.float64)
"""Face values in minor units."""


def part(number: int, customers: int) -> tuple[Floats, Floats, Floats]:
    """What each offer earns, costs, and loses in a bad case, minor units, each of shape (customers, offers)."""
    g = np.random.default_rng([20, number])
    keen = g.beta(2.0, 6.0, customers)[:, None]  # how likely somebody is to use an offer at all
    use = keen * (0.5 + 0.5 * FACE / FACE.max())
    cost = use * FACE * g.uniform(0.8, 1.2, (customers, OFFERS))
    effect = g.gamma(2.0, 0.9, (customers, 1)) * g.uniform(0.4, 1.6, (customers, OFFERS))
    worth = cost * (effect - 1.0) + g.normal(0.0, 8.0, (customers, OFFERS))
    loss = np.maximum(0.0, 20.0 + 0.8 * cost - worth)
    return worth.astype(np.float32), cost.astype(np.float32), loss.astype(np.float32)


def limits(customers: int) -> dict[str, tuple[NDArray[np.float64] | None, float, str]]:
    """Of each row: what each offer uses (None: a column says it), the limit, what is counted."""
    stock = {
        f"stock:offer{j}": (np.eye(OFFERS)[j], np.floor(share * customers), "pieces")
        for j, share in ((1, 0.01), (4, 0.012), (8, 0.03))
    }
    mail = np.isin(np.arange(OFFERS), (0, 2, 5, 6, 7)).astype(np.float64)
    return {
        "budget": (None, 60.0 * customers, "minor"),
        **stock,
        "channel:mail": (mail, np.floor(0.1 * customers), "customers"),
        "loss": (None, 0.04 * customers, "minor"),
    }


def problem(customers: int) -> Problem:
    """All of it in memory."""
    parts = [part(p, min(PART, customers - p * PART)) for p in range(-(-customers // PART))]
    worth, cost, loss = (np.concatenate([one[k] for one in parts]) for k in range(3))
    del parts
    given = {"budget": cost, "loss": loss}
    rows: list[Row] = [
        cells_row(name, given[name], limit, unit=unit) if uses is None else offers_row(name, uses, limit, unit=unit)
        for name, (uses, limit, unit) in limits(customers).items()
    ]
    return Problem.of(worth, rows=rows, offers=NAMES)


def tables(customers: int) -> Iterator[Any]:
    """The same as Arrow tables, one line per customer and offer, ordered."""
    import pyarrow as pa

    names = pa.array(NAMES)
    for p in range(-(-customers // PART)):
        n = min(PART, customers - p * PART)
        worth, cost, loss = part(p, n)
        which = pa.array(np.tile(np.arange(OFFERS, dtype=np.int32), n))
        yield pa.table({
            "customer_id": np.repeat(np.arange(p * PART, p * PART + n, dtype=np.int64), OFFERS),
            "offer_id": pa.DictionaryArray.from_arrays(which, names),
            "value": worth.ravel(), "budget": cost.ravel(), "loss": loss.ravel(),
        })  # fmt: skip


def write(customers: int, path: Path) -> None:
    """The same as one Parquet file."""
    import pyarrow.parquet as pq

    writer = None
    for table in tables(customers):
        writer = writer or pq.ParquetWriter(path, table.schema, compression="lz4", use_dictionary=["offer_id"])
        writer.write_table(table)
    if writer is not None:
        writer.close()


def source(customers: int, path: Path) -> Source:
    """What `write` wrote."""
    said = []
    for name, (uses, most, unit) in limits(customers).items():
        given = None if uses is None else dict(zip(NAMES, uses.tolist(), strict=True))
        said.append(Limit(name, most, name if given is None else None, given, unit))
    return Source(path, NAMES, tuple(said), value="value")


def relaxation(customers: int, path: Path) -> None:
    """The linear relaxation in NumPy's format: minimise c x where matrix x <= upper and 0 <= x <= 1, in minor units."""
    import scipy.sparse as sp

    made = problem(customers)
    cells = made.candidates
    one = sp.csr_matrix((np.ones(cells), (made.owner, np.arange(cells))), shape=(customers, cells))
    uses = sp.csr_matrix(np.array([made.use(r, np.arange(cells)) / 1000 for r in range(len(made.rows))]))
    matrix = sp.vstack([one, uses]).tocsr()
    np.savez(
        path, c=-made.value / 1000, data=matrix.data, indices=matrix.indices, indptr=matrix.indptr,
        shape=np.array(matrix.shape), upper=np.concatenate([np.ones(customers), made.limits / 1000]),
    )  # fmt: skip
