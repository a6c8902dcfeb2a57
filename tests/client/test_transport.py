"""Connections are kept, broken ones opened anew, refusals typed, and nothing is tried again that must not be."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from netlift.client import (
    AnswerError,
    Client,
    ClientError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    ProblemError,
    ThrottledError,
    UnavailableError,
    UnreachableError,
)
from netlift.client.transport import Transport

Answer = tuple[int, dict[str, str], bytes]
OK = (200, {"Content-Type": "application/json"}, b'{"fine": true}')


class Server:
    """A server that answers as it is told, and notes what was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer | Callable[[BaseHTTPRequestHandler], None]] = []
        """The next ones; `OK` after them."""
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.connections: set[tuple[str, int]] = set()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                server.asked.append((self.command, self.path, dict(self.headers), body))
                server.connections.add(self.client_address)
                told = server.answers.pop(0) if server.answers else OK
                if callable(told):
                    told(self)
                    return
                self.send_response(told[0])
                for name, value in (told[1] | {"Content-Length": str(len(told[2]))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(told[2])

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


@pytest.fixture
def waits() -> list[float]:
    """How long was waited, instead of waiting."""
    return []


@pytest.fixture
def way(server: Server, waits: list[float]) -> Iterator[Transport]:
    made = Transport(server.url, "key_1.secret", pause=waits.append, timeout=5)
    yield made
    made.close()


def problem(status: int, code: str, **more: object) -> Answer:
    told = {"type": "x", "title": "No", "status": status, "detail": "not so", "code": code} | more
    return status, {"Content-Type": "application/problem+json"}, json.dumps(told).encode()


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def half(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"fine": ')
    handler.close_connection = True


def test_one_connection_carries_many_requests(server: Server, way: Transport) -> None:
    """With the key, and below `/api/v1`."""
    for _ in range(3):
        assert way.send("GET", "/plans") == {"fine": True}
    assert len(server.connections) == 1
    method, path, headers, _ = server.asked[0]
    assert (method, path, headers["Authorization"]) == ("GET", "/api/v1/plans", "Bearer key_1.secret")


def test_threads_have_connections_of_their_own(server: Server, way: Transport) -> None:
    """Answers cannot be mixed up."""
    threads = [threading.Thread(target=lambda: (way.send("GET", "/a"), way.close())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.connections) == 3


@pytest.mark.parametrize("broken", [hang_up, half])
def test_a_broken_line_is_tried_again_with_the_same_bytes(
    server: Server, way: Transport, waits: list[float], broken: Any
) -> None:
    """On a new connection; half an answer is none."""
    server.answers = [broken, broken]
    assert way.send("POST", "/decide", b'{"request_id": "1"}', "application/json") == {"fine": True}
    assert len({body for *_, body in server.asked}) == 1
    assert len(server.asked) == 3
    assert len(waits) == 2


def test_it_gives_up_in_the_end(server: Server, way: Transport, waits: list[float]) -> None:
    """After four tries, each pause about twice as long."""
    server.answers = [hang_up] * 9
    with pytest.raises(UnreachableError, match="no answer to GET /plans"):
        way.send("GET", "/plans")
    assert len(server.asked) == 4
    assert [0.1 * 2**number <= wait <= 0.2 * 2**number for number, wait in enumerate(waits)] == [True] * 3


def test_what_must_not_be_done_twice_is_tried_once(server: Server, way: Transport) -> None:
    """Neither after a broken line nor after a refusal; and not on a connection that may have ended."""
    way.send("GET", "/plans")
    server.answers = [hang_up]
    with pytest.raises(UnreachableError):
        way.send("POST", "/hooks", b"{}", "application/json", again=False)
    server.answers = [problem(503, "unavailable")]
    with pytest.raises(UnavailableError):
        way.send("POST", "/hooks", b"{}", "application/json", again=False)
    assert len(server.asked) == 3
    assert len(server.connections) == 3


def test_it_waits_as_long_as_it_is_asked_to(server: Server, way: Transport, waits: list[float]) -> None:
    """`Retry-After` in seconds, but not for ever."""
    busy = problem(429, "throttled")
    server.answers = [(429, busy[1] | {"Retry-After": wait}, busy[2]) for wait in ("7", "9999", "soon")]
    assert way.send("GET", "/plans") == {"fine": True}
    assert waits[:2] == [7.0, 30.0]
    assert waits[2] <= 0.8


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ProblemError), (401, ForbiddenError), (403, ForbiddenError), (404, NotFoundError), (409, ConflictError),
        (422, ProblemError), (429, ThrottledError), (500, UnavailableError), (503, UnavailableError),
        (302, ProblemError),
    ],
)  # fmt: skip
def test_refusals_are_typed(server: Server, way: Transport, status: int, kind: type[ProblemError]) -> None:
    """With the code, the sentence and what is special; redirects are not followed."""
    server.answers = [problem(status, "special", available=3)] * 4
    with pytest.raises(ProblemError) as told:
        way.send("GET", "/plans")
    assert type(told.value) is kind
    assert (told.value.status, told.value.code, told.value.detail) == (status, "special", "not so")
    assert told.value.more == {"available": 3}
    assert isinstance(told.value, ClientError)


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"Content-Type": "text/html"}, b"<html>"), (200, {"Content-Type": "application/json"}, b"{"),
        (201, {"Content-Type": "application/json"}, b"\xff"),
    ],
)  # fmt: skip
def test_what_is_not_the_services_answer_is_told(server: Server, way: Transport, answer: Answer) -> None:
    """Such as a proxy's page."""
    server.answers = [answer]
    with pytest.raises(AnswerError):
        way.send("GET", "/plans")


@pytest.mark.parametrize("answer", [(502, {"Content-Type": "text/html"}, b"<html>"), (500, {}, b""), (404, {}, b"[1]")])
def test_a_refusal_without_a_problem_is_one_all_the_same(server: Server, way: Transport, answer: Answer) -> None:
    """A proxy's own pages hold no JSON."""
    server.answers = [answer] * 4
    with pytest.raises(ProblemError, match="no reason was given"):
        way.send("GET", "/plans")


def test_a_piece_that_is_too_large_is_halved(server: Server, waits: list[float]) -> None:
    """In order, with places counted over all; a single item that is too large is told."""
    refused = [{"line": 1, "code": "invalid", "detail": "no"}]
    kept = json.dumps({"kept": 0, "refused": 1, "errors": refused}).encode()
    server.answers = [
        problem(413, "too_large"),
        (200, OK[1], kept),
        problem(413, "too_large"),
        *[(200, OK[1], kept)] * 2,
    ]
    with Client(server.url, "token", pause=waits.append) as client:
        told = client.keep_products({"product_id": str(number)} for number in range(4))
        assert (told.refused, [one.line for one in told.errors]) == (3, [1, 3, 4])
        sizes = [len(body.split(b"\n")) for *_, body in server.asked]
        assert sizes == [4, 2, 2, 1, 1]
        server.answers = [problem(413, "too_large")]
        with pytest.raises(ProblemError, match="too_large"):
            client.keep_products([{"product_id": "x"}])


def test_nothing_in_the_answer_is_nothing(server: Server, way: Transport) -> None:
    server.answers = [(204, {}, b"")]
    assert way.send("POST", "/x", b"{}", "application/json") is None


@pytest.mark.parametrize(
    "url", ["", "shop.example", "ftp://shop.example", "https://", "https://a:b@shop.example", "http://shop.example",
            "https://shop.example/?a=b", "https://shop.example/#a"],
)  # fmt: skip
def test_addresses_that_would_not_be_safe_are_refused(url: str) -> None:
    """A key goes over https, or stays on this machine."""
    with pytest.raises(ClientError):
        Client(url, "token")


def test_http_to_others_needs_a_word_and_the_key_is_never_shown() -> None:
    """Inside a closed network it may be wanted."""
    way = Transport("http://shop.example", "key_1.secret", insecure=True)
    assert "secret" not in repr(way)
    assert "secret" not in str(vars(Client("https://shop.example", "key_1.secret")))


def test_certificates_are_checked(server: Server) -> None:
    """A server that speaks no TLS, or has no certificate for the name, is no service."""
    way = Transport(server.url.replace("http", "https"), "token", tries=1)
    with pytest.raises(UnreachableError):
        way.send("GET", "/plans")
    assert way._context is not None
    assert way._context.verify_mode == ssl.CERT_REQUIRED
    assert way._context.check_hostname
    assert server.asked == []
