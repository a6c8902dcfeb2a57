"""Which recommender, and its lists of customers, block by block, so that memory does not grow with their number."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netlift.errors import DataError
from netlift.recommend.ids import Ints
from netlift.recommend.interactions import Interactions
from netlift.recommend.rank import Shelf
from netlift.recommend.recommender import Recommender
from netlift.recommend.trial import Trial, trial
from netlift.service.runs.shelf.files import File, ragged, write_table

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.recommend.about import About

Tell = Callable[[str, int, int], None]
DEFAULT = "item_knn"
"""Where nothing can be chosen by."""
WIDTH = 100
"""Goods of a customer's list."""
SHARD = 8192
"""Customers of a file."""
CELLS = 25_000_000
"""Scores that are held at a time; 100 MB, and a few times that while they are ranked."""
MOST_CODES = 60_000


def chosen(
    seen: Interactions, had: Interactions, about: "About", kinds: Sequence[str] | None, bought: str, tell: Tell
) -> tuple[str, Trial | None]:
    """The recommender that did best on what came later, and what was measured; the default where too little happened.

    Args:
        seen: what was done.
        had: what of it was bought.
        about: what else is known.
        kinds: to choose among; None: all; one is taken as it is.
        bought: as for lists.
        tell: is told how far it is.
    """
    if kinds is not None and len(kinds) == 1:
        return kinds[0], None
    try:
        tried = trial(
            seen, about, kinds, bought="exclude" if bought == "exclude" else "allow", on_progress=tell, had=had
        )
    except DataError:
        return (kinds or (DEFAULT,))[0], None
    return tried.chosen, tried


def figures(tried: Trial | None) -> dict[str, Any]:
    """What was measured, for JSON."""
    if tried is None:
        return {}

    def known(value: float) -> float | None:
        return value if np.isfinite(value) else None

    models = [
        {
            "kind": one.kind, "validation_ndcg": None if one.validation is None else known(one.validation),
            "test": {} if one.test is None else {name: known(value) for name, value in one.test.means().items()},
            "why": one.why or None,
        }
        for one in tried.tried
    ]  # fmt: skip
    return {
        "chosen": tried.chosen, "customers": tried.customers, "validation_from": tried.validation_from.isoformat(),
        "test_from": tried.test_from.isoformat(), "models": models,
    }  # fmt: skip


class Codes:
    """Reasons by number, and what they are about by place."""

    def __init__(self, seen: Interactions) -> None:
        self.names: list[str] = []
        self._items = seen.items
        self._numbers: dict[str, int] = {}

    def numbered(self, reasons: "pa.ListArray") -> tuple["pa.Array", "pa.Array"]:
        """The first reason of each: its number, and the place of the product that it is about, -1 for none."""
        import pyarrow as pa
        import pyarrow.compute as pc

        coded = pc.list_element(reasons, 0).dictionary_encode()
        texts = coded.dictionary.to_pylist()
        place = self._items.positions([text.partition(":")[2] for text in texts])
        numbers = [
            self._number(text.partition(":")[0] if at >= 0 else text)
            for text, at in zip(texts, place.tolist(), strict=True)
        ]
        which = np.asarray(coded.indices, np.int64)
        return pa.array(np.array(numbers, np.uint16)[which]), pa.array(place.astype(np.int32)[which])

    def _number(self, name: str) -> int:
        if name not in self._numbers:
            if len(self.names) >= MOST_CODES:
                return 0
            self._numbers[name] = len(self.names)
            self.names.append(name)
        return self._numbers[name]


def written(
    model: Recommender, shelf: Shelf, bought: Interactions, folder: Path, codes: Codes, tell: Tell
) -> tuple[File, ...]:
    """Lists of all customers of whom the model knows something, as files."""
    places = np.flatnonzero(model.knows(np.arange(len(model.seen_.users))))
    files = []
    for number, start in enumerate(range(0, len(places), SHARD)):
        rows = places[start : start + SHARD]
        tell(model.kind, start, len(places))
        table = _shard(model, shelf, bought, rows, codes)
        files.append(write_table(folder, f"lists-{number:06d}", table, table["customer_id"][0].as_py()))
    return tuple(files)


def _shard(model: Recommender, shelf: Shelf, bought: Interactions, rows: Ints, codes: Codes) -> "pa.Table":
    import pyarrow as pa

    return pa.concat_tables(list(_blocks(model, shelf, bought, rows, codes)))


def _blocks(model: Recommender, shelf: Shelf, bought: Interactions, rows: Ints, codes: Codes) -> "Iterator[pa.Table]":
    import pyarrow as pa

    had = bought.matrix
    step = max(1, CELLS // max(len(model.seen_.items), 1))
    for start in range(0, len(rows), step):
        users = rows[start : start + step]
        names = model.seen_.users.names_of(users)
        scores = model.score(names)
        best, worth = shelf.best(scores, WIDTH, names=names, users=users, bought=(had.indptr, had.indices))
        # nothing speaks for what scores lowest of all goods: what is popular takes its place when it is served
        found = (best >= 0) & (np.take_along_axis(scores, best, axis=1) > scores.min(axis=1, keepdims=True))
        begin = np.concatenate([[0], np.cumsum(found.sum(axis=1))]).astype(np.int64)
        items = best[found]
        number, about = codes.numbered(model.reason_lists(users, items, begin))
        own = [had.indices[had.indptr[user] : had.indptr[user + 1]] for user in users.tolist()]
        mine = np.concatenate([[0], np.cumsum([len(part) for part in own])])
        flat = np.concatenate([np.empty(0, np.int32), *own]).astype(np.int32)
        yield pa.table(
            {
                "customer_id": pa.array(names, pa.string()),
                "places": ragged(begin, items.astype(np.int32)),
                "scores": ragged(begin, worth[found].astype(np.float32)),
                "codes": ragged(begin, number),
                "about": ragged(begin, about),
                "bought": ragged(mine, flat),
            }
        )
