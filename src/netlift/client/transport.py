"""Requests over kept connections: one per thread, opened anew when it breaks, tried again where that is safe."""

import http.client
import json
import random
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from netlift.client.errors import AnswerError, ClientError, UnreachableError, problem

_AGAIN = frozenset({429, 502, 503, 504})
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST_PAUSE_S = 30.0


class Transport:
    """A way to the service.

    Args:
        url: `https://host[:port][/prefix]`; http to this machine, elsewhere only with `insecure`.
        token: of an API key; it is in no text that this object shows.
        timeout: seconds for each step of a try (connecting, sending, every part of the answer).
        tries: at most, for requests that may be sent again.
        insecure: whether the token may go over http to other machines.
        context: of TLS; None: the system's certificates.
        pause: waits so many seconds; for tests.

    Raises:
        ClientError: the address is none, or not a safe one.
    """

    def __init__(
        self, url: str, token: str, *, timeout: float = 10.0, tries: int = 4, insecure: bool = False,
        context: ssl.SSLContext | None = None, pause: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        parts = urlsplit(url)
        if (
            parts.scheme not in {"https", "http"}
            or not parts.hostname
            or parts.query
            or parts.fragment
            or parts.username
        ):
            raise ClientError(f"{url!r} is no address of a service: write https://host, with a path at most")
        if parts.scheme == "http" and parts.hostname not in _HERE and not insecure:
            raise ClientError(f"{url!r} would carry the key in the clear: use https, or insecure=True")
        self._tls, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._prefix, self._token = parts.path.rstrip("/") + "/api/v1", token
        self._timeout, self._tries, self._pause = timeout, max(1, tries), pause
        self._context = (context or ssl.create_default_context()) if self._tls else None
        self._kept = threading.local()

    def send(self, method: str, path: str, body: bytes | None = None, kind: str = "", *, again: bool = True) -> Any:
        """The JSON of an answer; None where it is empty.

        Args:
            method: GET, POST, ...
            path: below `/api/v1`, quoted.
            body: bytes.
            kind: content type of the body.
            again: whether a second try does no harm: the request only reads, or carries an id of its own.

        Raises:
            UnreachableError: no answer.
            AnswerError: no JSON.
            ProblemError: a refusal.
        """
        tries = self._tries if again else 1
        if not again:
            self.close()  # a kept connection may have ended unnoticed, and there is no second try
        for number in range(1, tries + 1):
            try:
                status, headers, text = self._once(method, path, body, kind)
            except (OSError, http.client.HTTPException) as error:
                if number == tries:
                    raise UnreachableError(f"no answer to {method} {path} ({type(error).__name__}): {error}") from error
                self._pause(_pause(number))
                continue
            if status in _AGAIN and number < tries:
                self._pause(_pause(number, headers.get("Retry-After")))
                continue
            return _answer(status, headers, text)
        raise AssertionError("every try answers, waits or raises")

    def close(self) -> None:
        """Close this thread's connection; the next request opens another."""
        connection, self._kept.connection = getattr(self._kept, "connection", None), None
        if connection is not None:
            connection.close()

    def _once(
        self, method: str, path: str, body: bytes | None, kind: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/json",
            "User-Agent": "netlift-client",
        }
        if body is not None:
            headers |= {"Content-Type": kind, "Content-Length": str(len(body))}
        connection = self._connection()
        try:
            connection.request(method, self._prefix + path, body, headers)
            response = connection.getresponse()
            text = response.read()
        except BaseException:
            self.close()  # half an answer must not be read as the next one
            raise
        if response.will_close:
            self.close()
        return response.status, response.headers, text

    def _connection(self) -> http.client.HTTPConnection:
        kept: http.client.HTTPConnection | None = getattr(self._kept, "connection", None)
        if kept is None:
            if self._context is not None:
                kept = http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=self._context)
            else:
                kept = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
            self._kept.connection = kept
        return kept

    def __repr__(self) -> str:
        return f"Transport({'https' if self._tls else 'http'}://{self._host})"


def as_json(value: object) -> bytes:
    """A body."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _answer(status: int, headers: http.client.HTTPMessage, text: bytes) -> Any:
    kind = headers.get_content_type()
    if 200 <= status < 300 and kind != "application/json":
        if text:
            raise AnswerError(f"the answer is {kind}, not JSON: is this the address of the service?")
        return None
    try:
        told = json.loads(text) if text else None
    except ValueError:
        told = None
    if 200 <= status < 300:
        if told is None and text not in {b"", b"null"}:
            raise AnswerError("the answer is no JSON: it was cut off, or is not the service's")
        return told
    raise problem(status, told if isinstance(told, dict) else {})


def _pause(number: int, asked: str | None = None) -> float:
    """Seconds before the next try: as the service asks, or twice as long each time, not all clients at once."""
    if asked is not None and asked.isdecimal():
        return min(float(asked), _LONGEST_PAUSE_S)
    return min(0.1 * 2.0**number, _LONGEST_PAUSE_S) * random.uniform(0.5, 1.0)  # noqa: S311  no secret
