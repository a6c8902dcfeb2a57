"""Logs: lines of JSON without the values that other packages put into their texts, and none of a busy day's secrets."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from netlift.service.access.keys import make_key
from netlift.service.core.logs import OWN, REQUEST, Lines, say
from netlift.service.privacy.people import keep

MARKER = "xyzzyplugh"
"""Stands for what is somebody's: it is in names, addresses, codes and passwords below, and in no line."""


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What every logger writes, down to the finest level, through our formatter."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Lines())
    loggers = [logging.getLogger(name) for name in ("", OWN, "django", "django.request", "django.security", "axes")]
    before = [logger.level for logger in loggers]
    loggers[0].addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield written
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


def told(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_our_lines_hold_an_event_and_its_fields(lines: io.StringIO) -> None:
    mark = REQUEST.set("req_1")
    say("job_ended", count=3, name="ünï", ok=True)
    REQUEST.reset(mark)
    line = told(lines)[0]
    assert {name: line[name] for name in ("level", "event", "request", "count", "name", "ok")} == {
        "level": "info", "event": "job_ended", "request": "req_1", "count": 3, "name": "ünï", "ok": True,
    }  # fmt: skip


def test_of_others_only_the_constant_part_is_told(lines: io.StringIO) -> None:
    logging.getLogger("django.request").warning("Not Found: %s", f"/people/{MARKER}")
    logging.getLogger("elsewhere").error(f"no such user {MARKER}")
    assert told(lines)[0]["event"].endswith(": Not Found: %s")
    assert MARKER not in lines.getvalue()
    assert told(lines)[-1]["event"].startswith("elsewhere:test_of_others")


def test_of_an_exception_the_text_is_not_told(lines: io.StringIO) -> None:
    try:
        try:
            raise KeyError(MARKER)
        except KeyError:
            raise ValueError(f"key (email)=({MARKER}) is there already") from None
    except ValueError as error:
        say("failed", logging.ERROR, error=error)
    (line,) = told(lines)
    assert (line["error"], line["cause"]) == ("builtins.ValueError", "builtins.KeyError")
    assert line["frames"][-1].endswith("test_of_an_exception_the_text_is_not_told")
    assert MARKER not in lines.getvalue()


def test_a_busy_day_leaves_nobody_in_the_logs(store: str, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(raise_request_exception=False)
    key, token = make_key("till", "admin")
    secret = token.split(".")[1]
    User.objects.create_user(f"{MARKER}user", password=f"{MARKER}-password", is_staff=True)
    keep(f"{MARKER}@example.org", {"email": f"{MARKER}@example.org"})

    def ask(path: str, body: object = None, **headers: str) -> int:
        sent = {"Authorization": f"Bearer {token}", "X-Forwarded-For": MARKER} | headers
        send = client.get if body is None else client.post
        more = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return int(send(f"/api/v1/{path}", headers=sent, **more).status_code)  # type: ignore[operator]

    person = {"customer_id": f"{MARKER}@example.org"}
    assert ask("people/export", person) == 200
    ask("customers/bulk", person | {"fields": {"phone": MARKER}})
    ask("accounts/balance", {"kind": "points", "ref": MARKER})
    ask("reservations", {"request_id": MARKER, "customer_id": MARKER})
    ask("events", person | {"event": MARKER, "event_id": MARKER})
    assert ask("people/erase", person) == 200
    ask("consent", person | {"purpose": "marketing", "granted": True})
    ask("codes/find", {"code": MARKER})
    ask("codes/claim", person | {"code": MARKER, "request_id": MARKER})
    ask("decide", person | {"request_id": MARKER})
    ask(f"customers/{MARKER}")
    ask(f"{MARKER}?email={MARKER}@example.org")
    ask("keys", {"name": MARKER, "role": MARKER})
    ask("keys", Authorization=f"Bearer {key.key_id}.{MARKER}")
    monkeypatch.setattr("netlift.service.api.keys.make_key", lambda *_, **__: {}[MARKER])
    assert ask("keys", {"name": MARKER, "role": "viewer"}) == 500
    for password in (f"{MARKER}-password", f"{MARKER}-wrong"):
        client.post("/admin/login/", {"username": f"{MARKER}user", "password": password})
    client.get("/admin/", headers={"Host": f"{MARKER}.example"})
    said = lines.getvalue()
    assert len([line for line in told(lines) if line["event"] == "request"]) >= 16
    assert MARKER not in said
    assert secret not in said
    assert str(key.digest) not in said
