"""The cart and the customer of a vector as netlift's own."""

from dataclasses import replace
from decimal import Decimal

from netlift.promotions.cart import Cart, Facts, Line, Scalar, Shipping
from netlift.promotions.state import even_units
from netlift.testing._conditions import Attributes
from netlift.testing._fields import Fields, Json, Written, decimal, listed

CURRENCY = "EUR"
"""Vectors count minor units and name no currency."""


def cart_of(data: Json, place: str = "cart", currency: str = CURRENCY) -> tuple[Cart, Attributes]:
    """The cart, and the names of the attributes that its goods carry.

    Lines of no units are left out: they are not in the cart.
    """
    fields = Fields(data, place)
    lines, names = [], set[str]()
    for number, one in enumerate(listed(fields.take("lines", "items", default=[]), f"{place}.lines")):
        line = _line(Fields(one, f"{place}.lines[{number}]"), number)
        if line is not None:
            lines.append(line)
            names.update(line.attributes)
    shipping = fields.take("shipping", default=[])
    if isinstance(shipping, dict):
        shipping = [shipping]
    ways = [_way(Fields(one, f"{place}.shipping[{k}]"), k) for k, one in enumerate(listed(shipping, "shipping"))]
    fields.close()
    return Cart(currency, tuple(lines), tuple(ways)), Attributes(names, frozenset(way.id for way in ways))


def by_units(cart: Cart) -> tuple[Cart, dict[str, str]]:
    """The cart with a line for every unit, and the line that each comes from.

    For promotions that ask of each unit what became of it before, as facts are known by line.
    """
    lines, origin = [], {}
    for line in cart.lines:
        total = line.unit_price * line.quantity if line.total is None else line.total
        for number, price in enumerate(even_units(total, line.quantity)):
            id_ = line.id if line.quantity == 1 else f"{line.id}#{number + 1}"
            origin[id_] = line.id
            lines.append(replace(line, id=id_, unit_price=price, quantity=1, total=None))
    return replace(cart, lines=tuple(lines)), origin


def _line(fields: Fields, number: int) -> Line | None:
    id_ = str(fields.take("id", default=f"line{number + 1}"))
    quantity = fields.count("qty", "quantity", default=1) or 0
    total = fields.money("line_total")
    price = fields.money("unit_price", "price")
    now = fields.money("catalog_price", "sale_price")
    before = fields.money("list_price", "original_price", default=price if now is not None else None)
    floor = fields.money("min_price", "floor", default=0) or 0
    attributes = _attributes(fields)
    rate = _rate(fields, attributes)
    seller = attributes.get("seller", attributes.get("shop", ""))
    product = attributes.get("product", attributes.get("sku", id_))
    fields.close()
    if quantity == 0:
        return None
    if price is None:  # the source does not say it: the total does, or nothing about the line is asserted
        price = 0 if total is None else total // quantity
    return Line(
        id_,
        price if now is None else now,
        quantity,
        product=product if isinstance(product, str) else id_,
        seller=seller if isinstance(seller, str) else "",
        attributes=attributes,
        list_price=before,
        floor=floor,
        tax_rate=rate,
        total=total,
    )


def _attributes(fields: Fields) -> dict[str, Scalar | tuple[Scalar, ...]]:
    """`attrs` and the same names on the line itself; tags and categories are many-valued."""
    given = Fields(fields.take("attrs", "attributes", default={}), fields.where("attrs")).rest()
    for name in ("product", "sku", "variant", "brand", "category", "categories", "tag", "tags", "seller", "shop"):
        value = fields.take(name)
        if value is not None:
            given.setdefault(name, value)
    found: dict[str, Scalar | tuple[Scalar, ...]] = {}
    for given_name, value in given.items():
        many = tuple(map(_exact, value)) if isinstance(value, list) else None
        name = Attributes.ALIASES.get(given_name, given_name)
        if name in found or many is not None:
            old = found.get(name, ())
            one = many if many is not None else (_exact(value),)
            found[name] = (*(old if isinstance(old, tuple) else (old,)), *one)
        elif value is not None:
            found[name] = _exact(value)
    return found


def _exact(value: Scalar) -> Scalar:
    """A number with a point as the decimal that it was written as; the engine takes no floats."""
    return Decimal(value) if isinstance(value, Written) else value


def _rate(fields: Fields, attributes: dict[str, Scalar | tuple[Scalar, ...]]) -> Decimal:
    own = fields.take("vat", "tax_rate")
    for name in ("vat", "tax_rate"):
        own = attributes.get(name) if own is None else own
    if isinstance(own, Decimal):
        return own
    return Decimal(0) if own is None else decimal(own, fields.where("vat"))


def _way(fields: Fields, number: int) -> Shipping:
    id_ = str(fields.take("id", default=f"shipping{number + 1}"))
    price = fields.money("price", "amount", default=0) or 0
    attributes = _attributes(fields)
    rate = _rate(fields, attributes)
    fields.close()
    return Shipping(id_, price, rate)


def facts_of(customer: Json, codes: Json = None) -> Facts:
    """What the vector says of the customer; cancelled orders do not count as placed."""
    fields = Fields({} if customer is None else customer, "customer")
    placed = fields.count("orders_placed")
    cancelled = fields.count("orders_cancelled", default=0) or 0
    groups = fields.take("segments", "groups", "group", "segment", "customer_group")
    if isinstance(groups, str):
        groups = [groups]
    name = fields.take("id", "email")
    region, channel = fields.take("region", "country"), fields.take("channel")
    payment = fields.take("payment")
    fields.close()
    return Facts(
        codes=frozenset(codes or ()),
        customer=name,
        segments=None if groups is None else frozenset(groups),
        orders_placed=None if placed is None else max(0, placed - cancelled),
        region=region,
        channel=channel,
        payment=payment,
    )
