"""The ledger at work in a fresh process, for `bench_ledger`: `python -m benchmarks._ledger_speed WHAT OPTIONS`."""

import json
import os
import sys
import time
from datetime import timedelta
from multiprocessing import get_context
from typing import Any

TTL = timedelta(minutes=15)


def set_up(address: str, folder: str) -> None:
    os.environ |= {
        "NETLIFT_FOLDER": folder, "NETLIFT_DATABASE": address, "DJANGO_SETTINGS_MODULE": "netlift.service.settings",
    }  # fmt: skip
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0)
    connections.close_all()


def operations(clients: int, seconds: float, rows: int, *, portable: bool = False) -> dict[str, float]:
    """Reserve and commit one use at a time, of one account or of many, in several processes for some seconds."""
    context = get_context("fork")
    ready, answers = context.Barrier(clients), context.SimpleQueue()
    crowd = [
        context.Process(target=_one, args=(number, ready, answers, (seconds, rows, portable)))
        for number in range(clients)
    ]
    for one in crowd:
        one.start()
    found = [answers.get() for _ in crowd]
    for one in crowd:
        one.join()
    pairs = sum(done for done, *_ in found)
    return {
        "operations_per_s": sum(2 * done / took for done, took, _ in found),
        "client_cpu_us_per_operation": 1e6 * sum(cpu for *_, cpu in found) / (2 * pairs),
    }


def _one(number: int, ready: Any, answers: Any, how: tuple[float, int, bool]) -> None:
    from django.db import connection

    from netlift.service.ledger import portable, reservations
    from netlift.service.ledger.holds import Hold

    seconds, rows, plain = how
    if plain:
        reservations.statements = lambda: portable
    connection.ensure_connection()
    stamp = time.time_ns()
    ready.wait()
    started, cpu, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - started < seconds:
        key, row = f"{stamp}-{number}-{done}", (number * 7_919 + done * 31) % rows
        made = reservations.reserve(f"{key}-r", [Hold("promotion_uses", f"P{row}", 1, limit=10**9)], ttl=TTL)
        reservations.commit(f"{key}-c", made.reservation_id)
        done += 1
    answers.put((done, time.perf_counter() - started, time.process_time() - cpu))


def codes(count: int) -> dict[str, float]:
    """Make a batch of codes and write its texts out again."""
    from netlift.service.ledger.codes import export, make_batch

    started, cpu = time.perf_counter(), time.process_time()
    batch = make_batch(f"batch {time.time_ns()}", "P", count)
    made, made_cpu = time.perf_counter(), time.process_time()
    texts = sum(1 for _ in export(batch))
    if (batch.made, texts) != (count, count):
        raise RuntimeError((batch.made, texts))
    return {
        "codes": count, "seconds": made - started, "client_cpu_seconds": made_cpu - cpu,
        "seconds_to_write_out": time.perf_counter() - made,
    }  # fmt: skip


if __name__ == "__main__":
    asked = json.loads(sys.argv[2])
    set_up(asked.pop("address"), asked.pop("folder"))
    print(json.dumps({"operations": operations, "codes": codes}[sys.argv[1]](**asked)))
