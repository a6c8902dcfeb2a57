"""How long does an exact quote take, beside a loop that only sums totals, beside django-oscar, and among thousands?

A quote is complete: every adjustment split to units, and a reason for every promotion that gives nothing; both are
read within the time that counts. What is compared is measured in alternation in one process (Oscar in one of its own,
asked in turn); the garbage collector stays on, as in a server.
"""

import gc
import random
import resource
import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from benchmarks import _quote_cases as cases
from benchmarks._oscar import Missing, oscar_shop
from benchmarks._quote_naive import applying, total_discount
from netlift.promotions import Cart, Engine, Facts, Group, Promotion, Quote

QUICK = {"carts": 10, "rounds": 2, "contests": 3, "oscar": 0, "many": 500}
GOALS = {
    "small_times_naive": 3,
    "large_times_naive": 1,
    "large_p99_ms": 4,
    "oscar_times_ours": 300,
    "many_ratio": 1.5,
    "best_deal_median_ms": 50,
}
SEED = 20

Carts = Sequence[tuple[Cart, Facts]]


def run(
    carts: int = 200, rounds: int = 10, contests: int = 60, oscar: int = 3, many: int = 7_000, seed: int = SEED
) -> dict[str, object]:
    """Carts of each size, times that each is priced, carts of the best deal, times that Oscar is asked, promotions."""
    small, large = (case_of(mix, carts, cases.chance(seed)) for mix in (cases.SMALL, cases.LARGE))
    best = best_deals(contests, cases.chance(seed))
    sizes = {
        "10 lines x 50": (small, GOALS["small_times_naive"]),
        "50 lines x 1,000": (large, GOALS["large_times_naive"]),
    }
    return {
        "goals": GOALS,
        "carts": {name: counted(case) for name, (case, _) in sizes.items()},
        "quotes": {name: beside_naive(case, rounds, goal) for name, (case, goal) in sizes.items()},
        f"{many:,} promotions of which 20 can apply": {
            "10 lines": among_many(cases.SMALL, small, many, rounds),
            "50 lines": among_many(cases.LARGE, large, many, rounds),
        },
        "best deal over 15 promotions": best,
        "django-oscar": beside_oscar(small, oscar) if oscar else {"skipped": "not asked for"},
        "memory_mb": memory(large),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def case_of(mix: cases.Mix, carts: int, rng: random.Random) -> cases.Case:
    """The deals of a mix and carts of which each has as many applying deals as the mix says; others are left out."""
    deals = tuple(cases.deals_of(mix, rng))
    engine = Engine(cases.promotions_of(deals))
    least, most = mix.applying
    found: list[tuple[Cart, Facts]] = []
    while len(found) < carts:
        cart, facts = cases.cart_of(mix, rng)
        if least <= len(engine.quote(cart, facts).applied) <= most:
            found.append((cart, facts))
    return cases.Case(deals, tuple(found))


def counted(case: cases.Case) -> dict[str, float]:
    """What is in the quotes of a case; every promotion has given something or says why not."""
    engine = Engine(cases.promotions_of(case.deals))
    quotes = [engine.quote(cart, facts) for cart, facts in case.carts]
    applied = [len(quote.applied) for quote in quotes]
    for quote, count in zip(quotes, applied, strict=True):
        assert count + len(quote.refusals) == len(case.deals), "a promotion has neither given nor been refused"
    return {
        "carts": len(quotes),
        "applied, least": min(applied),
        "median": statistics.median(applied),
        "most": max(applied),
        "adjustments": statistics.median(len(quote.adjustments) for quote in quotes),
        "refusals": statistics.median(len(quote.refusals) for quote in quotes),
    }


def beside_naive(case: cases.Case, rounds: int, goal: float) -> dict[str, Any]:
    """A full quote and the loop over totals, cart by cart in alternation."""
    engine, deals = Engine(cases.promotions_of(case.deals)), case.deals
    calls: dict[str, Callable[[Cart, Facts], object]] = {
        "ours": lambda cart, facts: read(engine.quote(cart, facts)),
        "naive": lambda cart, facts: total_discount(cart, facts, deals),
    }
    times = alternated(calls, case.carts, rounds)
    ours, naive = times["ours"], times["naive"]
    cpu = alternated(calls, case.carts, rounds, time.thread_time_ns)["ours"]
    ratio = at(ours, 50) / at(naive, 50)
    return {
        "p50 ms": at(ours, 50),
        "p99 ms": at(ours, 99),
        "p99 of CPU": at(cpu, 99),
        "naive p50": at(naive, 50),
        "naive p99": at(naive, 99),
        "times naive": ratio,
        "goal": goal,
        "within": ratio <= goal,
    }


def among_many(mix: cases.Mix, case: cases.Case, many: int, rounds: int, shops: int = 3) -> dict[str, Any]:
    """20 deals that apply to a cart, alone and among thousands that cannot."""
    filler = cases.filler(mix, many - 20, cases.chance(many))
    by_id = {deal.id: deal for deal in case.deals}
    rich = (
        (cart, facts, [by_id[name] for name in names])
        for cart, facts in case.carts
        if len(names := applying(cart, facts, case.deals)) >= 20
    )
    alone, among, read_all, compiled = [], [], [], []
    for cart, facts, mine in islice(rich, shops):
        few = Engine(cases.promotions_of(mine[:20]))
        started = time.perf_counter()
        full = Engine(cases.promotions_of([*mine[:20], *filler]))
        compiled.append(time.perf_counter() - started)
        assert few.quote(cart, facts).lines == full.quote(cart, facts).lines, "the others changed the price"
        times = alternated(
            {
                "alone": lambda cart, facts, few=few: units_of(few.quote(cart, facts)),
                "among": lambda cart, facts, full=full: units_of(full.quote(cart, facts)),
                "read": lambda cart, facts, full=full: read(full.quote(cart, facts)),
            },
            [(cart, facts)],
            rounds * 20,
        )
        alone.append(at(times["alone"], 50))
        among.append(at(times["among"], 50))
        read_all.append(at(times["read"], 50))
    ratio = statistics.median(one / other for one, other in zip(among, alone, strict=True))
    return {
        "20 alone, ms": statistics.median(alone),
        "all, ms": statistics.median(among),
        "ratio": ratio,
        "within": ratio <= GOALS["many_ratio"],
        "reasons read, ms": statistics.median(read_all),
        "compile s": statistics.median(compiled),
    }


def best_deals(contests: int, rng: random.Random, repeats: int = 2) -> dict[str, Any]:
    """15 promotions compete for the units of a cart; what they give when the first takes all it can is the measure."""
    spent, proved, gains = [], 0, []
    for _ in range(contests):
        promotions, cart = cases.contest(rng)
        engine = Engine(promotions, cases.CONTEST)
        times = [timed(lambda engine=engine, cart=cart: read(engine.quote(cart))) for _ in range(repeats)]
        quote = engine.quote(cart)
        spent.append(min(times))
        proved += quote.optimality == "proved optimal"
        gains.append(quote.discount / max(1, _first_come(promotions, cart)))
    return {
        "carts": contests,
        "units": "8 to 15",
        "median_ms": at(spent, 50),
        "p95_ms": at(spent, 95),
        "most_ms": at(spent, 100),
        "proved": proved / contests,
        "within": at(spent, 50) <= GOALS["best_deal_median_ms"] and 2 * proved > contests,
        "times_first_come_median": statistics.median(gains),
    }


def _first_come(promotions: Sequence[Promotion], cart: Cart) -> int:
    return Engine(promotions, Group(mode="stack", scope="unit")).quote(cart).discount


def beside_oscar(case: cases.Case, rounds: int, carts: int = 4) -> dict[str, Any]:
    """The same offers on the same baskets of the small case, for a customer who has all their segments."""
    customer = case.carts[0][1]
    mine = customer.segments or frozenset()
    chosen = [(cart, customer) for cart, _ in case.carts[:carts]]
    deals = [deal for deal in case.deals if not deal.segment or deal.segment in mine]
    engine = Engine(cases.promotions_of(deals))
    ours: list[float] = []
    theirs: list[float] = []
    applied: list[int] = []
    try:
        with oscar_shop(deals, chosen) as shop:
            for place in list(range(carts)) * rounds:
                answer = shop.apply(place)
                theirs.append(answer["ns"] / 1e6)
                applied.append(answer["applied"])
                ours += [timed(lambda place=place: read(engine.quote(*chosen[place]))) for _ in range(20)]
            version = shop.version
    except Missing as missing:
        return {"skipped": str(missing)}
    times = at(theirs, 50) / at(ours, 50)
    return {
        "version": version,
        "offers": len(deals),
        "applied_median": statistics.median(applied),
        "p50_ms": at(theirs, 50),
        "ours_p50_ms": at(ours, 50),
        "times_ours": times,
        "within": times >= GOALS["oscar_times_ours"],
    }


def memory(case: cases.Case) -> dict[str, float]:
    """Peaks of what Python allocates for an engine of 1,000 promotions, and for one quote, in MB."""
    gc.collect()
    tracemalloc.start()
    engine = Engine(cases.promotions_of(case.deals))
    kept, peak = tracemalloc.get_traced_memory()
    quote = 0.0
    for cart, facts in case.carts[:10]:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        read(engine.quote(cart, facts))
        quote = max(quote, tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()
    return {"engine": kept / 2**20, "compiling, peak": peak / 2**20, "quote, peak": quote / 2**20}


def read(quote: Quote) -> int:
    """Reads everything that a complete quote says: units of every adjustment, a reason for every refusal."""
    return units_of(quote) + sum([len(why) for why in quote.refusals.values()])


def units_of(quote: Quote) -> int:
    """Reads what every unit gets."""
    return sum([sum(adjustment.units) for adjustment in quote.adjustments])


def alternated(
    calls: dict[str, Callable[[Cart, Facts], object]],
    carts: Carts,
    rounds: int,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> dict[str, list[float]]:
    """Milliseconds of every call; calls take turns on each cart, and each round another one begins.

    The clock of the thread's CPU time leaves out what else the machine did meanwhile.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    order = list(calls)
    for name in order:  # warm
        for cart, facts in carts:
            calls[name](cart, facts)
    for _ in range(rounds):
        order = order[1:] + order[:1]
        for cart, facts in carts:
            for name in order:
                call = calls[name]
                times[name].append(timed(lambda call=call, cart=cart, facts=facts: call(cart, facts), clock))
    return times


def timed(call: Callable[[], object], clock: Callable[[], int] = time.perf_counter_ns) -> float:
    """Milliseconds of one call."""
    started = clock()
    call()
    return (clock() - started) / 1e6


def at(values: Sequence[float], percent: float) -> float:
    """The value that so many per cent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


def markdown(result: dict[str, Any]) -> str:
    """The table of the documentation."""
    rows = ["| what | netlift | beside it | goal |", "|---|---|---|---|"]
    for name, one in result["quotes"].items():
        rows.append(
            f"| full quote, {name}: p50 / p99 | {one['p50 ms']:.2f} / {one['p99 ms']:.2f} ms "
            f"(p99 of CPU time {one['p99 of CPU']:.2f} ms) | naive loop "
            f"{one['naive p50']:.3f} / {one['naive p99']:.2f} ms, so {one['times naive']:.2f} x | "
            f"at most {one['goal']:g} x |"
        )
    many = next(key for key in result if key.endswith("can apply"))
    for name, one in result[many].items():
        rows.append(
            f"| {many}, {name} | {one['all, ms']:.2f} ms | the 20 alone {one['20 alone, ms']:.2f} ms, "
            f"so {one['ratio']:.2f} x | at most {GOALS['many_ratio']} x |"
        )
    best = result["best deal over 15 promotions"]
    rows.append(
        f"| best deal of 15 promotions, {best['units']} units: median / p95 | {best['median_ms']:.1f} / "
        f"{best['p95_ms']:.1f} ms | {best['proved']:.0%} of {best['carts']} carts proved optimal; "
        f"{best['times_first_come_median']:.2f} x the discount of first come, first served | under "
        f"{GOALS['best_deal_median_ms']} ms |"
    )
    oscar = result["django-oscar"]
    if "skipped" not in oscar:
        rows.append(
            f"| the same offers on the same basket of 10 lines | {oscar['ours_p50_ms']:.2f} ms | django-oscar "
            f"{oscar['version']}: {oscar['p50_ms']:,.0f} ms, so {oscar['times_ours']:,.0f} x | at least "
            f"{GOALS['oscar_times_ours']} x |"
        )
    return "\n".join(rows)
