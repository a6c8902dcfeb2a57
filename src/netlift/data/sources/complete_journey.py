"""The Complete Journey 2.0: one year of a grocer's households, one adapter per file of the folder.

What was found in the files, on which the reading rests: all amounts are whole cents; `transaction_timestamp` is UTC
(the `week` changes at midnight in New York, not at midnight as written); dates of campaigns are local; fuel is counted
in thousandths of a gallon; 2,978 rows without a product hold coupons that the till could not attach.
"""

from netlift.data.rules import dated, identified, zone_of
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.engines.sql import text
from netlift.errors import Reason, SourceError

_HOME = "'America/New_York'"
_PRODUCTS = ("product_id", "manufacturer_id", "department", "brand", "product_category", "product_type")
_TRANSACTIONS = ("household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value", "retail_disc")
_COUPON_PARTS = ("coupon_disc", "coupon_match_disc", "transaction_timestamp")
_DESCRIPTIONS = ("campaign_id", "campaign_type", "start_date", "end_date")
_DEMOGRAPHICS = ("household_id", "age", "income", "home_ownership", "marital_status", "household_size")


_SALES = """
SELECT raw._row, basket_id AS order_id, raw.product_id AS product_id, customer(household_id) AS customer_id,
    store_id AS region,
    'USD' AS currency, transaction_timestamp AS time_text, moment(transaction_timestamp, {zone}) AS ordered_at,
    number(quantity) AS units, money(sales_value, 'USD') AS sales_minor, money(retail_disc, 'USD') AS retail_minor,
    money(coupon_disc, 'USD') AS coupon_minor, money(coupon_match_disc, 'USD') AS match_minor,
    units >= 10 AND sales_minor > 0 AND sales_minor < units AS is_fuel,
    coalesce(p.department = 'COUPON' OR p.product_type LIKE '%GIFT CARD%'
             OR p.product_type LIKE 'MISC SALES TRAN%', false) AS is_no_product,
    coalesce(p.product_type LIKE 'GASOLINE%' AND units < 10, false) AS is_unmeasured
FROM raw LEFT JOIN {products} p ON raw.product_id = p.product_id
"""
_NO_PRODUCTS = "(SELECT NULL::VARCHAR AS product_id, NULL::VARCHAR AS department, NULL::VARCHAR AS product_type)"

# A till gives no change on a coupon: what exceeds the price is no discount. The price received is `sales_value`, the
# manufacturer's refund of its coupon included, so that list - discount + funded is what the grocer received.
_SALE = """
SELECT *, sales_minor + retail_minor + match_minor AS list_minor, least(coupon_minor, sales_minor) AS funded_minor,
    retail_minor + match_minor + funded_minor AS discount_minor,
    CASE WHEN is_fuel THEN units / 1000 ELSE units END AS quantity
FROM kept
"""
_SALE_LINES = """
SELECT order_id, CAST(row_number() OVER (PARTITION BY order_id ORDER BY _row) AS INTEGER) AS line, product_id,
    customer_id, ordered_at, currency, region, quantity, list_minor, discount_minor, funded_minor,
    0 AS refunded_quantity, 0 AS refunded_minor,
    nullif(concat_ws(',', CASE WHEN is_fuel THEN 'fuel_gallons' WHEN is_unmeasured THEN 'fuel_unmeasured' END,
                          CASE WHEN coupon_minor > sales_minor THEN 'coupon_overage' END), '') AS flags
FROM sale
"""
_SALE_ORDERS = """
SELECT order_id, any_value(customer_id) AS customer_id, min(ordered_at) AS ordered_at, 'USD' AS currency,
    'paid' AS status, 'store' AS channel, any_value(region) AS region, CAST(sum(list_minor) AS BIGINT) AS list_minor,
    CAST(sum(discount_minor) AS BIGINT) AS discount_minor,
    CAST(sum(list_minor - discount_minor) AS BIGINT) AS total_minor, 0 AS refunded_minor
FROM sale GROUP BY order_id
"""
_SALE_CUSTOMERS = """
SELECT customer_id, min(ordered_at) AS first_seen, arg_max(region, (visits, region)) AS region
FROM (SELECT customer_id, region, min(ordered_at) AS ordered_at, count(DISTINCT order_id) AS visits
      FROM kept WHERE customer_id IS NOT NULL GROUP BY customer_id, region)
GROUP BY customer_id
"""


class Transactions(Source):
    """transactions: what each household paid for each product in each basket."""

    kind = "complete_journey_transactions"
    title = "Complete Journey transactions"
    forms = ("parquet", "csv")
    telling = (*_TRANSACTIONS, *_COUPON_PARTS)

    def recognises(self, peek: Peek) -> float:
        """Sure when baskets of households carry retail and coupon discounts."""
        return 0.95 if peek.has(*self.telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Orders and lines; with the products beside, gift cards and coupons sold are told from goods."""
        beside = peek.companion(*_PRODUCTS)
        products = beside.relation() if beside else _NO_PRODUCTS
        return Reading(
            rows=_SALES.format(zone=zone_of(options), products=products),
            stages={"sale": _SALE},
            tables={"orders": _SALE_ORDERS, "order_lines": _SALE_LINES, "customers": _SALE_CUSTOMERS},
            refuse=(
                *identified("order_id"),
                *identified("product_id"),
                *dated("time_text", "ordered_at", options),
                Rule(Reason.BAD_AMOUNT, "sales_minor + retail_minor + coupon_minor + match_minor IS NULL"),
                Rule(Reason.NEGATIVE_PRICE, "least(sales_minor, retail_minor, coupon_minor, match_minor) < 0"),
                Rule(Reason.NOT_A_PRODUCT, "is_no_product OR units = 0 AND coupon_minor > 0"),
                Rule(Reason.BAD_QUANTITY, "units IS NULL OR units = 0"),
                Rule(Reason.NEGATIVE_QUANTITY, "units < 0"),
            ),
            currency="currency",
            unused=peek.known("week"),
            notes=("no_cost",),
        )


class Products(Source):
    """products: what was sold, in three levels."""

    kind = "complete_journey_products"
    title = "Complete Journey products"
    forms = ("parquet", "csv")
    telling = _PRODUCTS

    def recognises(self, peek: Peek) -> float:
        """Sure when the three levels and the manufacturer are there."""
        return 0.95 if peek.has(*self.telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:  # noqa: ARG002
        """Products with category and department; the file holds no prices."""
        return Reading(
            rows=f"""
SELECT _row, blank(product_id) AS product_id, blank(manufacturer_id) AS brand, blank(brand) AS label,
    blank(department) AS department, blank(product_category) AS category, blank(product_type) AS type,
    {peek.text("package_size")} AS size
FROM raw
""",
            tables={
                "products": """
SELECT product_id, nullif(concat_ws(' ', type, size), '') AS name, category, department, brand, 'USD' AS currency,
    CAST(json_object('label', label, 'type', type, 'size', size) AS VARCHAR) AS attributes
FROM kept
"""
            },
            refuse=identified("product_id"),
            identity=("product_id",),
            notes=("no_cost",),
        )


class CampaignDescriptions(Source):
    """campaign_descriptions: when each campaign ran."""

    kind = "complete_journey_campaign_descriptions"
    title = "Complete Journey campaign descriptions"
    forms = ("parquet", "csv")
    telling = _DESCRIPTIONS

    def recognises(self, peek: Peek) -> float:
        """Sure when a campaign has a type, a start and an end."""
        return 0.95 if peek.has(*self.telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:  # noqa: ARG002
        """Campaigns as promotions; the last day belongs to the campaign."""
        return Reading(
            rows=f"""
WITH day AS (
    SELECT _row, blank(campaign_id) AS promotion_id, blank(campaign_type) AS type, blank(start_date) AS first_day,
        CAST(TRY_CAST(left(end_date, 10) AS DATE) + 1 AS VARCHAR) AS day_after FROM raw)
SELECT *, moment(first_day, {_HOME}) AS starts_at, moment(day_after, {_HOME}) AS ends_at FROM day
""",
            tables={
                "promotions": """
SELECT promotion_id, 'Campaign ' || promotion_id AS name, 'campaign' AS mechanism, starts_at, ends_at,
    'USD' AS currency, CAST(json_object('type', type) AS VARCHAR) AS attributes
FROM kept
"""
            },
            refuse=(
                *identified("promotion_id"),
                Rule(Reason.MISSING_TIME, "first_day IS NULL"),
                Rule(Reason.BAD_TIME, "starts_at IS NULL OR ends_at IS NULL OR ends_at <= starts_at"),
            ),
            identity=("promotion_id",),
        )


class Campaigns(Source):
    """campaigns: which household received which campaign."""

    kind = "complete_journey_campaigns"
    title = "Complete Journey campaigns"
    forms = ("parquet", "csv")
    telling = ("campaign_id", "household_id")

    def recognises(self, peek: Peek) -> float:
        """Sure when the file holds campaigns and households and nothing else."""
        return 0.9 if set(peek.columns) == set(self.telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:  # noqa: ARG002
        """Exposures from the campaign's start, which stands in campaign_descriptions; not assigned by chance."""
        beside = peek.companion(*_DESCRIPTIONS)
        nothing = f"(SELECT {', '.join(f'NULL::VARCHAR AS {name}' for name in _DESCRIPTIONS)})"
        return Reading(
            rows=f"""
WITH started AS (
    SELECT campaign_id, min_by(campaign_type, start_date) AS type, min(start_date) AS first_day
    FROM {beside.relation() if beside else nothing} GROUP BY campaign_id)
SELECT raw._row, blank(raw.campaign_id) AS promotion_id, customer(blank(household_id)) AS customer_id, type, first_day,
    moment(first_day, {_HOME}) AS exposed_at
FROM raw LEFT JOIN started ON raw.campaign_id = started.campaign_id
""",
            tables={
                "exposures": """
SELECT promotion_id, customer_id, coalesce(lower(replace(type, ' ', '_')), 'received') AS arm, exposed_at,
    'mail' AS channel
FROM kept
"""
            },
            refuse=(
                *identified("promotion_id"),
                *identified("customer_id"),
                Rule(Reason.MISSING_TIME, "first_day IS NULL"),
                Rule(Reason.BAD_TIME, "exposed_at IS NULL"),
            ),
            identity=("promotion_id", "customer_id"),
            notes=("no_propensity",),
        )


class Coupons(Source):
    """coupons: which products each coupon of a campaign is for."""

    kind = "complete_journey_coupons"
    title = "Complete Journey coupons"
    forms = ("parquet", "csv")
    telling = ("coupon_upc", "product_id", "campaign_id")

    def recognises(self, peek: Peek) -> float:
        """Sure when a coupon number has a product and a campaign."""
        return 0.95 if peek.has(*self.telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:  # noqa: ARG002
        """Products of each campaign, whichever coupon they are on."""
        return Reading(
            rows="""
SELECT _row, blank(coupon_upc) AS coupon_id, blank(product_id) AS product_id, blank(campaign_id) AS promotion_id
FROM raw
""",
            tables={"promotion_products": "SELECT DISTINCT promotion_id, product_id FROM kept"},
            refuse=(*identified("promotion_id"), *identified("product_id")),
            identity=("coupon_id", "product_id", "promotion_id"),
        )


class Redemptions(Source):
    """coupon_redemptions: who handed in which coupon on which day."""

    kind = "complete_journey_redemptions"
    title = "Complete Journey coupon redemptions"
    forms = ("parquet", "csv")
    telling = ("household_id", "coupon_upc", "campaign_id", "redemption_date")

    def recognises(self, peek: Peek) -> float:
        """Sure when a household's coupon has a day of redemption."""
        return 0.95 if peek.has(*self.telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:  # noqa: ARG002
        """Redemptions; one coupon number is handed in by many, so its id is joined with household and day."""
        return Reading(
            rows=f"""
SELECT _row, blank(coupon_upc) AS upc, customer(blank(household_id)) AS customer_id, blank(campaign_id) AS promotion_id,
    redemption_date AS day, moment(redemption_date, {_HOME}) AS redeemed_at
FROM raw
""",
            tables={
                "coupons": """
SELECT concat_ws('-', upc, promotion_id, customer_id, left(day, 10)) AS coupon_id, promotion_id, customer_id,
    redeemed_at, 'USD' AS currency
FROM kept
"""
            },
            refuse=(*identified("upc"), *identified("customer_id"), *dated("day", "redeemed_at", options)),
            identity=("upc", "promotion_id", "customer_id", "day"),
            notes=("no_order", "no_amount"),
        )


class Demographics(Source):
    """demographics: what is known about some of the households."""

    kind = "complete_journey_demographics"
    title = "Complete Journey demographics"
    forms = ("parquet", "csv")
    telling = _DEMOGRAPHICS

    def recognises(self, peek: Peek) -> float:
        """Sure when households have age, income and home."""
        return 0.95 if peek.has(*self.telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:  # noqa: ARG002
        """Customers with age band; income and family stand among the attributes."""
        fields = ("income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count")
        pairs = ", ".join(f"'{name}', {name}" for name in fields)
        return Reading(
            rows=f"""
SELECT _row, customer(blank(household_id)) AS customer_id, blank(age) AS age,
    {peek.fields({name: (name,) for name in fields})}
FROM raw
""",
            tables={
                "customers": f"""
SELECT customer_id, age, CAST(json_object({pairs}) AS VARCHAR) AS attributes FROM kept
"""
            },
            refuse=identified("customer_id"),
            identity=("customer_id",),
        )


_DISPLAY = "0 none,1 store front,2 store rear,3 front end cap,4 mid-aisle end cap,5 rear end cap,6 side-aisle end cap"
_DISPLAY += ",7 in-aisle,9 secondary,A in-shelf"
_MAILER = "0 none,A interior page,C interior line,D front page,F back page,H wrap front,J wrap interior coupon"
_MAILER += ",L wrap back,P interior coupon,X free on interior page,Z free on front page"


class Promotions(Source):
    """promotions: where each product stood in store and leaflet, week by week."""

    kind = "complete_journey_promotions"
    title = "Complete Journey displays and mailers"
    forms = ("parquet", "csv")
    telling = ("product_id", "store_id", "display_location", "mailer_location", "week")

    def recognises(self, peek: Peek) -> float:
        """Sure when products in stores have places of display and mailer by week."""
        return 0.95 if peek.has(*self.telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:  # noqa: ARG002
        """Placements without prices; week 1 is the Sunday 2017-01-01, every later week starts on a Monday.

        Raises:
            SourceError: the file is one of a folder: nothing in netlift reads its 20.9 million rows yet, so they are
                taken in only where the file is given by itself.
        """
        if peek.beside:
            raise SourceError(
                "weekly displays and mailers (20.9 million rows) are not needed for an audit and were passed over; "
                "give this file by itself to take it in"
            )
        return Reading(
            rows=f"""
SELECT _row, product_id, store_id AS region, TRY_CAST(week AS INTEGER) AS week,
    {_words(_DISPLAY)}[display_location] AS display, {_words(_MAILER)}[mailer_location] AS feature
FROM raw
""",
            tables={
                "prices": f"""
WITH calendar AS (
    SELECT week, CASE WHEN week = 1 THEN TIMESTAMP '2017-01-01' ELSE monday END AS first_day,
        monday + INTERVAL 7 DAY AS after
    FROM (SELECT DISTINCT week, TIMESTAMP '2017-01-02' + INTERVAL 7 DAY * (week - 2) AS monday FROM kept))
SELECT product_id, region, timezone({_HOME}, first_day) AS starts_at, timezone({_HOME}, after) AS ends_at,
    'USD' AS currency, display, feature
FROM kept JOIN calendar USING (week)
"""
            },
            refuse=(
                *identified("product_id"),
                *identified("region"),
                Rule(Reason.BAD_TIME, "week IS NULL OR week < 1"),
            ),
            notes=("no_prices",),
        )


def _words(codes: str) -> str:
    """SQL map from the file's one-letter codes to words."""
    return "MAP {" + ", ".join(f"{text(code[0])}: {text(code[2:])}" for code in codes.split(",")) + "}"
