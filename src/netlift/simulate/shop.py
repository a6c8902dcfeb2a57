"""Run a simulated shop: whole in memory, or block by block to disk, with its truth apart."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from netlift.errors import ConfigError
from netlift.simulate.block import Diary, live_through
from netlift.simulate.config import PromotionSpec, ShopConfig
from netlift.simulate.labels import product_ids
from netlift.simulate.ledger import Ledger, keep_books
from netlift.simulate.listings import shared_tables
from netlift.simulate.people import RING
from netlift.simulate.tables import block_tables
from netlift.simulate.truth import Sums, judge, potential, truth_table
from netlift.simulate.world import World, open_shop

BLOCK = 8192
"""Customers simulated at a time; the result is the same for any multiple of RING."""


@dataclass(frozen=True)
class Shop:
    """What a shop's records show, and what they cannot show."""

    config: ShopConfig
    tables: Mapping[str, pa.Table]
    """Named tables (see `netlift.schema`): what an audit may look at."""
    truth: pa.Table
    """One row for each promotion (see `simulate.truth.TRUTH`)."""
    potential: Mapping[str, pa.Table]
    """For campaigns and experiments: both outcomes of each customer (see `simulate.truth.POTENTIAL`)."""
    goods: Mapping[str, tuple[str, ...]]
    """Products on offer, by promotion."""
    profit_minor: int
    """Profit of the whole horizon: goods, shipping, contacts and fixed costs."""

    def write(self, directory: Path) -> Path:
        """Write a workspace (`tables/NAME/simulated.parquet`) and the truth apart; returns the directory."""
        with _Files(directory, self.config) as files:
            for name, table in self.tables.items():
                files.add(name, table)
            for key, table in self.potential.items():
                files.add(key, table, folder="potential")
        _write_apart(directory / "truth.parquet", self.truth)
        return directory


@dataclass
class _Block:
    """What one block of customers contributes."""

    tables: dict[str, pa.Table]
    sums: dict[int, Sums]
    potential: dict[str, pa.Table]
    profit: int


@dataclass(frozen=True)
class Summary:
    """What was written by `stream`."""

    directory: Path
    rows: Mapping[str, int]
    """Rows of each table."""
    truth: pa.Table
    profit_minor: int


def simulate(config: ShopConfig, *, block: int = BLOCK, threads: int = 1) -> Shop:
    """Run a shop in memory.

    Args:
        config: the shop.
        block: customers at a time; changes nothing but memory and speed.
        threads: blocks at the same time; changes nothing but speed.

    >>> from netlift.simulate import presets
    >>> shop = simulate(presets.tiny())
    >>> shop.truth.num_rows == len(shop.config.promotions)
    True
    """
    world = open_shop(config)
    blocks = list(_blocks(world, block, threads))
    sums = _added(world, blocks)
    tables = shared_tables(world) | {
        name: pa.concat_tables([b.tables[name] for b in blocks]).combine_chunks() for name in blocks[0].tables
    }
    truth = truth_table(world, sums)
    return Shop(
        config=config,
        tables=tables,
        truth=truth,
        potential={key: pa.concat_tables([b.potential[key] for b in blocks]) for key in blocks[0].potential},
        goods=goods_on_offer(world),
        profit_minor=sum(b.profit for b in blocks) - _fixed(world),
    )


def stream(
    config: ShopConfig,
    directory: Path,
    *,
    block: int = BLOCK,
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Summary:
    """Run a shop of any size block by block into Parquet files; memory does not grow with customers.

    Args:
        config: the shop.
        directory: becomes a workspace with `tables/NAME/simulated.parquet`; `truth.parquet` and
            `potential/ID.parquet` lie beside its tables.
        block: customers at a time.
        threads: blocks at the same time.
        progress: called with the number of customers that have been written so far.
    """
    world = open_shop(config)
    sums = {o.number: Sums() for o in world.offers}
    done, profit = 0, -_fixed(world)
    with _Files(directory, config) as files:
        for name, table in shared_tables(world).items():
            files.add(name, table)
        for part in _blocks(world, block, threads):
            for name, table in part.tables.items():
                files.add(name, table)
            for key, table in part.potential.items():
                files.add(key, table, folder="potential")
            for number, one in part.sums.items():
                sums[number].add(one)
            profit += part.profit
            done += part.tables["customers"].num_rows
            if progress:
                progress(done)
    truth = truth_table(world, sums)
    _write_apart(directory / "truth.parquet", truth)
    rows = {name: count for (folder, name), count in files.rows.items() if folder == "tables"}
    return Summary(directory, rows, truth, profit)


def value_of(config: ShopConfig, promotions: tuple[PromotionSpec, ...] | None = None) -> int:
    """True profit of the whole horizon, minor units, under a set of promotions (None: the configuration's own).

    The whole shop is run again, with the same customers, weather and random numbers; targeting looks at the new past.

    >>> from netlift.simulate import presets
    >>> shop = presets.tiny()
    >>> value_of(shop) == value_of(shop, shop.promotions)
    True
    """
    chosen = config.promotions if promotions is None else promotions
    world = open_shop(replace(config, promotions=chosen, with_truth=False))
    profit = 0
    for first, count in parts(config.customers, BLOCK):
        diary = live_through(world, first, count)
        profit += _profit(world, diary, keep_books(world, diary))
    return profit - _fixed(world)


def goods_on_offer(world: World) -> dict[str, tuple[str, ...]]:
    """Product ids on offer, by promotion."""
    ids = product_ids(world).to_pylist()
    return {o.spec.promotion_id: tuple(ids[p] for p in np.flatnonzero(o.goods).tolist()) for o in world.offers}


def parts(customers: int, block: int) -> list[tuple[int, int]]:
    """(first customer, number) of each block; blocks hold whole sharing rings."""
    if block < 1:
        raise ConfigError(f"block must be >= 1 customers, got {block}")
    size = -(-block // RING) * RING
    return [(first, min(size, customers - first)) for first in range(0, customers, size)]


def _blocks(world: World, block: int, threads: int) -> Iterator[_Block]:
    """The blocks in order of customer; at most `threads` + 1 of them are in memory."""
    todo = parts(world.config.customers, block)
    if threads <= 1 or len(todo) == 1:
        yield from (_run(world, first, count) for first, count in todo)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[_Block]] = deque()
        for first, count in todo:
            waiting.append(pool.submit(_run, world, first, count))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _run(world: World, first: int, count: int) -> _Block:
    diary = live_through(world, first, count)
    books = keep_books(world, diary)
    written = [o for o in world.offers if o.spec.contacts and world.config.with_truth]
    return _Block(
        tables=block_tables(world, diary, books),
        sums={o.number: judge(world, diary, books, o) for o in world.offers},
        potential={o.spec.promotion_id: potential(world, diary, books, o) for o in written},
        profit=_profit(world, diary, books),
    )


def _profit(world: World, diary: Diary, books: Ledger) -> int:
    """Profit of one block in the shop as it was, without fixed costs."""
    contacts = sum(
        o.spec.contact_cost_minor * int(diary.assignments[o.number].reached.sum())
        for o in world.offers
        if o.live and o.spec.contacts
    )
    postage = books.shipping[: books.factual] - world.config.shipping_cost_minor
    return int(books.profit[: books.factual_lines].sum() + postage.sum()) - contacts


def _fixed(world: World) -> int:
    return sum(o.spec.fixed_cost_minor for o in world.offers if o.live)


def _added(world: World, blocks: list[_Block]) -> dict[int, Sums]:
    sums = {o.number: Sums() for o in world.offers}
    for part in blocks:
        for number, one in part.sums.items():
            sums[number].add(one)
    return sums


class _Files:
    """Parquet files that grow block by block; each has its name only when all are whole, or none is left."""

    def __init__(self, directory: Path, config: ShopConfig) -> None:
        from netlift.data.workspace import Settings, Workspace

        Workspace.create(directory, Settings(name=directory.resolve().name or "shop", currency=config.currency))
        self._directory = directory
        self._open: dict[tuple[str, str], tuple[Path, pq.ParquetWriter]] = {}
        self.rows: dict[tuple[str, str], int] = {}

    def __enter__(self) -> "_Files":
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        for path, writer in self._open.values():
            writer.close()
            part = path.with_suffix(".part")
            if kind is None:
                part.replace(path)
            else:
                part.unlink()

    def add(self, name: str, table: pa.Table, *, folder: str = "tables") -> None:
        """Append rows to a table (`tables/NAME/simulated.parquet`), or to a file of another folder."""
        key = folder, name
        if key not in self._open:
            inside = f"{name}/simulated.parquet" if folder == "tables" else f"{name}.parquet"
            path = self._directory / folder / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open[key] = path, pq.ParquetWriter(path.with_suffix(".part"), table.schema, compression="zstd")
        self._open[key][1].write_table(table)
        self.rows[key] = self.rows.get(key, 0) + table.num_rows


def _write_apart(path: Path, table: pa.Table) -> None:
    part = path.with_suffix(".part")
    pq.write_table(table, part)
    part.replace(path)
