"""The sums that audits and profiles start from, written once for every engine.

Each function takes order lines (schema ORDER_LINES) as a lazy frame and gives a lazy frame back. Money is
summed in 64-bit integers, so every engine gives the same cents, and a sum that does not fit is an error.
Quantities are binary fractions: exact for whole units, otherwise exact to rounding.

All of them carry the measures

- `orders`, `lines`: distinct orders (not in `order_totals`), and lines;
- `quantity`, `refunded_quantity`: units sold and units returned;
- `list_minor`, `discount_minor`, `funded_minor`, `refunded_minor`: as in ORDER_LINES;
- `cost_minor`: cost of goods where it is known (0: known for no line);
- `uncosted_minor`: list price of the lines whose cost is unknown, to which an assumed margin can be applied.

Currencies are never added to each other: `currency` is part of every key. Days and weeks are those of UTC;
a week is named by its Monday.
"""

from functools import reduce

import narwhals as nw

from netlift.engines import Frame

_ADDED = ("list_minor", "discount_minor", "funded_minor", "refunded_minor", "cost_minor", "uncosted_minor")


def customer_days(lines: Frame) -> Frame:
    """What each customer did on each day: one row per `customer_id, currency, day`; guests are left out."""
    return _summed(_known_customers(lines), "customer_id", "currency", "day")


def customer_weeks(lines: Frame) -> Frame:
    """What each customer did in each week: one row per `customer_id, currency, week`; guests are left out."""
    return _summed(_known_customers(lines), "customer_id", "currency", "week")


def product_weeks(lines: Frame, products: Frame) -> Frame:
    """What each product did in each week: one row per `product_id, category, currency, week`.

    `category` comes from PRODUCTS and is null where the product is not listed there; `customers` counts
    distinct buyers, guests left out.
    """
    guest = nw.when(nw.col("customer_id").is_null()).then(nw.lit(1)).otherwise(nw.lit(0))
    buyers = nw.col("customer_id").n_unique() - nw.col("guest").max()  # n_unique counts null as one
    sums = _summed(lines.with_columns(guest=guest), "product_id", "currency", "week", customers=buyers)
    # a product may be described by several files of a workspace
    categories = products.group_by("product_id").agg(category=nw.col("category").max())
    return sums.join(categories, on="product_id", how="left")


def order_totals(lines: Frame) -> Frame:
    """What each order came to: one row per `order_id, currency`, with its `customer_id`, `region`, `ordered_at`."""
    sums = _summed(
        lines,
        "order_id",
        "currency",
        customer_id=nw.col("customer_id").min(),
        region=nw.col("region").min(),
        ordered_at=nw.col("ordered_at").min(),
    )
    return sums.drop("orders")


def _known_customers(lines: Frame) -> Frame:
    return lines.filter(~nw.col("customer_id").is_null())


def _summed(lines: Frame, *keys: str, **further: nw.Expr) -> Frame:
    """The common measures of `lines` by `keys` (of which `day` and `week` are made here), and `further` ones."""
    made = {"day": nw.col("ordered_at").dt.date(), "week": _monday(nw.col("ordered_at"))}
    uncosted = nw.when(nw.col("cost_minor").is_null()).then(nw.col("list_minor")).otherwise(nw.lit(0))
    prepared = lines.with_columns(uncosted_minor=uncosted, **{key: made[key] for key in keys if key in made})
    return prepared.group_by(*keys).agg(
        **further,
        orders=nw.col("order_id").n_unique(),
        lines=nw.len(),
        quantity=nw.col("quantity").sum(),
        refunded_quantity=nw.col("refunded_quantity").sum(),
        **{name: nw.col(name).sum().cast(nw.Int64) for name in _ADDED},
    )


def _monday(time: nw.Expr) -> nw.Expr:
    """The Monday of the week that `time` falls into, as a date.

    Engines number Sunday 0 or 7, and only some can truncate to weeks: days are counted modulo 7 and moved back.
    """
    day, weekday = time.dt.truncate("1d"), time.dt.weekday() % 7
    monday = reduce(
        lambda later, number: (
            nw.when(weekday == number).then(day.dt.offset_by(f"-{(number + 6) % 7}d")).otherwise(later)
        ),
        range(7),
        day,
    )
    return monday.dt.date()
