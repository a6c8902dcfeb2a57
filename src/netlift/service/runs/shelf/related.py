"""What goes with each product, what stands for it, and what is like it."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.catalog.baskets import Baskets
from netlift.catalog.graph import product_graph
from netlift.catalog.kinship import Kin, kinship
from netlift.catalog.rules.rules import pair_rules
from netlift.catalog.words import Texts
from netlift.recommend.ids import Ids, Ints
from netlift.service.runs.shelf.files import KINDS, ragged

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.data.workspace import Workspace
    from netlift.recommend.about import About

MOST = 50
"""Of each kind and product."""
LINES = 5_000_000
"""Newest lines of orders that are looked at."""
LEVEL = 0.05
"""Share of false discoveries."""
BASKETS = 3
"""In which two products must meet at least, or in 1 of 5,000."""
PRODUCTS = 1_000
"""In most baskets, among which substitutes are looked for."""
ALIKE = 8_000
"""With a text, that are compared with each other: those that are wanted most."""


class Pairs(NamedTuple):
    """From one product to another, by places; shape (pairs,) each."""

    one: Ints
    other: Ints
    score: NDArray[np.float64]


def related(workspace: "Workspace", items: Ids, about: "About", wanted: NDArray[np.float32]) -> dict[str, "pa.Array"]:
    """Columns for the goods of a shelf: places and scores of each kind, the closest first, of equals the first by id.

    What goes together are pairs that meet in baskets more often than chance would have it, by normalised pointwise
    mutual information; the largest baskets count less among the products in most baskets, where kinship tells. What
    stands for it avoids it in the same company. What is like it is described in like words.

    Args:
        workspace: with orders.
        items: all products.
        about: what is written of them.
        wanted: how popular each is, shape (items,).
    """
    import pyarrow as pa

    columns: dict[str, pa.Array] = {}
    with_, instead = _bought(workspace, items)
    for name, pairs in zip(KINDS, (with_, instead, _alike(items, about, wanted)), strict=True):
        order = np.lexsort((pairs.other, -pairs.score, pairs.one))
        one, other, score = (column[order] for column in pairs)
        first = np.searchsorted(one, one)
        kept = np.arange(len(one)) - first < MOST
        begin = np.concatenate([[0], np.cumsum(np.bincount(one[kept], minlength=len(items)))]).astype(np.int64)
        columns[name] = ragged(begin, other[kept].astype(np.int32))
        columns[f"{name}_score"] = ragged(begin, score[kept].astype(np.float32))
    return columns


def _bought(workspace: "Workspace", items: Ids) -> tuple[Pairs, Pairs]:
    baskets = Baskets.of(_lines(workspace))
    if len(baskets) < BASKETS or len(baskets.names) < 2:
        return _NONE, _NONE
    kin = kinship(baskets, Kin(products=min(PRODUCTS, len(baskets.names)), level=LEVEL))
    rules = pair_rules(baskets, max(BASKETS / len(baskets), 1 / 5_000), level=LEVEL)
    one, other = items.positions(_only(rules["given"])), items.positions(rules["then"])
    lift, support = rules["lift"].to_numpy(), rules["support"].to_numpy()
    above = (lift > 1) & (support < 1)
    score = np.zeros(len(lift))
    score[above] = np.log(lift[above]) / -np.log(support[above])
    judged = _often(baskets, items)
    ties = _keys(kin, items, "complement")
    known = judged[one] & judged[other]
    kept = above & (~known | np.isin(_key(one, other, len(items)), ties))
    return Pairs(one[kept], other[kept], score[kept]), _both(kin, items)


def _often(baskets: Baskets, items: Ids) -> NDArray[np.bool_]:
    """Which products kinship has looked at."""
    chosen = np.argsort(-baskets.counts, kind="stable")[: min(PRODUCTS, len(baskets.names))]
    found = np.zeros(len(items), np.bool_)
    found[items.positions(baskets.names)[chosen]] = True
    return found


def _keys(kin: "pa.Table", items: Ids, name: str) -> Ints:
    """Pairs of a kind in both directions, as numbers."""
    import pyarrow.compute as pc

    mine = kin.filter(pc.equal(kin["kin"], name))
    one, other = items.positions(mine["one"]), items.positions(mine["other"])
    return np.concatenate([_key(one, other, len(items)), _key(other, one, len(items))])


def _key(one: Ints, other: Ints, size: int) -> Ints:
    return one * max(size, 1) + other


def _both(kin: "pa.Table", items: Ids) -> Pairs:
    """Substitutes, in both directions."""
    import pyarrow.compute as pc

    mine = kin.filter(pc.equal(kin["kin"], "substitute"))
    one, other = items.positions(mine["one"]), items.positions(mine["other"])
    score = mine["company"].to_numpy()
    return Pairs(np.concatenate([one, other]), np.concatenate([other, one]), np.concatenate([score, score]))


def _alike(items: Ids, about: "About", wanted: NDArray[np.float32]) -> Pairs:
    """By what is written of them."""
    import pyarrow as pa

    if about.items is None:
        return _NONE
    texts = _texts(about.items)
    place = items.positions(about.items["product_id"])
    told = np.flatnonzero((place >= 0) & np.array([bool(text) for text in texts], np.bool_))
    told = told[np.lexsort((place[told], -wanted[place[told]]))][:ALIKE]
    told = told[np.argsort(place[told])]
    if len(told) < 2:
        return _NONE
    vectors = Texts.of([texts[at] for at in told.tolist()]).vectors()
    mine = place[told]
    ties = product_graph(items.names.take(pa.array(mine)), vectors=vectors).ties["alike"]
    one, other = mine[ties.one], mine[ties.other]
    both = np.concatenate([ties.weight, ties.weight])
    return Pairs(np.concatenate([one, other]), np.concatenate([other, one]), both)


def _texts(goods: "pa.Table") -> list[str]:
    """What is written of each product, its category and brand included."""
    columns = [goods[name].to_pylist() for name in ("text", "category", "brand", "tags") if name in goods.column_names]
    return [" ".join(_said(part) for part in row).strip() for row in zip(*columns, strict=True)]


def _said(part: Any) -> str:
    return " ".join(map(str, part)) if isinstance(part, list) else str(part or "")


def _only(lists: "pa.ChunkedArray") -> "pa.Array":
    """The one product of each list."""
    import pyarrow.compute as pc

    return pc.list_element(lists, 0)


def _lines(workspace: "Workspace") -> "pa.Table":
    """Orders and products of the newest lines that were not all given back."""
    from netlift.engines.duckdb import connect

    with connect() as con:
        workspace.relation(con, "order_lines").create_view("order_lines")
        found: pa.Table = con.execute(
            "SELECT order_id, product_id FROM order_lines"
            " WHERE order_id IS NOT NULL AND product_id IS NOT NULL AND refunded_quantity < quantity"
            f" ORDER BY ordered_at DESC, order_id, product_id LIMIT {LINES}"
        ).to_arrow_table()
    return found


_NONE = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
