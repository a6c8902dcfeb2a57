"""Requests at moments that do not depend on the answers, over plain sockets; late sending is counted as waiting.

An open loop: every request has its moment, drawn before (exponential gaps), and its time runs from that moment, so
that a server which stops for a second is charged for everybody who would have come in that second.
"""

import asyncio
import random
import time
from collections.abc import Callable
from typing import NamedTuple

CONNECTIONS = 64
"""Many, because the system shares connections among a server's processes by chance, not by load."""


class Load(NamedTuple):
    """What came of it; milliseconds."""

    sent: int
    failed: int
    """Without an answer of 2xx."""
    p50: float
    p99: float
    most: float
    lag_p99: float
    """By how much the generator itself was late."""
    cpu_s: float
    """Of the generator."""


def load(port: int, request: Callable[[int], bytes], rate: float, seconds: float, seed: int) -> Load:
    """Send `request(number)` at a rate for some time, and measure.

    Args:
        port: on the loopback.
        request: the whole bytes of an HTTP request, by number.
        rate: per second.
        seconds: how long.
        seed: of the gaps.
    """
    started = time.process_time()
    waits, lags, failed = asyncio.run(_load(port, request, rate, seconds, random.Random(seed)))  # noqa: S311
    cpu = time.process_time() - started
    return Load(len(waits), failed, _at(waits, 0.5), _at(waits, 0.99), max(waits), _at(lags, 0.99), cpu)


async def _load(
    port: int, request: Callable[[int], bytes], rate: float, seconds: float, rng: random.Random
) -> tuple[list[float], list[float], int]:
    idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        idle.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    waits: list[float] = []
    lags: list[float] = []
    failures = 0

    async def one(number: int, moment: float) -> None:
        nonlocal failures
        lags.append(1e3 * (time.perf_counter() - moment))
        reader, writer = await idle.get()
        writer.write(request(number))
        status = await _answer(reader)
        waits.append(1e3 * (time.perf_counter() - moment))
        failures += not 200 <= status < 300
        idle.put_nowait((reader, writer))

    running, moment, number = [], time.perf_counter() + 0.05, 0
    end = moment + seconds
    while moment < end:
        if (early := moment - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        running.append(asyncio.create_task(one(number, moment)))
        moment, number = moment + rng.expovariate(rate), number + 1
    await asyncio.wait_for(asyncio.gather(*running), timeout=180)
    while not idle.empty():
        idle.get_nowait()[1].close()
    return waits, lags, failures


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    await reader.readexactly(length)
    return int(head[9:12])


def _at(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
