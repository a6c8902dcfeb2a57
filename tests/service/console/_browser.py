"""A headless browser and the service beside it: what it asks of whom, and what goes wrong in its pages, is kept."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@contextmanager
def serving() -> Iterator[str]:
    """Address of the service, answered by threads of this process, each with its own connection to the store."""
    application: Any = get_wsgi_application()

    def answer(environ: Any, start: Any) -> Any:
        try:
            response = application(environ, start)
            body = list(response)
            if hasattr(response, "close"):
                response.close()
            return body
        finally:
            connections.close_all()

    server = make_server("127.0.0.1", 0, answer, _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Seen:
    """What a browser did."""

    elsewhere: list[str] = field(default_factory=list)
    """Requests to other machines."""
    errors: list[str] = field(default_factory=list)
    """Errors of scripts and of loading."""


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium, or a skip with the reason."""
    sync = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright")
    found = next(
        (path for path in ("/usr/bin/chromium", shutil.which("chromium")) if path and Path(path).exists()), None
    )
    if found is None:
        pytest.skip("browser tests need Chromium: /usr/bin/chromium, or chromium on the PATH")
    with sync.sync_playwright() as started:
        shown = started.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield shown
        shown.close()


@contextmanager
def window(shown: Any, lang: str = "en", width: int = 1400, **more: Any) -> Iterator[tuple[Any, Seen]]:
    """A page of its own, with what it does kept."""
    seen = Seen()
    context = shown.new_context(**{"viewport": {"width": width, "height": 900}, "locale": lang} | more)
    page = context.new_page()
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("console", lambda said: seen.errors.append(f"{page.url}: {said.text}") if said.type == "error" else None)
    page.on("request", lambda asked: seen.elsewhere.append(asked.url) if _leaves(asked.url) else None)
    try:
        yield page, seen
    finally:
        context.close()


def _leaves(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "data:", "blob:"))
