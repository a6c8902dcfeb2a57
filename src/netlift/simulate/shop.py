"""Run a simulated shop: whole in memory, or block by block to disk, with its truth apart."""

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from netlift.errors import ConfigError
from netlift.simulate.block import Diary, live_through
from netlift.simulate.config import PromotionSpec, ShopConfig
from netlift.simulate.ledger import Ledger, keep_books
from netlift.simulate.people import RING
from netlift.simulate.tables import block_tables, shared_tables
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
        """Write the tables as `tables/NAME/simulated.parquet` and the truth apart; returns the directory."""
        for name, table in self.tables.items():
            _Sink(directory, name, table.schema).once(table)
        write_truth(directory, self.truth, self.potential)
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


def stream(config: ShopConfig, directory: Path, *, block: int = BLOCK, threads: int = 1) -> Summary:
    """Run a shop of any size block by block into Parquet files; memory does not grow with customers."""
    world = open_shop(config)
    sinks: dict[str, _Sink] = {}
    rows: dict[str, int] = {}
    sums = {o.number: Sums() for o in world.offers}
    profit = -_fixed(world)
    for name, table in shared_tables(world).items():
        _Sink(directory, name, table.schema).once(table)
        rows[name] = table.num_rows
    for part in _blocks(world, block, threads):
        for name, table in part.tables.items():
            sinks.setdefault(name, _Sink(directory, name, table.schema)).add(table)
            rows[name] = rows.get(name, 0) + table.num_rows
        for key, table in part.potential.items():
            sinks.setdefault(key, _Sink(directory, f"potential/{key}", table.schema, apart=True)).add(table)
        for number, one in part.sums.items():
            sums[number].add(one)
        profit += part.profit
    for sink in sinks.values():
        sink.close()
    truth = truth_table(world, sums)
    write_truth(directory, truth, {})
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
    ids = world.goods.product_ids()
    return {o.spec.promotion_id: tuple(ids[p] for p in np.flatnonzero(o.goods).tolist()) for o in world.offers}


def parts(customers: int, block: int) -> list[tuple[int, int]]:
    """(first customer, number) of each block; blocks hold whole sharing rings."""
    if block < 1:
        raise ConfigError(f"block must be >= 1 customers, got {block}")
    size = -(-block // RING) * RING
    return [(first, min(size, customers - first)) for first in range(0, customers, size)]


def write_truth(directory: Path, truth: pa.Table, potentials: Mapping[str, pa.Table]) -> None:
    """Write the truth beside the workspace's tables, never among them."""
    import pyarrow.parquet as pq

    directory.mkdir(parents=True, exist_ok=True)
    pq.write_table(truth, directory / "truth.parquet")
    for key, table in potentials.items():
        (directory / "potential").mkdir(exist_ok=True)
        pq.write_table(table, directory / "potential" / f"{key}.parquet")


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


class _Sink:
    """One Parquet file that grows block by block; under another name until it is whole."""

    def __init__(self, directory: Path, name: str, columns: pa.Schema, *, apart: bool = False) -> None:
        import pyarrow.parquet as pq

        self._path = directory / f"{name}.parquet" if apart else directory / "tables" / name / "simulated.parquet"
        self._part = self._path.with_suffix(".part")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(self._part, columns, compression="zstd")

    def add(self, table: pa.Table) -> None:
        """Append rows."""
        self._writer.write_table(table)

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
        self._part.replace(self._path)

    def once(self, table: pa.Table) -> None:
        """Write a whole table."""
        self.add(table)
        self.close()
