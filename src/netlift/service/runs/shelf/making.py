"""A shelf from a workspace: which recommender, lists of all customers, what is popular, what belongs together."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from netlift.data.workspace import Workspace
from netlift.recommend.ids import Ids
from netlift.recommend.popularity import Popularity
from netlift.recommend.rank import Shelf
from netlift.recommend.rules import Rules
from netlift.recommend.shop import about as known_about
from netlift.recommend.shop import names as known_names
from netlift.recommend.trial import made
from netlift.service.runs.shelf import files
from netlift.service.runs.shelf.events import interactions, purchases
from netlift.service.runs.shelf.files import KINDS, Head, Manners
from netlift.service.runs.shelf.learning import Codes, chosen, figures, written
from netlift.service.runs.shelf.related import related

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.recommend.about import About
    from netlift.recommend.interactions import Interactions

OF_SEGMENT = 1_000
"""Goods that are kept of what is popular in a segment; of what is popular with everybody, all are."""


class Asked(NamedTuple):
    """What is wanted."""

    kinds: tuple[str, ...] = ()
    """Recommenders to choose among; none: all that there are."""
    manners: Manners = Manners()


def make(workspace: Workspace, asked: Asked) -> dict[str, Any]:
    """Learn, write, and let the new shelf be the one that is served; what it is, for JSON.

    Raises:
        ConfigError: an unknown kind, or somebody else makes one at this moment.
        DataError: the tables hold what makes no sense.
    """
    begun, manners = datetime.now(UTC), asked.manners
    folder = files.place_of(workspace.path)
    with files.making(folder) as drafts:
        _tell("reading", 0, 4)
        seen, about = interactions(workspace), known_about(workspace)
        had = purchases(workspace, seen)
        kind, tried = chosen(seen, had, about, asked.kinds or None, manners.bought, _tell)
        model = made(kind, manners.bought)
        model.fit(had if model.purchases else seen, about)
        codes = Codes(seen)
        rules = Shelf.of(seen.items, about, Rules(bought=manners.bought))  # type: ignore[arg-type]
        lists = written(model, rules, had, drafts, codes, _tell)
        _tell("what belongs together", 3, 4)
        popularity = model.popularity()
        ties = related(workspace, seen.items, about, popularity.everybody)
        goods = files.write_table(drafts, "goods", _goods(seen.items, about, known_names(workspace), ties))
        popular = files.write_table(drafts, "popular", _popular(popularity, seen.items))
        head = Head(model.kind, _until(seen), goods, popular, lists, tuple(codes.names), manners, figures(tried))
        head = files.publish(folder, drafts, head, begun)
    return {
        "model": head.model, "until": head.until, "customers": head.customers, "products": head.goods.rows,
        "related": {name: int(np.count_nonzero(np.diff(ties[name].offsets.to_numpy()))) for name in KINDS},
        "evaluation": dict(head.figures), "digest": head.digest,
    }  # fmt: skip


def _until(seen: "Interactions") -> str:
    return datetime.fromtimestamp(int(seen.at.max()) / 1e6, UTC).isoformat() if len(seen) else ""


def _goods(items: Ids, about: "About", names: Mapping[str, str], ties: Mapping[str, "pa.Array"]) -> "pa.Table":
    """What is known of each product, by its place."""
    import pyarrow as pa

    columns: dict[str, Any] = {"product_id": items.names}
    told = about.items
    for name, kind in (("category", pa.string()), ("margin_minor", pa.int64())):
        if told is None or name not in told.column_names:
            columns[name] = pa.nulls(len(items), kind)
            continue
        at = Ids(told["product_id"])
        row = np.empty(len(at), np.int64)
        row[at.positions(told["product_id"])] = np.arange(len(at))
        place = at.positions(items.names)
        where = pa.array(np.where(place >= 0, row[place] if len(row) else place, 0), mask=place < 0)
        columns[name] = told[name].combine_chunks().cast(kind).take(where)
    columns["name"] = pa.array([names.get(name) for name in items.names.to_pylist()], pa.string())
    return pa.table(columns | dict(ties))


def _popular(popularity: Popularity, items: Ids) -> "pa.Table":
    """Everybody's under the empty name, with all goods; then segments."""
    import pyarrow as pa

    rows = [("", popularity.everybody, len(items))]
    rows += [(name, popularity.shares[at], OF_SEGMENT) for at, name in enumerate(popularity.segments) if name]
    places = [np.argsort(-shares, kind="stable")[:most].astype(np.int32) for _, shares, most in rows]
    return pa.table(
        {
            "segment": pa.array([name for name, _, _ in rows], pa.string()),
            "places": pa.array([one.tolist() for one in places], pa.list_(pa.int32())),
            "shares": pa.array(
                [shares[one].tolist() for (_, shares, _), one in zip(rows, places, strict=True)],
                pa.list_(pa.float32()),
            ),
        }
    )


def _tell(what: str, done: int, total: int) -> None:
    """A bar as the worker reads it."""
    sys.stderr.write(f"\n{what[:40]} ━━━━━━━━ {done}/{max(total, 1)}\n")
    sys.stderr.flush()
