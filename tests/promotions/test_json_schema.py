"""The published JSON Schema says the same as the code that reads: sound documents fit it, damaged ones do not.

The validator knows just the words of draft 2020-12 that the schema uses, and stops at any other.
"""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlift.errors import DefinitionError
from netlift.promotions import codec
from netlift.promotions.documents import Document, Request, to_json, write_document
from netlift.promotions.effect import EFFECTS
from netlift.promotions.explain import Trace
from netlift.promotions.json_schema import schema
from netlift.promotions.policy import Policy
from netlift.promotions.promotion import Group, Promotion
from netlift.promotions.quote import Quote
from netlift.promotions.refund import Refund

from .random_objects import objects

SCHEMA = schema()
ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description", "format"}
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "boolean": (bool,), "null": (type(None),),
}  # fmt: skip


def fits(data: Any, rules: Any) -> bool:
    """Whether JSON data is valid under a schema."""
    if isinstance(rules, bool):
        return rules
    return all(WORDS[word](data, value, rules) for word, value in rules.items() if word not in ANNOTATIONS)


def _properties(data: Any, known: dict[str, Any], _: Any) -> bool:
    return not isinstance(data, dict) or all(fits(data[key], rule) for key, rule in known.items() if key in data)


def _others(data: Any, rule: Any, rules: Any) -> bool:
    known = rules.get("properties", {})
    return not isinstance(data, dict) or all(fits(value, rule) for key, value in data.items() if key not in known)


def _items(data: Any, rule: Any, rules: Any) -> bool:
    return not isinstance(data, list) or all(fits(part, rule) for part in data[len(rules.get("prefixItems", ())) :])


def _is_number(data: Any) -> bool:
    return isinstance(data, int | float) and not isinstance(data, bool)


WORDS: dict[str, Any] = {
    "type": lambda data, name, _: type(data) in TYPES[name],
    "const": lambda data, value, _: type(data) is type(value) and data == value,
    "enum": lambda data, values, _: data in values,
    "anyOf": lambda data, options, _: any(fits(data, option) for option in options),
    "$ref": lambda data, path, _: fits(data, SCHEMA["$defs"][path.removeprefix("#/$defs/")]),
    "properties": _properties,
    "required": lambda data, keys, _: not isinstance(data, dict) or set(keys) <= set(data),
    "additionalProperties": _others,
    "items": _items,
    "prefixItems": lambda data, rules, _: not isinstance(data, list) or all(map(fits, data, rules)),
    "minItems": lambda data, least, _: not isinstance(data, list) or len(data) >= least,
    "uniqueItems": lambda data, _, __: (
        not isinstance(data, list) or len({json.dumps(one) for one in data}) == len(data)
    ),
    "minimum": lambda data, low, _: not _is_number(data) or data >= low,
    "maximum": lambda data, high, _: not _is_number(data) or data <= high,
    "pattern": lambda data, pattern, _: not isinstance(data, str) or re.search(pattern, data) is not None,
}


def part(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


@given(promotions=st.lists(objects(Promotion), max_size=2), root=objects(Group))
def test_every_document_that_is_written_fits(promotions: list[Promotion], root: Group) -> None:
    assert fits(write_document(Document(tuple(promotions), root)), SCHEMA)


@pytest.mark.parametrize("owner", [Request, Policy], ids=lambda owner: owner.__name__)
@given(data=st.data())
def test_every_request_and_policy_that_is_written_fits(owner: type, data: st.DataObject) -> None:
    assert fits(codec.write(data.draw(objects(owner))), part(owner.__name__))


@pytest.mark.parametrize("owner", [Quote, Refund, Trace], ids=lambda owner: owner.__name__)
@given(data=st.data())
def test_every_answer_that_is_written_fits(owner: type, data: st.DataObject) -> None:
    assert fits(to_json(data.draw(objects(owner))), part(owner.__name__))


GOOD = {
    "language": 1,
    "promotions": [
        {
            "id": "double-eleven",
            "window": {"start": "2026-11-11T00:00:00+08:00", "time_zone": "Asia/Shanghai", "weekdays": [3]},
            "benefits": [
                {
                    "effect": {"kind": "amount", "off": {"tiers": [[9900, 1000], [19900, 3000]]}},
                    "when": {"all": [{"fact": "context.date", "op": "==", "value": {"date": "2026-11-11"}}]},
                    "target": {"where": {"not": {"fact": "line.tags", "op": "in", "value": ["new", "gift"]}}},
                },
                {"effect": {"kind": "shipping", "percent": "50"}},
            ],
            "funding": [{"party": "brand", "percent": "33.3"}, {"party": "", "percent": "66.7"}],
        }
    ],
    "root": {"children": [{"id": "lane", "mode": "best"}]},
}


def damaged(*path: Any, value: Any) -> Any:
    """The good document with one value exchanged or added."""
    document = json.loads(json.dumps(GOOD))
    *steps, last = path
    inner = document
    for step in steps:
        inner = inner[step]
    inner[last] = value
    return document


FIRST = ("promotions", 0)
EFFECT = (*FIRST, "benefits", 0, "effect")
BAD = [
    damaged("language", value=2),
    damaged("language", value=True),
    damaged("extra", value=1),
    damaged(*FIRST, "id", value=7),
    damaged(*FIRST, "exclusive", value=1),
    damaged(*FIRST, "window", "start", value="2026-11-11T00:00:00"),
    damaged(*FIRST, "window", "weekdays", value=[8]),
    damaged(*FIRST, "funding", 0, "percent", value=101),
    damaged(*FIRST, "funding", 0, "percent", value="1e3"),
    damaged(*FIRST, "funding", 0, "percent", value=33.3),
    damaged(*EFFECT, "kind", value="amnt"),
    damaged(*EFFECT, "off", value=-1),
    damaged(*EFFECT, "off", value=1.5),
    damaged(*EFFECT, "off", value="100"),
    damaged(*EFFECT, "off", "tiers", value=[[1]]),
    damaged(*EFFECT, "off", "tiers", value=[[1, 2, 3]]),
    damaged(*EFFECT, "off", "of", value="cart"),
    damaged(*FIRST, "benefits", 0, "when", value={}),
    damaged(*FIRST, "benefits", 0, "when", value={"al": []}),
    damaged(*FIRST, "benefits", 0, "allocation", value="units"),
    damaged("root", "children", 0, "mode", value="worst"),
]


def test_a_document_by_hand_fits_and_is_read() -> None:
    assert fits(GOOD, SCHEMA)
    assert codec.read(Document, GOOD).promotions[0].id == "double-eleven"


@pytest.mark.parametrize("document", BAD, ids=range(len(BAD)))
def test_a_damaged_document_does_not_fit_and_is_not_read(document: Any) -> None:
    """Schema and reader agree on what is wrong with a single value; only the version is the upgrade's to judge."""
    assert not fits(document, SCHEMA)
    if document["language"] == GOOD["language"] and document["language"] is not True:
        with pytest.raises(DefinitionError):
            codec.read(Document, document)


def test_every_reference_leads_somewhere_and_every_effect_is_there() -> None:
    text = json.dumps(SCHEMA)
    assert set(re.findall(r'"#/\$defs/(\w+)"', text)) <= set(SCHEMA["$defs"])
    kinds = {rules["properties"].get("kind", {}).get("const") for rules in SCHEMA["$defs"].values()}
    assert kinds - {None} == set(EFFECTS)
