"""What goes together and what stands for each other: complements and substitutes among the products that sell."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netlift.catalog.baskets import Baskets, Ints
from netlift.catalog.rules.chance import Floats, share_false
from netlift.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 5_000
"""Products at most: about 2.5 GB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kin:
    """Who is kin.

    Raises:
        ConfigError: a value is out of its range.
    """

    products: int = 1_000
    """That many are looked at, those in most baskets; memory grows with its square, to about 100 MB."""
    level: float = 0.05
    """Share of false discoveries, of each kind of kin."""
    company: float = 0.5
    """Substitutes keep the same company: cosine of what else is in their baskets, at least."""

    def __post_init__(self) -> None:
        if not 2 <= self.products <= MOST or not 0 <= self.level <= 1 or not 0 <= self.company <= 1:
            raise ConfigError(f"2 to {MOST:,} products, a level and a cosine between 0 and 1, got {self}")


def kinship(baskets: Baskets, kin: Kin | None = None) -> "pa.Table":
    """Pairs that meet more often than chance would have it, and pairs that avoid each other in the same company.

    Large baskets hold more of everything, and would make everything go together. Chance therefore is that of baskets
    whose sizes and of products whose numbers are given: a pair is expected
    `n_i n_j sum_b s_b (s_b - 1) / (sum_b s_b)^2` times, and how often it comes is tested against a Poisson number of
    that mean. Substitutes must also be found with the same other products: else the one is only for other people.

    Args:
        baskets: what was bought together.
        kin: settings.

    Returns:
        `one`, `other` (ids, the lower first), `kin` (complement or substitute), `baskets`, `expected`, `company` (a
        cosine), `p_value`, `q_value`; by kin, then q_value, then ids.
    """
    kin = kin or Kin()
    counts = baskets.counts
    chosen = np.sort(np.argsort(-counts, kind="stable")[: kin.products])
    together, expected = _met(baskets, chosen)
    one, other = np.triu_indices(len(chosen), 1)
    met, mean = together[one, other], expected[one, other]
    company = _company(together, expected)[one, other]
    more, fewer = _poisson(met, mean)
    found = []
    for name, p_value, fit in (
        ("complement", more, np.ones(len(met), bool)),
        ("substitute", fewer, company >= kin.company),
    ):
        # company rests on other pairs than the one that is tested: it chooses the tests without looking at them
        rows = np.flatnonzero(fit)
        q = share_false(p_value[rows])
        kept = q <= kin.level
        rows, q = rows[kept], q[kept]
        order = np.lexsort((other[rows], one[rows], q))
        rows, q = rows[order], q[order]
        found.append(
            (name, chosen[one[rows]], chosen[other[rows]], met[rows], mean[rows], company[rows], p_value[rows], q)
        )
    return _table(baskets, found)


def _met(baskets: Baskets, chosen: Ints) -> tuple[Floats, Floats]:
    """How often each two are in one basket, and how often they would be by chance."""
    import scipy.sparse as sp

    held: Any = sp.csr_array(
        (np.ones(len(baskets.item)), baskets.item, baskets.start), shape=(len(baskets), len(baskets.names))
    )
    size = np.diff(baskets.start).astype(np.float64)
    total = max(float(size.sum()), 1.0)
    rate = float((size * (size - 1)).sum()) / total**2
    held = held[:, chosen]
    together = (held.T @ held).toarray()
    number = np.diag(together).copy()
    np.fill_diagonal(together, 0.0)
    return together, np.outer(number, number) * rate


def _company(together: Floats, expected: Floats) -> Floats:
    """Cosine of what each is found with more often than by chance, the two themselves left out."""
    deviation = (together - expected) / np.sqrt(np.maximum(expected, 1e-12))
    above = np.where(expected > 0, np.maximum(deviation, 0.0), 0.0)
    np.fill_diagonal(above, 0.0)
    shared = above @ above.T
    length = (above**2).sum(axis=1)
    mine = np.sqrt(np.maximum(length[:, None] - above**2, 0.0))
    both = mine * mine.T
    cosine = np.divide(shared, both, out=np.zeros_like(shared), where=both > 1e-9)
    found: Floats = np.round(np.clip(cosine, 0.0, 1.0), 12)  # equal on any number of threads
    return found


def _poisson(met: Floats, mean: Floats) -> tuple[Floats, Floats]:
    """Chance of so many or more, and of so many or fewer."""
    from scipy.special import gammainc, gammaincc

    more = np.where(met > 0, gammainc(np.maximum(met, 1.0), mean), 1.0)
    return more, gammaincc(met + 1.0, mean)


def _table(baskets: Baskets, found: list[tuple[Any, ...]]) -> "pa.Table":
    import pyarrow as pa

    names, parts = baskets.names, []
    for name, one, other, met, mean, company, p_value, q in found:
        columns = {
            "one": names.take(pa.array(one)), "other": names.take(pa.array(other)),
            "kin": pa.array([name] * len(one), pa.string()), "baskets": pa.array(met.astype(np.int64)),
            "expected": pa.array(mean), "company": pa.array(company),
            "p_value": pa.array(p_value), "q_value": pa.array(q),
        }  # fmt: skip
        parts.append(pa.table(columns))
    return pa.concat_tables(parts).combine_chunks()
