"""A crowd that wants the same few uses and the same money, in processes that are killed (-9) and begin again.

`python -m benchmarks._ledger_crowd OPTIONS` (JSON) runs one crowd in a fresh process and prints what was found. Every
other attempt of a worker wants a use of one promotion and commits it; the others want money of one budget, and commit,
refund a part, release, or go away. After a kill a worker repeats its last keys, and every answer is kept, so that at
the end each key is known to have had one answer.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

REPEATED = 5
"""Attempts that a worker repeats when it begins again."""
SHORT, LONG = timedelta(seconds=2), timedelta(hours=1)
PATIENCE_S = 90.0
USES, MONEY = ("promotion_uses", "CROWD", ""), ("budget", "CROWD", "EUR")


class Crowd(NamedTuple):
    """What is run."""

    address: str
    """Of the store."""
    folder: str
    """Of the service, and of the answers."""
    limit: int = 300
    budget: int = 500_000
    """Cents."""
    workers: int = 16
    attempts: int = 500
    """Of each worker."""
    kill_every_s: float = 0.3
    """Mean time between kills of a worker; 0: none is killed."""
    server: bool = False
    """Ask a server over HTTP, which is killed too."""
    server_every_s: float = 5.0
    server_kills: int = 5
    port: int = 8791
    seed: int = 1


class Deeds(Protocol):
    """How a worker asks: in its own process, or over HTTP. Answers are words or a reservation's id."""

    def reserve(self, key: str, account: tuple[str, str, str], amount: int, ttl: timedelta) -> str: ...
    def settle(self, verb: str, key: str, reservation_id: str, part: int | None = None) -> str: ...


class Direct:
    """Calls the ledger."""

    def reserve(self, key: str, account: tuple[str, str, str], amount: int, ttl: timedelta) -> str:
        from netlift.service.core.refusals import Exhausted
        from netlift.service.ledger.holds import Hold
        from netlift.service.ledger.reservations import reserve

        try:
            return reserve(key, [Hold(*account[:2], amount, unit=account[2])], ttl=ttl).reservation_id
        except Exhausted:
            return "exhausted"

    def settle(self, verb: str, key: str, reservation_id: str, part: int | None = None) -> str:
        from netlift.service.core.refusals import Refused
        from netlift.service.ledger import reservations
        from netlift.service.ledger.holds import Hold

        try:
            if verb == "refund":
                holds = [Hold(*MONEY[:2], part or 0, unit=MONEY[2])]
                return reservations.reverse(key, reservation_id, holds).status
            return getattr(reservations, verb)(key, reservation_id).status
        except Refused as refused:
            return refused.code


class Http:
    """Asks the API; a question without an answer is asked again."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        self.line: http.client.HTTPConnection | None = None

    def reserve(self, key: str, account: tuple[str, str, str], amount: int, ttl: timedelta) -> str:
        hold = {"kind": account[0], "ref": account[1], "unit": account[2], "amount": amount}
        asked = {"request_id": key, "holds": [hold], "ttl_seconds": int(ttl.total_seconds())}
        told = self._ask("", asked)
        return str(told.get("reservation_id", told.get("code")))

    def settle(self, verb: str, key: str, reservation_id: str, part: int | None = None) -> str:
        asked: dict[str, Any] = {"request_id": key}
        if part is not None:
            asked["holds"] = [{"kind": MONEY[0], "ref": MONEY[1], "unit": MONEY[2], "amount": part}]
        told = self._ask(f"/{reservation_id}/{verb}", asked)
        return str(told.get("code") or told["status"])

    def _ask(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                if self.line is None:
                    self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                head = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
                self.line.request("POST", f"/api/v1/reservations{path}", json.dumps(asked), head)
                answer = self.line.getresponse()
                body = answer.read()
                if answer.status < 500 and answer.status != 429:
                    told: dict[str, Any] = json.loads(body)
                    return told
                if time.monotonic() > until:
                    raise RuntimeError(body.decode(errors="replace")[:500])
            except (OSError, http.client.HTTPException):
                if self.line is not None:
                    self.line.close()
                self.line = None
                if time.monotonic() > until:
                    raise
            time.sleep(0.1)


def work(crowd: Crowd, number: int, deeds: Deeds) -> None:
    """One worker's attempts, from where it was killed or from the start."""
    path = _answers(crowd, number)
    done = [json.loads(line)[0] for line in _whole_lines(path)]
    first = max((int(key.split("-")[1]) for key in done), default=-1) + 1 - REPEATED
    with path.open("a", encoding="utf-8", buffering=1) as file:
        file.write("\n")  # a line that a kill cut off ends here

        def told(key: str, answer: str) -> str:
            file.write(json.dumps([key, answer]) + "\n")
            return answer

        for attempt in range(max(first, 0), crowd.attempts):
            rng = random.Random(f"{crowd.seed}/{number}/{attempt}")  # noqa: S311 - it only plays a crowd
            _attempt(f"{number}-{attempt}", rng, deeds, told, wants_use=attempt % 2 == 0)


def _attempt(key: str, rng: random.Random, deeds: Deeds, told: Callable[[str, str], str], *, wants_use: bool) -> None:
    amount = 1 if wants_use else rng.randint(1, 999)
    ttl = LONG if wants_use or rng.random() < 0.8 else SHORT
    got = told(f"{key}-reserve", deeds.reserve(f"{key}-reserve", USES if wants_use else MONEY, amount, ttl))
    if not got.startswith("rsv_"):
        return
    fate = 0.0 if wants_use else rng.random()
    if ttl == SHORT:
        return  # goes away: the sweeper gives it back
    if fate < 0.7:
        told(f"{key}-commit", deeds.settle("commit", f"{key}-commit", got))
        if not wants_use and fate < 0.3:
            told(f"{key}-refund", deeds.settle("refund", f"{key}-refund", got, rng.randint(1, amount)))
    else:
        told(f"{key}-release", deeds.settle("release", f"{key}-release", got))


def _answers(crowd: Crowd, number: int) -> Path:
    return Path(crowd.folder) / f"answers-{number}.jsonl"


def _whole_lines(path: Path) -> Iterator[str]:
    if path.is_file():
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line.startswith("[") and line.endswith("]"):
                yield line


def run(crowd: Crowd) -> dict[str, Any]:
    """Let a crowd loose and check what it left."""
    _set_up(crowd)
    rng, started = random.Random(crowd.seed), time.monotonic()  # noqa: S311
    server = Server(crowd) if crowd.server else None
    token = server.token if server is not None else ""
    deeds: Callable[[], Deeds] = (lambda: Http(crowd.port, token)) if server is not None else Direct
    living = {number: _fork(lambda n=number: work(crowd, n, deeds())) for number in range(crowd.workers)}  # type: ignore[misc]
    sweeper = None if server is not None else _fork(_sweep_on)
    killed, next_kill, next_server = 0, time.monotonic(), time.monotonic() + crowd.server_every_s
    heard: set[int] = set()
    while living:
        time.sleep(0.02)
        for number, pid in list(living.items()):
            ended, code = os.waitpid(pid, os.WNOHANG)
            if ended and os.WIFSIGNALED(code):
                living[number] = _fork(lambda n=number: work(crowd, n, deeds()))  # type: ignore[misc]
            elif ended:
                del living[number]
                if code:
                    raise RuntimeError(f"worker {number} failed")
        heard |= {number for number in living.keys() - heard if any(_whole_lines(_answers(crowd, number)))}
        mortal = sorted(living[number] for number in heard & living.keys())  # they have keys to repeat
        if crowd.kill_every_s and mortal and time.monotonic() >= next_kill:
            os.kill(rng.choice(mortal), signal.SIGKILL)
            killed += 1
            wait = crowd.kill_every_s * crowd.workers / len(living)  # the last ones live as long as the first
            next_kill = time.monotonic() + rng.expovariate(1 / wait)
        if server is not None and server.kills < crowd.server_kills and time.monotonic() >= next_server:
            server.kill()
            next_server = time.monotonic() + crowd.server_every_s * rng.uniform(0.5, 1.5)
    seconds = time.monotonic() - started
    if sweeper is not None:
        os.kill(sweeper, signal.SIGKILL)
        os.waitpid(sweeper, 0)
    if server is not None:
        time.sleep(SHORT.total_seconds() + 5)  # the service's own sweeper ends what was left
        server.end()
    found = {"seconds": seconds, "workers_killed": killed, "server_killed": server.kills if server is not None else 0}
    return found | checked(crowd)


def checked(crowd: Crowd) -> dict[str, Any]:
    """What the answers and the store say, against what they must say."""
    from django.utils import timezone

    from netlift.service.ledger.books import reconcile
    from netlift.service.ledger.models import HeldAmount, Reservation
    from netlift.service.ledger.selectors import balance
    from netlift.service.ledger.sweep import sweep

    answers = defaultdict(list)
    for number in range(crowd.workers):
        for line in _whole_lines(_answers(crowd, number)):
            key, answer = json.loads(line)
            answers[key].append(answer)
    left_over = 0 if crowd.server else sweep(now=timezone.now() + SHORT, most=10**6)
    stuck = reconcile(now=timezone.now()).overdue
    uses = {key for key in answers if key.endswith("-reserve") and int(key.split("-")[1]) % 2 == 0}
    granted = {key: {one for one in said if one.startswith("rsv_")} for key, said in answers.items()}
    known = {one for ids in granted.values() for one in ids}
    held = HeldAmount.objects.filter(reservation__status="committed", account__kind=USES[0])
    money, books = balance(*MONEY), reconcile()
    return {
        "attempts": crowd.workers * crowd.attempts,
        "answers": sum(map(len, answers.values())),
        "keys_repeated": sum(len(said) > 1 for said in answers.values()),
        "granted": sum(bool(granted[key]) for key in uses),
        "committed": held.count(),
        "spent": balance(*USES).spent,
        "keys_with_two_answers": sum(_differ(key, said, key in uses) for key, said in answers.items()),
        "reservations_nobody_knows": Reservation.objects.exclude(name__in=known).count() if known else -1,
        "reservations_lost": len(known) - Reservation.objects.filter(name__in=known).count(),
        "swept_at_the_end": left_over,
        "stuck": stuck,
        "budget": crowd.budget, "budget_spent": money.spent, "budget_held": money.held,
        "over_budget": max(0, money.spent + money.held - crowd.budget),
        "balanced": books.balanced, "entries": books.entries,
    }  # fmt: skip


def _differ(key: str, said: list[str], of_uses: bool) -> bool:
    """Uses never come back, so all answers are one; money does, so that a refusal may be followed by a grant."""
    if of_uses or not key.endswith("-reserve"):
        return len(set(said)) > 1
    return len(set(said) - {"exhausted"}) > 1 or (said[0] != "exhausted" and "exhausted" in said)


class Server:
    """`netlift serve` on the crowd's folder and store, ended the hard way."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd, self.kills = crowd, 0
        made = subprocess.run(
            [*self._call(), "--new-key", "crowd", "--role", "admin"], capture_output=True, text=True, check=True,
            env=os.environ, timeout=300,
        )  # fmt: skip
        self.token = next(word for word in made.stdout.split() if word.startswith("key_"))
        self.process = self._start()

    def _call(self) -> list[str]:
        return [sys.executable, "-m", "netlift", "serve", self.crowd.folder]

    def _start(self) -> "subprocess.Popen[bytes]":
        log = (Path(self.crowd.folder) / "server.log").open("ab")
        call = [*self._call(), "--port", str(self.crowd.port), "--workers", "2"]
        return subprocess.Popen(call, stdout=log, stderr=log, start_new_session=True, env=os.environ)

    def kill(self) -> None:
        """All of its processes at once, then another start."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.kills += 1
        self.process = self._start()

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def _fork(act: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        act()
        code = 0
    except BaseException:  # noqa: BLE001 - the child says what went wrong and ends
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _sweep_on() -> None:
    from netlift.service.ledger.sweep import sweep

    while True:
        sweep()
        time.sleep(0.3)


def _set_up(crowd: Crowd) -> None:
    os.environ |= {
        "NETLIFT_FOLDER": crowd.folder, "NETLIFT_DATABASE": crowd.address,
        "DJANGO_SETTINGS_MODULE": "netlift.service.settings",
    }  # fmt: skip
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from netlift.service.ledger import accounts

    call_command("migrate", verbosity=0)
    accounts.set_limit(USES[0], USES[1], crowd.limit)
    accounts.set_limit(MONEY[0], MONEY[1], crowd.budget, MONEY[2])
    connections.close_all()  # each process makes its own


if __name__ == "__main__":
    print(json.dumps(run(Crowd(**json.loads(sys.argv[1])))))
