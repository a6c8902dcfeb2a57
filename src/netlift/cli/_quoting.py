"""`netlift quote` for one cart: files in, a quote out; every error names its file."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import typer

from netlift.errors import CartError, ConfigError, DefinitionError
from netlift.promotions.documents import Document, Request
from netlift.promotions.policy import Policy

T = TypeVar("T")
STANDARD_INPUT = Path("-")


def quote_cart(
    cart: Path, promotions: Path, *, facts: Path | None, policy: Path | None, explain: bool, json: bool, lang: str
) -> None:
    """Price one cart and print it."""
    from netlift.promotions import documents
    from netlift.promotions.engine import evaluate
    from netlift.promotions.explain import explain as explained
    from netlift.report.quote_json import quote_json
    from netlift.report.words import language

    language(lang)  # an unknown language is told before any work
    if [cart, promotions, facts, policy].count(STANDARD_INPUT) > 1:
        raise ConfigError("only one file can be read from standard input (-)")
    request = read(cart, _request)
    known = (
        request.facts if facts is None else read(facts, lambda text: documents.read_facts(documents.parse_cart(text)))
    )
    document, switches = read_document(promotions), read_policy(policy)
    with _named(cart, CartError), _named(promotions, DefinitionError):
        if explain:
            trace = explained(request.cart, known, document.promotions, switches, root=document.root)
            quote = trace.quote
        else:
            trace = None
            quote = evaluate(request.cart, known, document.promotions, switches, root=document.root)
    if json:
        print_json(quote_json(quote, trace, lang))
        return
    from rich.console import Console

    from netlift.report.quote_table import quote_table

    Console().print(quote_table(quote, document.promotions, trace, lang))


def read_document(path: Path) -> Document:
    """Promotions and groups of a file.

    Raises:
        ConfigError: the file cannot be read.
        DefinitionError: it is not what the language allows; the message names file and place.
    """
    from netlift.promotions.documents import loads

    return read(path, loads)


def read_policy(path: Path | None) -> Policy:
    """The policy of a file; netlift's own where there is none.

    Raises:
        ConfigError: as `read_document`.
    """
    from netlift.promotions import codec, documents

    return Policy() if path is None else read(path, lambda text: documents.read_policy(codec.parse(text)))


def read(path: Path, reader: Callable[[bytes], T]) -> T:
    """What a reader makes of a file's content; its errors name the file.

    Raises:
        ConfigError: the file cannot be read.
    """
    try:
        content = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from error
    with _named(path, CartError), _named(path, DefinitionError):
        return reader(content)


def print_json(found: object) -> None:
    """JSON on standard output."""
    import json

    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))


def _request(text: bytes) -> Request:
    """A cart with its facts, `{"cart": ..., "facts": ...}`, or a cart alone."""
    from netlift.promotions import documents

    data = documents.parse_cart(text)
    if isinstance(data, dict) and "cart" in data:
        return documents.read_request(data)
    return Request(documents.read_cart(data))


@contextmanager
def _named(path: Path, kind: type[CartError] | type[DefinitionError]) -> Iterator[None]:
    """Errors of a kind say in which file they are."""
    try:
        yield
    except kind as error:
        name = "standard input" if path == STANDARD_INPUT else path
        raise kind(f"{name}: {error}") from error
