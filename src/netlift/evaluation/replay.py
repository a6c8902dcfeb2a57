"""Dry run: past orders of a shop through a set of promotions, to see what they would have cost.

Orders depend on each other only through limits and budgets. So they are quoted by several processes at once, each
batch with the counters as they stand when it is sent off; the counters are then kept in the order of time, and an
order whose quote the true counters would change is quoted again. The result is that of one order after the other,
whatever the number of processes.
"""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from typing import TYPE_CHECKING

from netlift.engines.base import Settings
from netlift.errors import DataError, EngineError
from netlift.evaluation.replay_results import Replay
from netlift.evaluation.replay_tally import Tally
from netlift.history.cart_quotes import Counters, Outcome, Quoter, gift_products
from netlift.history.carts import Terms, batches, open_orders, past_orders
from netlift.promotions.conditions import attributes_named
from netlift.promotions.policy import Policy
from netlift.promotions.promotion import Group, Promotion

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from netlift.data.workspace import Workspace

MEMORY_MB = 1024
"""What DuckDB may hold before it spills to disk."""
PARALLEL_FROM = 5_000
"""From so many orders on, starting processes pays."""
AHEAD = 2
"""Batches for each process that are sent off before their results are needed."""

OnProgress = Callable[[int, int], None]
"""Told orders done and orders in all."""
OnOutcomes = Callable[[Sequence[Outcome]], None]
"""Takes the outcomes of a batch of orders, in the order of time."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The promotions that are tried: definitions, the tree of groups that they name, and the switches."""

    promotions: tuple[Promotion, ...]
    root: Group = field(default_factory=Group)
    policy: Policy = field(default_factory=Policy)


def replay(
    workspace: "Workspace",
    offer: Offer,
    terms: Terms | None = None,
    *,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
    on_outcomes: OnOutcomes | None = None,
) -> Replay:
    """Quote the past orders of a workspace under promotions, in the order of time.

    It shows what the promotions would have cost had everybody bought the same. It does not show what they bring:
    customers would have behaved otherwise.

    Args:
        workspace: its tables `orders` and `order_lines`, and `products` and `customers` where there are any.
        offer: what is tried.
        terms: days, codes, floors, and what stands in for unknown costs.
        workers: processes; None: one for each core where there are many orders. The result does not depend on it.
        on_progress: told orders done and orders in all.
        on_outcomes: told every order's outcome.

    Raises:
        DefinitionError: a promotion, the tree or the policy is wrong.
        DataError: the workspace has no orders in these days.
    """
    from netlift.engines.duckdb import connect

    with connect(Settings(memory_mb=MEMORY_MB, temp_folder=workspace.path / "spill")) as con:
        terms = replace(terms or Terms(), time_zone=workspace.settings.timezone)
        span = open_orders(con, workspace, terms)
        if not span.orders:
            raise DataError(_nothing(workspace, terms))
        terms = replace(terms, gift_costs=_gift_costs(con, offer.promotions))
        quoter = Quoter(offer.promotions, offer.root, offer.policy, currency=span.currency, terms=terms)
        arrow = batches(con, span.currency, terms, attributes=_asks_attributes(offer.promotions))
        counters, tally, done = Counters(), Tally(offer.promotions, offer.root), 0
        workers = workers or (cores() if span.orders >= PARALLEL_FROM else 1)
        for outcomes in _quoted(arrow, quoter, counters, offer, workers):
            found = []
            for outcome in outcomes:
                tally.add(outcome, counters)
                found.append(outcome)
            done += len(found)
            if on_outcomes is not None:
                on_outcomes(found)
            if on_progress is not None:
                on_progress(done, span.orders)
        return tally.replay(workspace.settings, span, counters)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


Batches = Iterator["pa.RecordBatch"]


def _quoted(
    arrow: Batches, quoter: Quoter, counters: Counters, offer: Offer, workers: int
) -> Iterator[Iterator[Outcome]]:
    if workers == 1:
        return (quoter.outcomes(batch, counters) for batch in arrow)
    return _by_processes(arrow, quoter, counters, offer, workers)


def _by_processes(
    arrow: Batches, quoter: Quoter, counters: Counters, offer: Offer, workers: int
) -> Iterator[Iterator[Outcome]]:
    with _pool(quoter, offer, workers) as pool:
        sent: deque[tuple[pa.RecordBatch, Counters, Future[list[Outcome]]]] = deque()
        for batch in arrow:
            known = counters.of(_customers(batch)) if quoter.limited else Counters()
            sent.append((batch, known, pool.submit(_outcomes, batch, known)))
            if len(sent) > AHEAD * workers:
                yield _settled(*sent.popleft(), quoter, counters)
        while sent:
            yield _settled(*sent.popleft(), quoter, counters)


def _settled(
    batch: "pa.RecordBatch", known: Counters, future: "Future[list[Outcome]]", quoter: Quoter, counters: Counters
) -> Iterator[Outcome]:
    """The outcomes as the true counters make them; `known` are those that the process started from."""
    try:
        outcomes = future.result()
    except BrokenProcessPool as error:
        raise EngineError(
            "a process that quotes orders ended by itself, perhaps for lack of memory: try --workers 1"
        ) from error
    orders = None
    for place, outcome in enumerate(outcomes):
        true = outcome
        if not quoter.same(outcome, known, counters):
            orders = orders or list(past_orders(batch, quoter.currency, quoter.terms))
            true = quoter.outcome(orders[place], counters)
        quoter.count(outcome, known)
        quoter.count(true, counters)
        yield true


@contextmanager
def _pool(quoter: Quoter, offer: Offer, workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that start from nothing (`spawn`), as DuckDB's threads do not survive a fork."""
    given = (offer, quoter.currency, quoter.terms)
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start, initargs=given)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


_QUOTERS: list[Quoter] = []
"""The one of this process, where it is one of a pool."""


def _start(offer: Offer, currency: str, terms: Terms) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the one that has the pool ends it
    _QUOTERS[:] = [Quoter(offer.promotions, offer.root, offer.policy, currency=currency, terms=terms)]


def _outcomes(batch: "pa.RecordBatch", known: Counters) -> list[Outcome]:
    return list(_QUOTERS[0].outcomes(batch, known))


def _customers(batch: "pa.RecordBatch") -> set[str]:
    return {name for name in batch["customer_id"].unique().to_pylist() if name is not None}


def _asks_attributes(promotions: Sequence[Promotion]) -> bool:
    """Whether any condition names a further field of the products."""
    return any(
        attributes_named(condition)
        for one in promotions
        for condition in (
            one.audience,
            *(benefit.when for benefit in one.benefits),
            *(benefit.target.where for benefit in one.benefits),
            *(slot.where for benefit in one.benefits for slot in benefit.target.slots),
        )
    )


def _gift_costs(con: "duckdb.DuckDBPyConnection", promotions: Sequence[Promotion]) -> dict[str, int]:
    names = list(gift_products(promotions))
    if not names:
        return {}
    query = "SELECT product_id, cost_minor FROM products WHERE list_contains(?, product_id) AND cost_minor IS NOT NULL"
    return dict(con.execute(query, [names]).fetchall())


def _nothing(workspace: "Workspace", terms: Terms) -> str:
    days = [f"{word} {day}" for word, day in (("from", terms.since), ("until", terms.until)) if day is not None]
    if days:
        return f"{workspace.path} has no orders {' '.join(days)} that could be replayed: choose other days"
    return f"{workspace.path} has no orders with lines that could be replayed: take some in first (netlift ingest)"
