"""The documents of the promotion language: promotions with their groups, policies, carts, facts and quotes as JSON."""

import json
from dataclasses import dataclass, field
from typing import Any

from netlift.errors import CartError, DefinitionError
from netlift.promotions import codec
from netlift.promotions.cart import Cart, Facts
from netlift.promotions.check import check_promotions
from netlift.promotions.place import Place, shown
from netlift.promotions.policy import Policy
from netlift.promotions.promotion import LANGUAGE, Group, Promotion
from netlift.promotions.quote import Quote
from netlift.promotions.upgrade import upgraded


@dataclass(frozen=True, slots=True)
class Document:
    """A set of promotions and the tree of groups that they name.

    In JSON: `{"language": 1, "promotions": [...], "root": {...}}`.
    """

    promotions: tuple[Promotion, ...]
    root: Group = field(default_factory=Group)
    language: int = LANGUAGE
    """Version of the promotion language; documents of older ones are upgraded when they are read."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be priced: a cart, and what is known about its shopper and its moment."""

    cart: Cart
    facts: Facts = field(default_factory=Facts)


def read_document(data: object) -> Document:
    """Promotions and groups out of JSON data, upgraded and checked.

    >>> promotion = {"id": "ten", "benefits": [{"effect": {"kind": "percent", "off": "10"}}]}
    >>> read_document({"language": 1, "promotions": [promotion]}).promotions[0].id
    'ten'

    Raises:
        DefinitionError: anything in it is not what the language allows; the message starts with the place.
    """
    at = Place()
    if not isinstance(data, dict):
        raise at.wrong(f'expected an object with "language" and "promotions", not {shown(data)}')
    present = upgraded(data, at)
    try:
        document = codec.read(Document, present, at)
        check_promotions(document.promotions, document.root)
    except DefinitionError as error:
        if present is data:
            raise
        raise DefinitionError(f"{error} (where it stands after the upgrade to version {LANGUAGE})") from None
    return document


def write_document(document: Document) -> dict[str, Any]:
    """JSON data of promotions and groups, always with the version of the language."""
    return {"language": document.language} | codec.write(document)


def loads(text: str | bytes) -> Document:
    """As `read_document`, from text.

    Raises:
        DefinitionError: as `read_document`, or the text is no JSON.
    """
    return read_document(codec.parse(text))


def dumps(document: Document) -> str:
    """Promotions and groups as text for a file; equal documents give equal text."""
    return json.dumps(write_document(document), ensure_ascii=False, indent=2) + "\n"


def read_request(data: object) -> Request:
    """A cart with its facts out of JSON data: `{"cart": {...}, "facts": {...}}`.

    Raises:
        CartError: anything in it is not what a cart or its facts can be; the message starts with the place.
    """
    return codec.read(Request, data, Place(error=CartError))


def read_cart(data: object) -> Cart:
    """A cart out of JSON data.

    Raises:
        CartError: as `read_request`.
    """
    return codec.read(Cart, data, Place(error=CartError))


def read_facts(data: object) -> Facts:
    """Facts out of JSON data.

    Raises:
        CartError: as `read_request`.
    """
    return codec.read(Facts, data, Place(error=CartError))


def read_policy(data: object) -> Policy:
    """A policy out of JSON data; what is left out is netlift's own.

    >>> read_policy({"rounding": "half_even"}).rounding
    'half_even'

    Raises:
        DefinitionError: it has an unknown switch, or one set to something unknown.
    """
    return codec.read(Policy, data)


def to_json(answer: object) -> dict[str, Any]:
    """JSON data of what the engine answers, a quote, trace or refund, without what is at its default."""
    return codec.write(answer)


def read_quote(data: object) -> Quote:
    """The quote that `to_json` wrote.

    Raises:
        CartError: it is no quote.
    """
    return codec.read(Quote, data, Place(error=CartError))


def parse_cart(text: str | bytes) -> object:
    """JSON data of the text of a cart, facts or quote, for the functions here.

    Raises:
        CartError: the text is no JSON.
    """
    return codec.parse(text, Place(error=CartError))
