"""Forms: frozen dataclasses whose fields know their titles and unit, as JSON values, as JSON Schema, as entries.

A form is what a merchant fills in. Its JSON is that of the promotion language (`codec`): money in whole minor units,
per cents and multiples as text or whole numbers ("17.5"), moments with a zone, times of day such as "18:00".
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeVar, get_type_hints

from netlift.promotions import codec
from netlift.promotions.bounds import PER_CENT, POSITIVE, Bound
from netlift.promotions.hints import shape_of
from netlift.promotions.json_schema import SINGLES
from netlift.promotions.place import Place
from netlift.promotions.predicate import Predicate, Test, everything
from netlift.promotions.records import OneOf, Record
from netlift.promotions.selector import Selector
from netlift.promotions.shapes import Choice, ListOf, Shape, Single

Unit = Literal[
    "money", "percent", "multiple", "count", "points", "days", "text", "product", "segment", "code", "goods", "rows",
    "moment", "time", "weekday", "zone", "choice", "yes_no",
]  # fmt: skip
"""What a value is, so that a console can draw its field: `money` in minor units, `rows` are small tables."""
_BOUNDS: Mapping[Unit, Bound] = MappingProxyType(
    {
        "money": Bound(0), "percent": PER_CENT, "multiple": Bound(1, whole=False), "count": POSITIVE,
        "points": POSITIVE, "days": Bound(0), "weekday": Bound(1, 7),
    }
)  # fmt: skip


class Words(NamedTuple):
    """A text in both languages."""

    en: str
    zh: str


class Entry(NamedTuple):
    """A field of a form."""

    title: Words
    unit: Unit


class FormField(NamedTuple):
    """An entry with what the dataclass says about it."""

    name: str
    entry: Entry
    type: object
    required: bool
    default: object
    """As JSON; None where it is required."""


def entry(en: str, zh: str, unit: Unit) -> Mapping[str, Entry]:
    """Metadata of a dataclass field that makes it a field of a form."""
    return {"entry": Entry(Words(en, zh), unit)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """Which goods: every list that is not empty must name them.

    >>> Goods(brands=("Alpen",), regular_price_only=True).where()
    All(parts=(Test(fact='line.brand', op='in', value=('Alpen',), where=None), \
Test(fact='line.on_sale', op='==', value=False, where=None)))
    """

    products: tuple[str, ...] = field(default=(), metadata=entry("Products", "商品", "product"))
    categories: tuple[str, ...] = field(default=(), metadata=entry("Categories", "类目", "text"))
    brands: tuple[str, ...] = field(default=(), metadata=entry("Brands", "品牌", "text"))
    tags: tuple[str, ...] = field(default=(), metadata=entry("Tags", "标签", "text"))
    without_tags: tuple[str, ...] = field(default=(), metadata=entry("Not with these tags", "排除标签", "text"))
    regular_price_only: bool = field(default=False, metadata=entry("Regular price only", "仅限原价商品", "yes_no"))

    def where(self) -> Predicate | None:
        """The condition on a line; None for all goods."""
        named = (("product", self.products), ("category", self.categories), ("brand", self.brands), ("tags", self.tags))
        return everything(
            *(Test(f"line.{name}", "in", values) for name, values in named if values),
            Test("line.tags", "not in", self.without_tags) if self.without_tags else None,
            Test("line.on_sale", "==", False) if self.regular_price_only else None,
        )

    def all_units(self) -> Selector:
        """Every unit of these goods."""
        return Selector(self.where())

    def worth(self, least: int) -> Test:
        """Holds where these goods of the cart cost at least so many minor units at shelf prices."""
        return Test("cart.subtotal", ">=", least, self.where())


EVERYTHING = Goods()
WHICH = entry("Goods", "适用商品", "goods")
"""Metadata of the field that nearly every form has."""

T = TypeVar("T")


def form_of(form: type) -> tuple[FormField, ...]:
    """The fields of a form in their order."""
    return tuple(
        FormField(one.name, _entry(one), hint, one.default is MISSING, _default(one, hint))
        for one, hint in _hinted(form)
    )


def read(form: type[T], values: object, at: Place | None = None) -> T:
    """A filled form from its JSON values.

    Raises:
        DefinitionError: an unknown, missing or unfit value; the message names its place.
    """
    at = Place() / "form" if at is None else at
    filled = codec.read(form, values, at)
    _check_units(filled, at)
    return filled


def write(form: object) -> dict[str, object]:
    """The JSON values of a filled form; those that are as by default are left out."""
    return codec.write(form)


def schema(form: type) -> dict[str, object]:
    """JSON Schema (draft 2020-12) of a form, with `x-unit` and `x-title-zh` beside the standard words."""
    properties: dict[str, object] = {}
    for name, (title, unit), hint, required, default in form_of(form):
        described = {"title": title.en, "x-title-zh": title.zh, "x-unit": unit}
        properties[name] = described | _schema(shape_of(hint), unit) | ({} if required else {"default": default})
    return {
        "type": "object",
        "properties": properties,
        "required": [one.name for one in form_of(form) if one.required],
        "additionalProperties": False,
    }


def _hinted(form: Any) -> tuple[tuple[Field[Any], Any], ...]:
    hints = get_type_hints(form)
    return tuple((one, hints[one.name]) for one in fields(form))


def _entry(one: Field[Any]) -> Entry:
    found = one.metadata.get("entry")
    if not isinstance(found, Entry):
        raise TypeError(f"the field {one.name!r} has no entry: write field(metadata=entry(...))")
    return found


def _default(one: Field[Any], hint: Any) -> object:
    return None if one.default is MISSING else shape_of(hint).write(one.default)


def _check_units(form: Any, at: Place) -> None:
    """Numbers within the bounds of their units and texts with something in them, also in the rows of tables."""
    for one, hint in _hinted(type(form)):
        value, below = getattr(form, one.name), at / one.name
        bound = _BOUNDS.get(_entry(one).unit)
        if bound is not None:
            bound.check(value, below)
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and not text.strip():
                raise below.wrong("is empty; leave it out, or fill it in")
        shape = shape_of(hint)
        if isinstance(shape, Record):
            _check_units(value, below)
        elif isinstance(shape, ListOf) and isinstance(shape.item, Record):
            for number, row in enumerate(value):
                _check_units(row, below / number)


def _schema(shape: Shape, unit: Unit) -> dict[str, object]:
    match shape:
        case OneOf(options=(single,), optional=True):
            return {"anyOf": [_schema(single, unit), {"type": "null"}]}
        case ListOf():
            return {"type": "array", "items": _schema(shape.item, unit)}
        case Record():
            return schema(shape.python)
        case Choice():
            return {"enum": list(shape.words)}
        case Single():
            return SINGLES[shape.name] | (_limits(unit) if shape.python is int else {})
    raise TypeError(f"a form cannot hold {shape.expected}")


def _limits(unit: Unit) -> dict[str, object]:
    bound = _BOUNDS.get(unit)
    limits = {} if bound is None else {"minimum": bound.low, "maximum": bound.high}
    return {word: limit for word, limit in limits.items() if limit is not None}
