"""Conditions and targets of a vector as predicates: every key is a fact with an optional comparison.

A key is a name with a suffix (`_gte`, `_gt`, `_lte`, `_lt`, `_eq`, `_ne`, `_in`, `_not_in`, `_between`) or a prefix
(`min_`, `max_`, `not_`). Keys of one object are joined by `all`. Names that are not known are attributes of the goods
in a target, and unknown fields in a condition.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from netlift.promotions.cart import Scalar
from netlift.promotions.predicate import All, Any, Not, Operator, Predicate, Test, everything
from netlift.testing._fields import Json, VectorError, listed, money, whole

Layer = Callable[[int], str]

_SUFFIXES: tuple[tuple[str, Operator], ...] = (
    ("_not_in", "not in"), ("_gte", ">="), ("_lte", "<="), ("_between", "between"), ("_gt", ">"), ("_lt", "<"),
    ("_eq", "=="), ("_ne", "!="), ("_in", "in"),
)  # fmt: skip
_ALL, _ANY, _NONE = ("all", "and"), ("any", "or"), ("not", "none")
_MONEY_OF_LINE = {"price": "line.price", "unit_price": "line.price", "list_price": "line.list_price",
                  "total": "line.total", "line_total": "line.total"}  # fmt: skip
_LINE = {"qty": "line.quantity", "quantity": "line.quantity", "on_sale": "line.on_sale",
         "discounted": "line.discounted", "id": "line.id", "line": "line.id", "seller": "line.seller",
         "shop": "line.seller"}  # fmt: skip
_SUMS = {"subtotal": "cart.subtotal", "item_total": "cart.subtotal", "running_subtotal": "cart.running_subtotal",
         "discounted_subtotal": "cart.running_subtotal", "list_subtotal": "cart.list_subtotal",
         "original_subtotal": "cart.priced_subtotal", "subtotal_net": "cart.subtotal_net",
         "net_subtotal": "cart.subtotal_net", "total": "cart.total"}  # fmt: skip
_COUNTS = {"count": "cart.quantity", "units": "cart.quantity", "cart_qty": "cart.quantity",
           "any_line_qty": "cart.max_line_quantity", "max_line_qty": "cart.max_line_quantity",
           "lines": "cart.lines", "line_count": "cart.lines", "products": "cart.products",
           "distinct_products": "cart.products"}  # fmt: skip
_OF_TARGET = {"qty": "cart.quantity", "quantity": "cart.quantity", "target_qty": "cart.quantity",
              "eligible_quantity": "cart.quantity", "target_subtotal": "cart.subtotal",
              "eligible_subtotal": "cart.subtotal"}  # fmt: skip
_KNOWN = {"nth_order": "customer.order_number", "order_number": "customer.order_number",
          "segment": "customer.segments", "customer_group": "customer.segments", "customer": "customer.id",
          "channel": "context.channel", "region": "context.region", "country": "context.region",
          "payment": "context.payment", "currency": "cart.currency"}  # fmt: skip


def layer_id(layer: Json) -> str:
    """Group of the promotions of one layer."""
    return f"layer {layer}"


def target_predicate(target: Json, place: str, attributes: "Attributes") -> Predicate | None:
    """Which goods a target names: an object of attributes and comparisons, or ids of lines; None takes all."""
    if target is None or target in ("all", "*", "any"):
        return None
    if isinstance(target, str):
        return Any((Test("line.id", "==", target), Test("line.product", "==", target)))
    if isinstance(target, list):
        if all(isinstance(one, str) for one in target):
            return Test("line.id", "in", tuple(target))
        return Any(tuple(_always(target_predicate(one, f"{place}[{k}]", attributes)) for k, one in enumerate(target)))
    if not isinstance(target, Mapping):
        raise VectorError(f"{place} must be an object or a list; got {target!r}")
    return everything(*[_line_test(key, value, f"{place}.{key}", attributes) for key, value in target.items()])


def _line_test(key: str, value: Json, place: str, attributes: "Attributes") -> Predicate:
    joined = _joined(key, value, place, lambda one, at: _always(target_predicate(one, at, attributes)))
    if joined is not None:
        return joined
    if key in {"participated_in_layer", "not_participated_in_layer"}:
        layers = value if isinstance(value, list) else [value]
        took = Test("line.groups", "in", tuple(layer_id(layer) for layer in layers))
        return Not(took) if key.startswith("not_") else took
    name, operator, negated = _split(key, {*_MONEY_OF_LINE, *_LINE, *attributes.names})
    if name in _MONEY_OF_LINE:
        test = _compare(_MONEY_OF_LINE[name], operator, value, place, as_money=True)
    elif name in _LINE and name not in attributes.names:
        test = _compare(_LINE[name], operator, value, place)
    else:
        test = _compare(attributes.fact(name), operator, value, place)
    return Not(test) if negated else test


class Attributes:
    """Names of attributes that the goods of a cart carry; others are met by no line.

    `tag` and `tags`, `category` and `categories` are one. A `product` or `sku` that no line carries is its id.
    """

    ALIASES: ClassVar[Mapping[str, str]] = {
        "tags": "tag",
        "categories": "category",
        "taxon": "category",
        "taxons": "category",
        "ids": "id",
    }
    _IDS: ClassVar[frozenset[str]] = frozenset({"product", "sku", "variant", "item", "id"})

    def __init__(self, names: set[str], ways: frozenset[str] = frozenset()) -> None:
        self.names = names
        self.ways = ways
        """Ids of the ways of delivery in the cart."""

    def fact(self, name: str) -> str:
        """The fact that holds the attribute."""
        name = self.ALIASES.get(name, name)
        if name in self._IDS and name not in self.names:
            return "line.product"
        return f"line.attributes.{name}"


def condition(when: Json, place: str, target: Predicate | None, attributes: Attributes) -> Predicate | None:
    """A condition on the cart and the customer; `qty` is of the target's goods, `count` of the whole cart."""
    if when is None:
        return None
    if isinstance(when, list):
        return All(tuple(_always(condition(one, f"{place}[{k}]", target, attributes)) for k, one in enumerate(when)))
    if not isinstance(when, Mapping):
        raise VectorError(f"{place} must be an object; got {when!r}")
    return everything(*[_cart_test(key, value, f"{place}.{key}", target, attributes) for key, value in when.items()])


def _cart_test(key: str, value: Json, place: str, target: Predicate | None, attributes: Attributes) -> Predicate:
    joined = _joined(key, value, place, lambda one, at: _always(condition(one, at, target, attributes)))
    if joined is not None:
        return joined
    if key in {"contains", "contains_all", "contains_any", "not_contains"}:
        return _contains(key, value, place, attributes)
    if key in {"shipping_method", "shipping_method_in"}:  # known from the cart; no fact of the evaluation
        wanted = {value} if isinstance(value, str) else set(listed(value, place))
        return All(()) if attributes.ways & wanted else Any(())
    if key == "first_order":
        return Test("customer.order_number", "==" if value else "!=", 1)
    names = {*_SUMS, *_COUNTS, *_OF_TARGET, *_KNOWN, "orders_placed"}
    name, operator, negated = _split(key, names)
    if name in _SUMS:
        test = _compare(_SUMS[name], operator, value, place, as_money=True)
    elif name in _OF_TARGET:
        as_money = name.endswith("subtotal")
        found = _compare(_OF_TARGET[name], operator, value, place, as_money=as_money)
        test = Test(found.fact, found.op, found.value, where=target)
    elif name in _COUNTS:
        test = _compare(_COUNTS[name], operator, value, place)
    elif name == "orders_placed":
        found = _compare("customer.order_number", operator, value, place)
        if not isinstance(found.value, int):
            raise VectorError(f"{place} must be an integer; got {value!r}")
        test = Test(found.fact, found.op, found.value + 1)
    elif name in _KNOWN:
        test = _compare(_KNOWN[name], operator, value, place)
    else:
        raise VectorError(f"unknown field {place}")
    return Not(test) if negated else test


def _contains(key: str, value: Json, place: str, attributes: Attributes) -> Predicate:
    """Whether goods are in the cart; `qty` or `subtotal_gte` in the object says how many, or for how much, together."""
    if isinstance(value, list):
        parts = tuple(_contains("contains", one, f"{place}[{k}]", attributes) for k, one in enumerate(value))
        return Any(parts) if key == "contains_any" else All(parts)
    least = 1
    if isinstance(value, Mapping):
        value = dict(value)
        for name in ("qty", "qty_gte", "quantity", "min_qty"):
            if name in value:
                least = whole(value.pop(name), f"{place}.{name}")
        if "subtotal_gte" in value:
            worth = money(value.pop("subtotal_gte"), f"{place}.subtotal_gte")
            goods = target_predicate(value, place, attributes)
            return Test("cart.subtotal", ">=", worth, where=goods)
    test = Test("cart.quantity", ">=", least, where=target_predicate(value, place, attributes))
    return Not(test) if key == "not_contains" else test


def _joined(key: str, value: Json, place: str, inner: Callable[[Json, str], Predicate]) -> Predicate | None:
    if key in (*_ALL, *_ANY) and isinstance(value, list):
        parts = tuple(inner(one, f"{place}[{k}]") for k, one in enumerate(value))
        return All(parts) if key in _ALL else Any(parts)
    if key in _ALL:
        return inner(value, place)
    if key in _NONE:
        values = value if isinstance(value, list) else [value]
        return Not(Any(tuple(inner(one, f"{place}[{k}]") for k, one in enumerate(values))))
    return None


def _always(found: Predicate | None) -> Predicate:
    return All(()) if found is None else found


def _split(key: str, names: set[str]) -> tuple[str, Operator | None, bool]:
    """Name, operator (None for equality) and whether the key is negated."""
    if key in names:
        return key, None, False
    for suffix, operator in _SUFFIXES:
        if key.endswith(suffix) and len(key) > len(suffix):
            return key.removesuffix(suffix), operator, False
    prefixes: tuple[tuple[str, Operator], ...] = (("min_", ">="), ("max_", "<="))
    for prefix, operator in prefixes:
        if key.startswith(prefix) and key.removeprefix(prefix) in names:
            return key.removeprefix(prefix), operator, False
    if key.startswith("not_"):
        return key.removeprefix("not_"), None, True
    return key, None, False


def _compare(fact: str, operator: Operator | None, value: Json, place: str, *, as_money: bool = False) -> Test:
    def one(single: Json) -> Scalar:
        if as_money:
            return money(single, place)
        if isinstance(single, str | int):
            return single
        raise VectorError(f"{place} must be text or a whole number; got {single!r}")

    if isinstance(value, list):
        chosen: Operator = operator or "in"
        if chosen == "==":
            chosen = "in"
        if chosen == "!=":
            chosen = "not in"
        return Test(fact, chosen, tuple(one(single) for single in listed(value, place)))
    return Test(fact, operator or "==", one(value))
