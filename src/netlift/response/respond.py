"""`respond`: what every offer of the past changes, customer by customer as of today, with how sure it is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from time import perf_counter
from typing import TYPE_CHECKING

from netlift.errors import DataError
from netlift.history.shop import Shop, day_number
from netlift.response.assumed_file import Declared
from netlift.response.carried import carried
from netlift.response.declared import declared_responses
from netlift.response.demand_rows import Answer
from netlift.response.features import Moment, moment
from netlift.response.from_logs import FromLog, from_log
from netlift.response.kinds import noisy_ones_drawn
from netlift.response.logs import Log, find_logs, shelf_offers
from netlift.response.pooled import Prior, priors_of
from netlift.response.repeats import Repeat, with_repeats
from netlift.response.results import Learned, Responses, Unknown
from netlift.response.score import Tallies
from netlift.response.scoring import Scorer, here
from netlift.schema import RESPONSE

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many steps are done, and of how many."""
Write = Callable[["pa.RecordBatchReader"], object]
"""Takes the stream of RESPONSE rows and reads it to its end."""


def respond(
    shop: Shop,
    *,
    name: str = "shop",
    as_of: datetime | None = None,
    level: float = 0.9,
    seed: int = 0,
    washout_days: int | None = None,
    declared: Sequence[Declared] = (),
    most_logs: int | None = None,
    write: Write | None = None,
    scorer: Scorer = here,
    on_progress: Progress | None = None,
) -> Responses:
    """Learn from every log of offers, and score every customer who is known.

    Args:
        shop: the past, opened by `history.shop.open_shop`.
        name: of the shop, for titles.
        as_of: nothing of this day or later is read; None: the day after the last order.
        level: of all intervals.
        seed: of folds and models; the same input and seed give the same rows.
        washout_days: counted after each offer's window; None: two typical purchase cycles of the shop.
        declared: offers without a log, or that repeat one; see `assumed_file` and `from_candidates.declared_of`.
        most_logs: learn from so many logs only, for want of time: first those that a declared offer repeats, then
            those that ended last; the others are not named in the answer but counted in its facts. None: from all.
        write: what to do with the rows, such as `partial(workspace.keep, "response")`; None: they are counted only.
        scorer: asks models about customers, see `scoring`; the rows are the same.
        on_progress: told what is being done.

    Raises:
        DataError: `as_of` lies before the first order.
    """
    started, tell = perf_counter(), on_progress or _silent
    last = last_day(shop, as_of)
    found = find_logs(shop, last, washout_days=washout_days)
    usable = _chosen(found.usable, declared, most_logs)
    taught, unknown = _learned(shop, usable, tell, level=level, seed=seed)
    taught = [carried(log, shop, last) for log in taught]
    priors = priors_of([one for answer in taught for one in answer.findings])
    taught = _repeated(noisy_ones_drawn(taught), declared)
    answered = {offer.offer_id for answer in taught for offer in answer.model.offers}
    rest = [one for one in declared if one.planned.offer.offer_id not in answered]
    answers, silent = _without_log(shop, rest, last, priors, level=level)
    unknown = [*found.unknown, *unknown, *silent]
    tell("scoring customers", len(usable), len(usable) + 1)
    now, tallies = moment(shop, last, "now"), Tallies()
    _stream(chain(_rows(scorer, now, taught, tallies), *(answer.batches() for answer in answers)), write)
    now.drop()
    return Responses(
        name=name, currency=shop.currency, outcome="profit", as_of=_date(last), customers=now.customers,
        learned=_ranked(
            [_counted(one, tallies) for answer in taught for one in answer.findings]
            + [answer.learned for answer in answers]
        ),
        unknown=tuple(unknown), tests=tuple(answer.test for answer in taught if answer.test is not None),
        judged={name: one for answer in taught for name, one in answer.judged.items()},
        assumptions=_assumptions(shop),
        facts={**_facts(shop, seed, perf_counter() - started), "logs": len(usable), "logs_found": len(found.usable)},
    )  # fmt: skip


def _learned(
    shop: Shop, logs: Sequence[Log], tell: Progress, *, level: float, seed: int
) -> tuple[list[FromLog], list[Unknown]]:
    """What each log teaches, or why it does not."""
    taught, unknown = list[FromLog](), list[Unknown]()
    for done, log in enumerate(logs):
        tell(log.name, done, len(logs) + 1)
        answer = from_log(shop, log, level=level, seed=seed)
        if isinstance(answer, FromLog):
            taught.append(answer)
        else:
            unknown += answer
    return taught, unknown


def _chosen(logs: Sequence[Log], declared: Sequence[Declared], most: int | None) -> list[Log]:
    """The logs to learn from, in the order of their start."""
    if most is None:
        return list(logs)
    repeated = {one.past for one in declared}

    def urgency(log: Log) -> tuple[bool, int, str]:
        wanted = any(offer.offer_id in repeated for offer in log.offers)
        return not wanted, -log.span.end, log.promotion_id

    kept = {log.promotion_id for log in sorted(logs, key=urgency)[: max(most, 0)]}
    return [log for log in logs if log.promotion_id in kept]


def _repeated(taught: Sequence[FromLog], declared: Sequence[Declared]) -> list[FromLog]:
    """The logs with the declared offers that repeat theirs."""
    repeats = [Repeat(one.planned.offer, one.past) for one in declared if one.past is not None]
    return [with_repeats(log, repeats) for log in taught]


def _without_log(
    shop: Shop, declared: Sequence[Declared], last: int, priors: Mapping[str, Prior], *, level: float
) -> tuple[tuple[Answer, ...], tuple[Unknown, ...]]:
    """Answers to declared offers, and to past offers of the shelf that nobody in particular was given.

    What nobody knows the depth of cannot be answered from prices and is left to the audit.
    """
    asked = (*declared, *(Declared(planned) for planned in shelf_offers(shop)))
    return declared_responses(shop, asked, as_of=last, level=level, priors=priors) if asked else ((), ())


def _silent(_what: str, _done: int, _of: int) -> None:
    """Tell nobody."""


def last_day(shop: Shop, as_of: datetime | None) -> int:
    """Day number of the first day that is not read.

    Raises:
        DataError: `as_of` lies before the first order.
    """
    end, first = day_number(shop.span.end), day_number(shop.span.start)
    last = end if as_of is None else min(end, day_number(as_of))
    if last <= first:
        raise DataError(f"as of {_date(last)} no order is known: the first is of {_date(first)}; ask for a later day")
    return last


def _date(day: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date().isoformat()


def _rows(scorer: Scorer, now: Moment, taught: Sequence[FromLog], tallies: Tallies) -> "Iterator[pa.RecordBatch]":
    """Batches of rows, customers in order, one offer after another within a part of the customers."""
    for rows in scorer(now, [(answer.model, answer.space) for answer in taught]) if taught else ():
        tallies.add(rows)
        yield rows


def _stream(rows: "Iterator[pa.RecordBatch]", write: Write | None) -> None:
    import pyarrow as pa

    reader = pa.RecordBatchReader.from_batches(RESPONSE, rows)
    if write is not None:
        write(reader)
    for _ in reader:  # whatever was not taken is still counted
        pass


def _counted(found: Learned, tallies: Tallies) -> Learned:
    tally = tallies.of(found.offer.offer_id)
    return replace(found, scored=tally.scored, moved=tally.moved, harmed=tally.harmed)


def _ranked(found: Sequence[Learned]) -> tuple[Learned, ...]:
    """Best evidence first, then by net margin."""
    return tuple(sorted(found, key=lambda one: (one.grade.rank, -one.net.estimate, one.offer.offer_id)))


def _assumptions(shop: Shop) -> tuple[str, ...]:
    """`margin` where a cost of goods had to be assumed."""
    return ("margin",) if shop.cost_known < 1 and not shop.terms.margin_given else ()


def _facts(shop: Shop, seed: int, seconds: float) -> dict[str, object]:
    from importlib.metadata import version

    return {
        "versions": {package: version(package) for package in ("netlift", "duckdb", "lightgbm", "numpy")},
        "seed": seed, "seconds": round(seconds, 1), "washout_days": shop.washout_days, "orders": shop.orders,
    }  # fmt: skip
