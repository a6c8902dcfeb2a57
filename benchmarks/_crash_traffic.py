"""What goes on while a server is killed: plans are published and uploaded, and events come in, all at once."""

import io
import json
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from itertools import cycle
from pathlib import Path

from tests.plan.examples import plan, rows

from benchmarks._crash_server import Caller
from netlift.plan.artefact import keep

CUSTOMERS = 20_000
LINES = 200
"""Events of a stream."""
LOST = (OSError, HTTPException, json.JSONDecodeError)
"""No answer, or half of one."""


def packed(code: str, folder: Path) -> bytes:
    """A zip file of a plan for `CUSTOMERS` customers."""
    made = plan(code)
    offers = [part.candidate.offer.offer_id for part in made.head.parts]
    told = [(f"c{n:06d}", offers[n % len(offers)], "treatment", 1.0) for n in range(CUSTOMERS)]
    kept = keep(replace(made, rows=rows(told)), folder)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for one in sorted(kept.iterdir()):
            zipped.write(one, one.name)
    return file.getvalue()


def form(name: str, content: bytes) -> tuple[bytes, str]:
    """Body and kind of a form with one file."""
    mark = b"-----------------------------crash"
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/zip\r\n\r\n'
    body = b"--" + mark + b"\r\n" + head.encode() + content + b"\r\n--" + mark + b"--\r\n"
    return body, f"multipart/form-data; boundary={mark.decode()}"


@dataclass
class Seen:
    """What the programs know when the server is gone."""

    live: str
    """The plan whose publication was answered last."""
    in_flight: str = ""
    """The one whose publication was asked for and not answered."""
    answered: set[str] = field(default_factory=set)
    """Events that were accepted with 2xx."""
    unanswered: set[str] = field(default_factory=set)
    """Events that were sent, and nobody knows."""
    unlike: list[str] = field(default_factory=list)
    """Answers that should not be."""
    published: int = 0
    uploaded: int = 0


class Traffic:
    """Programs that go on until the server is gone."""

    def __init__(self, port: int, tokens: dict[str, str], plans: list[str], upload: bytes, run: str) -> None:
        self.port, self.tokens, self.plans, self.upload, self.run = port, tokens, plans, upload, run
        self.gone = threading.Event()
        self.threads: list[threading.Thread] = []

    def start(self, seen: Seen) -> None:
        """Begin."""
        for act in (self._publish, self._upload, self._send_one, self._send_many):
            thread = threading.Thread(target=self._until_gone, args=(act(seen),), daemon=True)
            self.threads.append(thread)
            thread.start()

    def end(self) -> None:
        """The server was killed: wait until everybody noticed."""
        self.gone.set()
        for thread in self.threads:
            thread.join()

    def _until_gone(self, step: Callable[[], None]) -> None:
        while not self.gone.is_set():
            try:
                step()
            except LOST:
                return

    def _publish(self, seen: Seen) -> Callable[[], None]:
        approver, following = Caller(self.port, self.tokens["approver"]), cycle(self.plans)

        def step() -> None:
            wanted = next(following)
            if wanted == seen.live:
                return
            seen.in_flight = wanted
            status, told = approver.ask("POST", f"/plans/{wanted}/publish", {})
            if status != 200:
                seen.unlike.append(f"publish: {status} {told}")
            seen.live, seen.in_flight = wanted, ""
            seen.published += 1

        return step

    def _upload(self, seen: Seen) -> Callable[[], None]:
        analyst, (body, kind) = Caller(self.port, self.tokens["analyst"]), form("plan.zip", self.upload)

        def step() -> None:
            status, told = analyst.ask("POST", "/plans/upload", body, kind)
            if status != 201:
                seen.unlike.append(f"upload: {status} {told}")
            seen.uploaded += 1

        return step

    def _send_one(self, seen: Seen) -> Callable[[], None]:
        operator, numbers = Caller(self.port, self.tokens["operator"]), iter(range(10**9))

        def step() -> None:
            name = f"{self.run}-one-{next(numbers)}"
            seen.unanswered.add(name)
            status, told = operator.ask("POST", "/events", event(name))
            if status not in {200, 201} or told["repeated"]:
                seen.unlike.append(f"event: {status} {told}")
            _answered(seen, [name])

        return step

    def _send_many(self, seen: Seen) -> Callable[[], None]:
        operator, numbers = Caller(self.port, self.tokens["operator"]), iter(range(10**9))

        def step() -> None:
            first = next(numbers)
            names = [f"{self.run}-many-{first}-{line}" for line in range(LINES)]
            seen.unanswered.update(names)
            status, told = send_many(operator, names)
            if status != 200 or told["accepted"] != LINES:
                seen.unlike.append(f"events: {status} {told}")
            _answered(seen, names)

        return step


def send_many(operator: Caller, names: list[str]) -> tuple[int, dict[str, int]]:
    """Send a stream of events."""
    body = "\n".join(json.dumps(event(name)) for name in names).encode()
    status, told = operator.ask("POST", "/events/bulk", body, "application/x-ndjson")
    return status, told


def event(name: str) -> dict[str, str]:
    """An event, always the same under the same name."""
    return {
        "source": "crash", "event_id": name, "event": "view", "at": "2026-03-02T10:00:00Z",
        "customer_id": f"c{hash_of(name) % 500}", "product_id": "shoe",
    }  # fmt: skip


def hash_of(name: str) -> int:
    """The same in every process."""
    return sum(name.encode())


def _answered(seen: Seen, names: list[str]) -> None:
    seen.unanswered.difference_update(names)
    seen.answered.update(names)
