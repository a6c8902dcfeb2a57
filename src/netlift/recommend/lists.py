"""One call for one list: these goods, for this customer, in the order of their relevance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netlift.recommend.about import About
from netlift.recommend.ids import Ids
from netlift.recommend.interactions import Interactions
from netlift.recommend.recommender import RECOMMENDERS, Recommender
from netlift.recommend.rules import Rules


@dataclass(frozen=True, slots=True)
class Recommended:
    """One place of a list."""

    product_id: str
    score: float
    """Higher is better within the list; no probability."""
    reasons: tuple[str, ...]
    """Codes, some with what they are about behind a colon."""


def generate_recommendation_list(
    user: str,
    products: Sequence[str],
    algorithm: str | Recommender = "hybrid",
    *,
    seen: Interactions | None = None,
    about: About | None = None,
    n: int | None = None,
) -> list[Recommended]:
    """Sort products by how relevant they are to a customer, the most relevant first.

    Every product is given a place, what the customer had before as well: choosing among them is the caller's. Those
    that the algorithm knows nothing of come last, in the order of their ids, with the reason `nothing_known`.

    Args:
        user: id; a customer without history gets what is popular.
        products: ids, in any order; one that stands twice is listed once.
        algorithm: kind of a recommender, which is then fitted to `seen`; or a recommender that was fitted before.
        seen: what was done, for a kind.
        about: what else is known of goods and customers, for a kind.
        n: at most so many; None: all.

    Raises:
        ConfigError: an unknown kind, or `n` is below 1.
        NotFittedError: a recommender that was not fitted.

    >>> generate_recommendation_list("ann", ["tea", "cup"], "popular")[0].product_id
    'cup'
    """
    model = algorithm if isinstance(algorithm, Recommender) else _fitted(algorithm, products, seen, about)
    asked, most = Ids(products), len(set(products)) if n is None else n
    wanted = asked.names.to_pylist()
    table = model.recommend([user], max(most, 1) if n is None else n, Rules(in_stock=wanted, bought="allow"))
    found = [
        Recommended(row["product_id"], row["score"], tuple(row["reasons"]))
        for row in table.select(["product_id", "score", "reasons"]).to_pylist()
    ]
    listed = {one.product_id for one in found}
    last = min((one.score for one in found), default=0.0)
    rest = [Recommended(name, last, ("nothing_known",)) for name in wanted if name not in listed]
    return [*found, *rest][:most]


def _fitted(kind: str, products: Sequence[str], seen: Interactions | None, about: About | None) -> Recommender:
    """A recommender that has heard of the products, so that one which knows goods by their text can place new ones."""
    import pyarrow as pa

    nothing = pa.schema(
        [("customer_id", pa.string()), ("product_id", pa.string()), ("at", pa.timestamp("us", tz="UTC"))]
    )
    events = Interactions.of(nothing.empty_table()) if seen is None else seen
    return RECOMMENDERS[kind]().fit(with_items(events, Ids(products)), about)


def with_items(seen: Interactions, items: Ids) -> Interactions:
    """The same events in a larger catalogue."""
    names = seen.items.with_also(items)
    place = names.positions(seen.items.names).astype(np.int32)  # rising, so that the order of events stays
    return Interactions(seen.users, names, seen.user, place[seen.item], seen.at, seen.weight)
