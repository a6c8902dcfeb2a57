"""The JSON Schema (draft 2020-12) of the promotion language, made from the same shapes that read and check it.

A schema sees one value at a time: what refers to something else (ids, groups, facts and their operands, tiers in
order) is left to `check`.
"""

import ast
import inspect
import textwrap
from functools import cache
from typing import Any

from netlift.promotions.bounds import Bound
from netlift.promotions.documents import Document, Request
from netlift.promotions.explain import Trace
from netlift.promotions.hints import DIGITS, LARGEST, record_of
from netlift.promotions.policy import Policy
from netlift.promotions.promotion import LANGUAGE
from netlift.promotions.quote import Quote
from netlift.promotions.records import Field, Kinds, OneOf, Record
from netlift.promotions.refund import Refund
from netlift.promotions.shapes import Choice, ListOf, MapOf, Shape, Single

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SINGLES: dict[str, Schema] = {
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST},
    "text": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time", "pattern": r"^\d{2}:\d{2}"},
    "datetime": {"type": "string", "format": "date-time", "pattern": r"(Z|[+-]\d{2}:?\d{2})$"},
    "decimal": {
        "anyOf": [
            {"type": "integer"},
            {"type": "string", "pattern": rf"^[+-]?\d{{1,{DIGITS}}}(\.\d{{1,{DIGITS}}})?$"},
        ]
    },
}


def schema() -> Schema:
    """The schema of a document; the definitions `Request`, `Policy`, `Trace` and `Refund` are of other files."""
    defs: dict[str, Schema] = {}
    for owner in (Document, Request, Policy, Quote, Trace, Refund):
        _of(record_of(owner), defs)
    defs["Document"]["properties"]["language"] |= {"const": LANGUAGE}
    defs["Document"]["required"].insert(0, "language")
    return {
        "$schema": DRAFT,
        "$id": "promotion.schema.json",
        "title": f"netlift promotion language, version {LANGUAGE}",
        "$ref": "#/$defs/Document",
        "$defs": dict(sorted(defs.items())),
    }


def _of(shape: Shape, defs: dict[str, Schema], bound: Bound | None = None) -> Schema:
    match shape:
        case Record():
            return _row(shape, defs) if shape.row else _referred(shape, defs)
        case Kinds():
            return {"anyOf": [_of(shape.record(kind), defs) for kind in shape.known()]}
        case OneOf():
            return _union(shape, defs, bound)
        case ListOf() | MapOf():
            return _container(shape, _of(shape.item, defs, bound))
    return _leaf(shape, bound)


def _leaf(shape: Shape, bound: Bound | None) -> Schema:
    match shape:
        case Single():
            return _bounded(SINGLES[shape.name], bound)
        case Choice():
            return {"enum": [str(word) for word in shape.words]}
    raise TypeError(f"{type(shape).__name__} has no schema")


def _container(shape: ListOf | MapOf, item: Schema) -> Schema:
    if isinstance(shape, MapOf):
        return {"type": "object", "additionalProperties": item}
    return {"type": "array", "items": item} | ({"uniqueItems": True} if shape.container is frozenset else {})


def _row(record: Record, defs: dict[str, Schema]) -> Schema:
    items = [_of(one.shape, defs, one.bound) for one in record.fields]
    return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}


def _bounded(plain: Schema, bound: Bound | None) -> Schema:
    """With its limits; those of a decimal hold for the integer that may stand in its place."""
    if bound is None:
        return plain
    limits = {"minimum": bound.low, "maximum": bound.high}
    limits = {word: limit for word, limit in limits.items() if limit is not None}
    if plain.get("type") == "integer":
        return plain | limits
    return {"anyOf": [plain["anyOf"][0] | limits, plain["anyOf"][1]]} if "anyOf" in plain else plain


def _union(shape: OneOf, defs: dict[str, Schema], bound: Bound | None) -> Schema:
    options = [_of(one, defs, bound) for one in shape.plain]
    options += [
        {"type": "object", "properties": {name: _of(one, defs)}, "required": [name], "additionalProperties": False}
        for name, one in shape.tagged.items()
    ]
    if shape.optional:
        options.append({"type": "null"})
    return options[0] if len(options) == 1 else {"anyOf": options}


def _referred(record: Record, defs: dict[str, Schema]) -> Schema:
    name = record.python.__name__
    if name not in defs:
        defs[name] = {}  # a record may contain itself
        kind = {"kind": {"const": record.kind}} if record.kind else {}
        defs[name] = {
            "description": inspect.cleandoc(record.python.__doc__ or "").partition("\n\n>>>")[0],
            "type": "object",
            "properties": kind | {one.key: _field(record, one, defs) for one in record.fields},
            "required": [*kind, *(one.key for one in record.fields if one.default is None)],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}


def _field(record: Record, one: Field, defs: dict[str, Schema]) -> Schema:
    found = _of(one.shape, defs, one.bound)
    text = _texts(record.python).get(one.name)
    return {"description": text} | found if text else found


@cache
def _texts(owner: Any) -> dict[str, str]:
    """The documentation of each field: the text that follows its declaration."""
    texts: dict[str, str] = {}
    name = ""
    tree = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
    for node in tree.body if isinstance(tree, ast.ClassDef) else []:
        match node:
            case ast.AnnAssign(target=ast.Name(id=declared)):
                name = declared
            case ast.Expr(value=ast.Constant(value=str() as text)) if name:
                texts[name] = inspect.cleandoc(text)
            case _:
                name = ""
    return texts
