"""Documents of earlier versions of the promotion language, brought to the present one step by step.

Version 0 is the flat draft that shops keep in spreadsheets, one object for each promotion:

| key | meaning |
|---|---|
| `id` | as today |
| `name` | as today |
| `discount_percent` or `discount_amount` | per cent off, or minor units off all goods together |
| `min_subtotal` | minor units of goods that the cart must hold |
| `code` | code that the shopper enters |
| `category`, `product` | only these goods |
| `start`, `end` | moments with their zone |
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from netlift.promotions.place import Place, did_you_mean, shown
from netlift.promotions.promotion import LANGUAGE

Upgrade = Callable[[dict[str, Any], Place], dict[str, Any]]

FLAT = frozenset(
    "id name discount_percent discount_amount min_subtotal code category product start end currency".split()
)
"""Keys of a promotion in version 0."""


def from_0(document: dict[str, Any], at: Place) -> dict[str, Any]:
    """Flat promotions as promotions with one benefit."""
    promotions = document.get("promotions", [])
    if not isinstance(promotions, list):
        raise (at / "promotions").wrong(f"expected a list, not {shown(promotions)}")
    return document | {
        "language": 1,
        "promotions": [_promotion(flat, at / "promotions" / number) for number, flat in enumerate(promotions)],
    }


UPGRADES: tuple[Upgrade, ...] = (from_0,)
"""The n-th brings version n to n + 1."""


def upgraded(document: dict[str, Any], at: Place) -> dict[str, Any]:
    """The document in the present version.

    Raises:
        DefinitionError: `language` is missing, is no integer, or is newer than this netlift.
    """
    if "language" not in document:
        raise at.wrong(f'lacks "language", the version of the promotion language; {LANGUAGE} is the present one')
    version = document["language"]
    if type(version) is not int or version < 0:
        raise (at / "language").wrong(f"expected an integer from 0 to {LANGUAGE}, not {shown(version)}")
    if version > LANGUAGE:
        raise (at / "language").wrong(
            f"{shown(version)} is newer than this netlift, which knows versions up to {LANGUAGE}; update netlift"
        )
    for upgrade in UPGRADES[version:]:
        document = upgrade(document, at)
    return document


def _promotion(flat: object, at: Place) -> dict[str, Any]:
    if not isinstance(flat, dict):
        raise at.wrong(f"expected an object, not {shown(flat)}")
    for key in flat:
        if key not in FLAT:
            raise (at / key).wrong(f"unknown key of version 0{did_you_mean(key, FLAT)}")
    benefit: dict[str, Any] = {"effect": _effect(flat, at)}
    if "discount_amount" in flat:
        benefit["allocation"] = "across"
    if goods := _goods(flat):
        benefit["target"] = {"where": goods}
    if "min_subtotal" in flat:
        benefit["when"] = {"fact": "cart.subtotal", "op": ">=", "value": flat["min_subtotal"]}
    kept = {key: flat[key] for key in ("id", "name", "currency") if key in flat}
    window = {key: flat[key] for key in ("start", "end") if key in flat}
    trigger = {"kind": "code", "codes": [flat["code"]]} if "code" in flat else {}
    return kept | {"benefits": [benefit]} | _given(window=window, trigger=trigger)


def _effect(flat: Mapping[str, Any], at: Place) -> dict[str, Any]:
    if ("discount_percent" in flat) == ("discount_amount" in flat):
        raise at.wrong("version 0 needs one of `discount_percent` and `discount_amount`")
    if "discount_percent" in flat:
        return {"kind": "percent", "off": flat["discount_percent"]}
    return {"kind": "amount", "off": flat["discount_amount"]}


_GOODS = MappingProxyType({"category": "line.category", "product": "line.product"})


def _goods(flat: Mapping[str, Any]) -> dict[str, Any]:
    tests = [{"fact": fact, "op": "==", "value": flat[key]} for key, fact in _GOODS.items() if key in flat]
    return tests[0] if len(tests) == 1 else _given(all=tests)


def _given(**parts: Any) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part}
