"""The named Arrow tables: nothing else crosses a folder border, so this file is the data dictionary.

Conventions: a column that ends in `_minor` is money in integer minor units of the row's `currency`;
times are UTC; ids are strings; `customer_id` is a pseudonym where the source held a personal identifier.
"""

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa

from netlift.errors import SchemaError

_TIME = pa.timestamp("us", tz="UTC")


def _table(*columns: tuple[str, pa.DataType, str]) -> pa.Schema:
    """A schema from (name, type, meaning) rows; a name ending in `!` may not be null."""
    return pa.schema(
        [
            pa.field(name.rstrip("!"), kind, nullable=not name.endswith("!"), metadata={"meaning": meaning})
            for name, kind, meaning in columns
        ]
    )


CUSTOMERS = _table(
    ("customer_id!", pa.string(), "pseudonym, the same in every table of a workspace"),
    ("first_seen", _TIME, "first order or registration"),
    ("region", pa.string(), "where the customer lives, coarse"),
    ("segment", pa.string(), "segment given by the source"),
    ("age", pa.string(), "age or age band; never an input of a price"),
    ("gender", pa.string(), "never an input of a price"),
    ("occupation", pa.string(), "never an input of a price"),
    ("accepts_marketing", pa.bool_(), "consent to be contacted"),
    ("attributes", pa.string(), "further fields of the source, JSON object"),
)
PRODUCTS = _table(
    ("product_id!", pa.string(), "SKU or product id"),
    ("name", pa.string(), "title"),
    ("category", pa.string(), "the level at which goods replace each other"),
    ("department", pa.string(), "the level above category"),
    ("brand", pa.string(), "brand or manufacturer"),
    ("price_minor", pa.int64(), "list price of one unit"),
    ("cost_minor", pa.int64(), "cost of goods of one unit"),
    ("currency", pa.string(), "ISO 4217"),
    ("tags", pa.string(), "comma separated"),
    ("description", pa.string(), "plain text"),
    ("image_url", pa.string(), "address of a picture"),
    ("attributes", pa.string(), "further fields of the source, JSON object"),
)
ORDERS = _table(
    ("order_id!", pa.string(), "order number"),
    ("customer_id", pa.string(), "pseudonym; null for a guest"),
    ("ordered_at!", _TIME, "when it was placed"),
    ("currency!", pa.string(), "ISO 4217"),
    ("status", pa.string(), "paid | pending | cancelled | refunded | partially_refunded"),
    ("channel", pa.string(), "web, app, store, ..."),
    ("region", pa.string(), "store or region: the unit of a regional roll-out"),
    ("list_minor!", pa.int64(), "goods at list price, before any discount"),
    ("discount_minor!", pa.int64(), "all discounts on goods, >= 0"),
    ("shipping_minor", pa.int64(), "charged to the customer"),
    ("tax_minor", pa.int64(), "tax on top; null if included or unknown"),
    ("total_minor", pa.int64(), "what the customer was asked to pay"),
    ("refunded_minor!", pa.int64(), "money given back later, >= 0"),
    ("code", pa.string(), "discount code, the first if several"),
)
ORDER_LINES = _table(
    ("order_id!", pa.string(), "order number"),
    ("line!", pa.int32(), "1, 2, ... inside the order"),
    ("product_id!", pa.string(), "SKU or product id"),
    ("customer_id", pa.string(), "as in ORDERS, repeated so that a line can be read alone"),
    ("ordered_at!", _TIME, "as in ORDERS"),
    ("currency!", pa.string(), "as in ORDERS"),
    ("region", pa.string(), "as in ORDERS"),
    ("quantity!", pa.float64(), "units sold, > 0"),
    ("list_minor!", pa.int64(), "quantity x list price, before any discount"),
    ("discount_minor!", pa.int64(), "all discounts on the line, its share of the order's included, >= 0"),
    ("funded_minor!", pa.int64(), "part of the discount that a supplier pays back, >= 0"),
    ("refunded_quantity!", pa.float64(), "units returned, >= 0"),
    ("refunded_minor!", pa.int64(), "money given back for the line, >= 0"),
    ("cost_minor", pa.int64(), "cost of goods of the whole line; null if unknown"),
    ("flags", pa.string(), "comma separated: outlier_price, outlier_quantity, ..."),
)
EVENTS = _table(
    ("event_id!", pa.string(), "unique in its source"),
    ("event!", pa.string(), "view | click | search | cart | uncart | checkout | purchase | refund | promo_view | ..."),
    ("at!", _TIME, "when it happened"),
    ("customer_id", pa.string(), "pseudonym"),
    ("session_id", pa.string(), "visit"),
    ("product_id", pa.string(), "product looked at"),
    ("order_id", pa.string(), "order it belongs to"),
    ("promotion_id", pa.string(), "promotion shown or used"),
    ("quantity", pa.float64(), "units"),
    ("value_minor", pa.int64(), "money of the event"),
    ("currency", pa.string(), "ISO 4217"),
    ("channel", pa.string(), "web, app, e-mail, ..."),
)
PROMOTIONS = _table(
    ("promotion_id!", pa.string(), "unique"),
    ("name", pa.string(), "as the shop calls it"),
    ("mechanism", pa.string(), "campaign | code | price_cut | threshold | bundle | gift | points | shipping | ..."),
    ("starts_at", _TIME, "first moment"),
    ("ends_at", _TIME, "first moment after it"),
    ("code", pa.string(), "code that shoppers type"),
    ("value", pa.float64(), "depth: fraction for percent, minor units for amount"),
    ("value_type", pa.string(), "percent | amount | other"),
    ("currency", pa.string(), "ISO 4217"),
    ("cost_minor", pa.int64(), "fixed cost of running it (media, printing, fees)"),
    ("contact_cost_minor", pa.int64(), "cost per customer contacted"),
    ("regions", pa.list_(pa.string()), "where it ran; null: everywhere"),
    ("participants", pa.int64(), "reported by the source"),
    ("click_rate", pa.float64(), "reported by the source, 0..1"),
    ("conversion_rate", pa.float64(), "reported by the source, 0..1"),
    ("attributes", pa.string(), "further fields of the source, JSON object"),
)
PROMOTION_PRODUCTS = _table(
    ("promotion_id!", pa.string(), "as in PROMOTIONS"),
    ("product_id!", pa.string(), "product on offer"),
)
EXPOSURES = _table(
    ("promotion_id!", pa.string(), "as in PROMOTIONS"),
    ("customer_id!", pa.string(), "pseudonym"),
    ("arm!", pa.string(), "`control`, or the name of the treatment"),
    ("exposed_at!", _TIME, "when the offer reached the customer (control: would have reached)"),
    ("propensity", pa.float64(), "probability of this arm, if it was assigned by chance; null: not randomised"),
    ("channel", pa.string(), "e-mail, app, mail, ..."),
)
COUPONS = _table(
    ("coupon_id!", pa.string(), "code or voucher number, unique per redemption"),
    ("promotion_id", pa.string(), "as in PROMOTIONS"),
    ("customer_id", pa.string(), "who held or redeemed it"),
    ("order_id", pa.string(), "order of the redemption"),
    ("redeemed_at", _TIME, "null: not redeemed"),
    ("discount_minor", pa.int64(), "money taken off"),
    ("currency", pa.string(), "ISO 4217"),
)
PRICES = _table(
    ("product_id!", pa.string(), "as in PRODUCTS"),
    ("region", pa.string(), "store or region; null: everywhere"),
    ("starts_at!", _TIME, "first moment of the price"),
    ("ends_at", _TIME, "first moment after it; null: still valid"),
    ("price_minor", pa.int64(), "price of one unit"),
    ("list_minor", pa.int64(), "struck-through or regular price of one unit"),
    ("currency", pa.string(), "ISO 4217"),
    ("display", pa.string(), "placement in the shop"),
    ("feature", pa.string(), "placement in the leaflet or mailing"),
)
INVENTORY = _table(
    ("product_id!", pa.string(), "as in PRODUCTS"),
    ("location", pa.string(), "warehouse or store"),
    ("at", _TIME, "when it was counted; null: at ingestion"),
    ("on_hand", pa.float64(), "units present"),
    ("available", pa.float64(), "units that may be sold"),
    ("committed", pa.float64(), "units promised"),
    ("incoming", pa.float64(), "units on order"),
)
FEEDBACK = _table(
    ("feedback_id!", pa.string(), "unique in its source"),
    ("at", _TIME, "when it was given"),
    ("customer_id", pa.string(), "pseudonym"),
    ("product_id", pa.string(), "what it is about"),
    ("promotion_id", pa.string(), "what it is about"),
    ("rating", pa.float64(), "as given"),
    ("text", pa.string(), "free text"),
)
SAMPLES = _table(
    ("sample_id!", pa.string(), "row number in its source"),
    ("features!", pa.list_(pa.float64()), "numeric feature columns, in the order of the file"),
    ("label!", pa.string(), "the last column"),
)
RESPONSE = _table(
    ("customer_id!", pa.string(), "pseudonym"),
    ("offer_id!", pa.string(), "the offer, or arm; no offer has no row, as its response is 0 by definition"),
    (
        "incremental_margin!",
        pa.float64(),
        "expected change of profit at full prices: goods less their cost, returns and fees; minor units",
    ),
    (
        "expected_cost!",
        pa.float64(),
        "what the shop spends if offered, expected: its share of discounts, and the contact; minor units",
    ),
    ("net_margin!", pa.float64(), "incremental margin less expected cost: what offering earns; minor units"),
    ("se!", pa.float64(), "standard error of net_margin, minor units"),
    ("liability!", pa.float64(), "the most that the offer can cost if it is used, minor units"),
    (
        "p_buy",
        pa.float64(),
        "chance of buying at all under the offer; the usual, wrong, basis of targeting, to compare with",
    ),
    ("grade!", pa.string(), "evidence grade: randomized | quasi-experimental | observational | weak | assumed"),
    ("model_id!", pa.string(), "hash of the model and what it learned from"),
    ("reasons!", pa.list_(pa.string()), "at most four codes that say why the figure is what it is"),
)
PROFILES = _table(
    ("customer_id!", pa.string(), "pseudonym"),
    ("as_of!", _TIME, "nothing that happened at or after this moment is part of the row"),
    ("orders!", pa.int64(), "orders, all time"),
    ("orders_30!", pa.int64(), "orders, last 30 days"),
    ("orders_90!", pa.int64(), "orders, last 90 days"),
    ("orders_365!", pa.int64(), "orders, last 365 days"),
    ("spend_minor!", pa.int64(), "list price less discounts of all orders, refunds not taken off"),
    ("spend_30_minor!", pa.int64(), "list price less discounts, last 30 days"),
    ("spend_90_minor!", pa.int64(), "list price less discounts, last 90 days"),
    ("spend_365_minor!", pa.int64(), "list price less discounts, last 365 days"),
    ("active_days!", pa.int64(), "different days with an order"),
    ("active_days_365!", pa.int64(), "different days with an order, last 365 days"),
    ("items!", pa.float64(), "units bought, exact to a thousandth"),
    ("tenure_days", pa.int64(), "whole days since the first order; null: never ordered"),
    ("recency_days", pa.int64(), "whole days since the last order; null: never ordered"),
    ("gap_mean_days", pa.float64(), "mean of days between days with an order; null: fewer than two such days"),
    ("gap_sd_days", pa.float64(), "standard deviation of these gaps; null: fewer than three such days"),
    ("basket_minor", pa.float64(), "mean spend per order; null: never ordered"),
    ("basket_items", pa.float64(), "mean units per order; null: never ordered, or no lines"),
    ("products!", pa.int64(), "different products bought"),
    ("categories!", pa.int64(), "different categories bought (departments where there is no category)"),
    ("weekend_share", pa.float64(), "share of orders on Saturdays and Sundays; null: never ordered"),
    ("evening_share", pa.float64(), "share of orders from 18:00 to 24:00; null: never ordered"),
    ("channels!", pa.int64(), "different channels of orders"),
    ("channel", pa.string(), "channel of most orders; of equal ones the first by name"),
    ("views_30!", pa.int64(), "view events, last 30 days"),
    ("clicks_30!", pa.int64(), "click events, last 30 days"),
    ("searches_30!", pa.int64(), "search events, last 30 days"),
    ("carts_30!", pa.int64(), "cart events, last 30 days"),
    ("views_90!", pa.int64(), "view events, last 90 days"),
    ("clicks_90!", pa.int64(), "click events, last 90 days"),
    ("searches_90!", pa.int64(), "search events, last 90 days"),
    ("carts_90!", pa.int64(), "cart events, last 90 days"),
    ("visits_30!", pa.int64(), "visits that end in the last 30 days"),
    ("visits_90!", pa.int64(), "visits that end in the last 90 days"),
    ("visit_recency_days", pa.int64(), "whole days since the last event; null: none"),
    ("view_to_cart", pa.float64(), "cart events per view event, last 90 days; null: no views"),
    (
        "carts_left_90!",
        pa.int64(),
        "visits of the last 90 days with a cart event, but neither a purchase event nor an order on their last day",
    ),
    ("coupon_orders!", pa.int64(), "orders with a code or a redeemed coupon, all time"),
    ("coupon_share", pa.float64(), "such orders as a share of all; null: never ordered"),
    ("coupon_recency_days", pa.int64(), "whole days since the last such order; null: none"),
    ("contacts!", pa.int64(), "contacts, all time"),
    ("contacts_7!", pa.int64(), "contacts, last 7 days"),
    ("contacts_30!", pa.int64(), "contacts, last 30 days"),
    ("contacts_90!", pa.int64(), "contacts, last 90 days"),
    ("contact_recency_days", pa.int64(), "whole days since the last contact; null: none"),
    (
        "contacts_answered",
        pa.float64(),
        "share of contacts at least 7 days ago that were followed by an order within 7 days; null: none so old",
    ),
    ("contacts_since_order!", pa.int64(), "contacts after the last order, or all if there is none"),
    ("region", pa.string(), "where the customer lives, as it stands now; null: unknown"),
    ("accepts_marketing", pa.bool_(), "consent to be contacted, as it stands now; null: unknown"),
    (
        "typical_gap_days",
        pa.float64(),
        "median days between days with an order: own from 3 gaps on, else the shop's; null: never ordered",
    ),
    ("silence", pa.float64(), "days since the last order in typical gaps; null: never ordered"),
    (
        "lifecycle!",
        pa.string(),
        "prospect (never ordered), new (one day with orders), active, loyal, at_risk, lapsed or lost",
    ),
    ("deal_share", pa.float64(), "share of lines with a discount; null: no lines"),
    ("discount_share", pa.float64(), "discounts as a share of list value; null: no list value"),
    ("price_level", pa.float64(), "list value against the category's mean price; 1 is average; null: no category"),
    ("cheap_share", pa.float64(), "share of goods bought at least 5 % below their usual price; null: no lines"),
    (
        "price_sensitivity",
        pa.float64(),
        "cheap_share less that of all buyers of these categories, -1 to 1; null: no lines",
    ),
    ("recency_score!", pa.int64(), "1 to 5: how lately they ordered; 0: never"),
    ("frequency_score!", pa.int64(), "1 to 5: orders of the last 365 days; 0: never ordered"),
    ("monetary_score!", pa.int64(), "1 to 5: spend of the last 365 days; 0: never ordered"),
)
INTERESTS = _table(
    ("customer_id!", pa.string(), "pseudonym"),
    ("as_of!", _TIME, "nothing that happened at or after this moment is part of the row"),
    ("category!", pa.string(), "category, or department of goods without one"),
    ("interest!", pa.float64(), "share of the customer's interest that lies here; sums to 1 per customer"),
    ("score!", pa.float64(), "sum over interactions of weight x fading; adds up to the customer's total"),
)
OUTLOOK = _table(
    ("customer_id!", pa.string(), "pseudonym"),
    ("as_of!", _TIME, "nothing that happened at or after this moment is part of the row"),
    ("segment", pa.int64(), "number of the customer's segment, 0 is the largest; null: never ordered, or no segments"),
    (
        "p_churn",
        pa.float64(),
        "probability of no order in the horizon; null: no order in the last year, or no forecast",
    ),
    ("standing", pa.string(), "active, at_risk or gone, by p_churn; null where that is"),
    ("p_alive", pa.float64(), "probability of not having left for good (BG/NBD); null: never ordered"),
    ("orders_year", pa.float64(), "days with an order expected in the next 52 weeks; null: never ordered"),
    ("clv_minor", pa.float64(), "discounted margin expected of the next twelve months; null: never ordered"),
)
PLAN = _table(
    ("customer_id!", pa.string(), "pseudonym"),
    ("offer_id!", pa.string(), "the offer that is given, or, in the hold-out, withheld"),
    (
        "arm!",
        pa.string(),
        "treatment (given), control (withheld, to prove it), explore (given by chance), explore_control (not given)",
    ),
    ("propensity!", pa.float64(), "probability with which chance put this customer into this arm, of those drawn from"),
    ("net_margin!", pa.float64(), "what giving it is expected to earn, minor units; of `control`: what it would"),
    ("se!", pa.float64(), "standard error of net_margin, minor units"),
    ("expected_cost!", pa.float64(), "what the shop spends if it is given, expected, minor units"),
    ("liability!", pa.float64(), "the most that it can cost if it is used, minor units"),
    ("grade!", pa.string(), "evidence grade of the response, as in RESPONSE"),
    ("reasons!", pa.list_(pa.string()), "at most four codes that say why the figure is what it is"),
)
RECOMMENDATIONS = _table(
    ("customer_id!", pa.string(), "pseudonym"),
    ("rank!", pa.int64(), "1 is the best"),
    ("product_id!", pa.string(), "SKU or product id"),
    ("score!", pa.float64(), "higher is better within one customer and model; no probability"),
    ("source!", pa.string(), "kind of the recommender"),
    ("reasons!", pa.list_(pa.string()), "codes that say why, some with what they are about behind a colon"),
)

DERIVED: Mapping[str, pa.Schema] = MappingProxyType(
    {
        "profiles": PROFILES,
        "interests": INTERESTS,
        "outlook": OUTLOOK,
        "response": RESPONSE,
        "recommendations": RECOMMENDATIONS,
    }
)
"""Tables that the line makes from the named ones, by name, which is also their folder in a workspace's `derived`."""

TABLES: Mapping[str, pa.Schema] = MappingProxyType(
    {
        "customers": CUSTOMERS,
        "products": PRODUCTS,
        "orders": ORDERS,
        "order_lines": ORDER_LINES,
        "events": EVENTS,
        "promotions": PROMOTIONS,
        "promotion_products": PROMOTION_PRODUCTS,
        "exposures": EXPOSURES,
        "coupons": COUPONS,
        "prices": PRICES,
        "inventory": INVENTORY,
        "feedback": FEEDBACK,
        "samples": SAMPLES,
    }
)
"""Every named table by its name, which is also its folder in a workspace."""

KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "customers": ("customer_id",),
        "products": ("product_id",),
        "orders": ("order_id",),
        "order_lines": ("order_id", "line"),
        "events": ("event_id",),
        "promotions": ("promotion_id",),
        "promotion_products": ("promotion_id", "product_id"),
        "exposures": ("promotion_id", "customer_id"),
        "coupons": ("coupon_id", "order_id"),
        "prices": ("product_id", "region", "starts_at"),
        "inventory": ("product_id", "location", "at"),
        "feedback": ("feedback_id",),
        "samples": ("sample_id",),
    }
)
"""The columns that identify a row; two rows with the same key are duplicates."""


def check(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return `table` with the schema's columns in the schema's order, or say what does not fit.

    Missing nullable columns are added as nulls; a column of another type is cast where no value is lost.

    Raises:
        SchemaError: a required column is missing or holds nulls, a column cannot be cast, or a column
            is unknown to the schema (with the nearest known name) or stands more than once.

    >>> check(pa.table({"promotion_id": ["a"], "product_id": ["p"]}), PROMOTION_PRODUCTS).num_rows
    1
    """
    _refuse_unknown(table.column_names, schema)
    columns = [_column(table, field) for field in schema]
    return pa.table(columns, schema=schema)


def _refuse_unknown(names: list[str], schema: pa.Schema) -> None:
    from difflib import get_close_matches

    for name in names:
        if names.count(name) > 1:
            raise SchemaError(f"column {name!r} stands {names.count(name)} times")
        if name not in schema.names:
            near = get_close_matches(name, schema.names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(schema.names)}"
            raise SchemaError(f"unknown column {name!r}{hint}")


def _column(table: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    if field.name not in table.column_names:
        if not field.nullable:
            raise SchemaError(f"required column {field.name!r} ({field.type}) is missing")
        return pa.chunked_array([pa.nulls(table.num_rows, field.type)], type=field.type)
    column = table[field.name]
    if not field.nullable and column.null_count:
        first = column.is_null().index(True).as_py()
        raise SchemaError(
            f"column {field.name!r} may not be empty: {column.null_count} nulls, the first in row {first}"
        )
    try:
        return column.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SchemaError(f"column {field.name!r} is {column.type}, must be {field.type}: {error}") from error
