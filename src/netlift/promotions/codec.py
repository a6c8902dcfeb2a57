"""JSON to and from any frozen dataclass of the promotion language, or one that is built of its types."""

import json
from typing import Any, TypeVar

from netlift.promotions.hints import record_of
from netlift.promotions.place import Place, shown

T = TypeVar("T")


def read(owner: type[T], data: object, at: Place | None = None) -> T:
    """The object that JSON data says, with every key known, every type exact and every number within its bounds.

    >>> from netlift.promotions.cart import Line
    >>> read(Line, {"id": "a", "unit_price": 1999, "quantity": 2, "tax_rate": "8.25"}).tax_rate
    Decimal('8.25')

    Raises:
        NetliftError: of the kind of `at`, a DefinitionError by default; its message starts with the place.
    """
    value = record_of(owner).read(data, Place() if at is None else at)
    assert isinstance(value, owner)  # noqa: S101  tells the type to mypy; a record reads its own class
    return value


def write(value: object) -> dict[str, Any]:
    """JSON data of an object, without what is at its default; `read` gives the equal object.

    >>> from netlift.promotions.predicate import Not, Test
    >>> write(Not(Test("line.tags", "==", "sale")))
    {'not': {'fact': 'line.tags', 'op': '==', 'value': 'sale'}}
    """
    written = record_of(type(value)).write(value)
    assert isinstance(written, dict)  # noqa: S101  only rows of tables are lists
    return written


def check(value: object, at: Place | None = None) -> None:
    """Raise where an object made in Python has a value of a wrong type or out of bounds.

    Raises:
        NetliftError: as `read`.
    """
    record_of(type(value)).check(value, Place() if at is None else at)


def parse(text: str | bytes, at: Place | None = None) -> object:
    """JSON data of a text, which is refused where JSON parsers disagree: NaN, the same key twice.

    Raises:
        NetliftError: of the kind of `at`; with line and column where the text is no JSON.
    """
    at = Place() if at is None else at

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place]))
            raise at.wrong(f"the key {shown(twice)} stands twice in one object")
        return found

    def refuse(constant: str) -> object:
        raise at.wrong(f"{constant} is not JSON; leave the key out, or give a number")

    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        return json.loads(decoded, object_pairs_hook=unique, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise at.wrong(f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except UnicodeDecodeError as error:
        raise at.wrong(f"not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except RecursionError:
        raise at.wrong("nested so deeply that it cannot be read; make it flatter") from None
    except ValueError:  # an integer of thousands of digits
        raise at.wrong("a number has too many digits; amounts are at most 64 bits") from None
