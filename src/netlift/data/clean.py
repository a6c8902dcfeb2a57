"""Cleaning as SQL that adapters share: refunds netted against purchases, outliers found by a robust rule.

Nothing is repaired in silence: a refund that matches no purchase is refused, an outlier keeps its values and gets a
flag, a winsorised number is counted in the receipt.
"""

FEWEST = 20
"""Lines of a product below which none of them is called an outlier."""
_SAMPLE = 1_000_000  # lines that limits are taken from: every k-th of a larger file
_STEPS = 8  # bins per doubling: a bin is 9 % wide
_PRICE_FACTOR, _QUANTITY_FACTOR = 2, 3.33  # doublings: a price 4 times, a quantity 10 times the median
_DEVIATIONS = 5  # and this many robust standard deviations (1.4826 x MAD) away


def limits(source: str, *, price: str, quantity: str, product: str = "product_id") -> str:
    """SQL for the plausible range of each product: `product_id, least_price, greatest_price, greatest_quantity`.

    A price is an outlier if it is more than 4 times above or below the product's median and more than 5 robust
    standard deviations away on the log scale; a quantity if it is more than 10 times the median and as many
    deviations above. Medians are of bins 9 % wide, so that one pass and little memory are enough.

    Args:
        source: table or query in brackets, with `_row`.
        price: SQL for the price of one unit, in minor units.
        quantity: SQL for the units.
        product: column that names the product.
    """
    sampled = f"SELECT * FROM {source} WHERE _row % (SELECT 1 + max(_row) // {_SAMPLE} FROM {source}) = 0"
    return f"""
    WITH sampled AS MATERIALIZED (
        SELECT {product} AS product_id, CAST(round({_STEPS} * log2(greatest({price}, 0.5))) AS INTEGER) AS p,
            CAST(round({_STEPS} * log2(greatest({quantity}, 0.001))) AS INTEGER) AS q FROM ({sampled})),
    middles AS (
        SELECT product_id, quantile_disc(p, 0.5) AS p_middle, quantile_disc(q, 0.5) AS q_middle
        FROM sampled GROUP BY product_id HAVING count(*) >= {FEWEST}),
    widths AS (
        SELECT product_id, any_value(p_middle) AS p_middle, any_value(q_middle) AS q_middle,
            {_width("p", _PRICE_FACTOR)} AS p_width, {_width("q", _QUANTITY_FACTOR)} AS q_width
        FROM sampled JOIN middles USING (product_id) GROUP BY product_id)
    SELECT product_id, pow(2, (p_middle - p_width) / {_STEPS}) AS least_price,
        pow(2, (p_middle + p_width) / {_STEPS}) AS greatest_price,
        pow(2, (q_middle + q_width) / {_STEPS}) AS greatest_quantity
    FROM widths"""


def _width(column: str, factor: float) -> str:
    """SQL for the distance from the median that is still plausible, in bins."""
    deviation = f"quantile_disc(abs({column} - {column}_middle), 0.5)"
    return f"greatest({factor * _STEPS}, {_DEVIATIONS} * 1.4826 * {deviation})"


def flags(*, price: str, quantity: str) -> str:
    """SQL for ORDER_LINES.flags of a row that is joined with `limits`; null where nothing stands out."""
    odd_price = f"{price} < least_price OR {price} > greatest_price"
    odd_quantity = f"{quantity} > greatest_quantity"
    return (
        f"CASE WHEN {odd_price} OR {odd_quantity} THEN concat_ws(',', CASE WHEN {odd_price} THEN 'outlier_price' END, "
        f"CASE WHEN {odd_quantity} THEN 'outlier_quantity' END) END"
    )


def _matched(source: str, *, who: str, product: str, at: str, quantity: str, amount: str) -> str:
    """SQL for the pairs of purchase and return: `purchase, refund, units, minor`.

    Returns use up a customer's purchases of a product in the order of time: purchases and returns are laid out as
    intervals of units, and what overlaps belongs together, unless the purchase came later.
    """
    names = f"{who} AS who, {product} AS product, {at} AS happened, {quantity} AS q, {amount} AS m"
    both = f"SELECT _row, {names} FROM {source}"

    def laid_out(rows: str) -> str:
        order = "(PARTITION BY who, product ORDER BY happened, _row ROWS UNBOUNDED PRECEDING)"
        return f"SELECT *, sum(units) OVER {order} AS upto FROM ({rows})"

    returns = laid_out(
        f"SELECT * EXCLUDE (q, m), -q AS units, abs(m) AS m FROM ({both}) WHERE q < 0 AND who IS NOT NULL"
    )
    returned = "(who, product) IN (SELECT (who, product) FROM r)"
    bought = laid_out(f"SELECT * EXCLUDE (q), q AS units FROM ({both}) WHERE q > 0 AND {returned}")
    overlap = "least(p.upto, r.upto) - greatest(p.upto - p.units, r.upto - r.units)"
    return f"""
    WITH r AS MATERIALIZED ({returns}), p AS ({bought})
    SELECT p._row AS purchase, r._row AS refund, {overlap} AS units, r.units AS refund_units, r.m AS refund_minor,
        sum({overlap}) OVER (PARTITION BY r._row ORDER BY p.upto ROWS UNBOUNDED PRECEDING) AS refund_upto
    FROM p JOIN r ON p.who = r.who AND p.product = r.product AND p.happened <= r.happened AND {overlap} > 0"""


def unmatched_refund(*, who: str, product: str, at: str, quantity: str, sound: str = "true") -> str:
    """SQL over `typed`: a row of negative quantity for which that customer bought too little of the product before.

    Args:
        who: column with the customer (or the order, for guests); null never matches.
        product: column with the product.
        at: column with the time.
        quantity: column with the units, negative for returns.
        sound: SQL that says which rows of `typed` count as purchases.
    """
    source = f"(SELECT * FROM typed WHERE {sound})"
    pairs = _matched(source, who=who, product=product, at=at, quantity=quantity, amount="0")
    return (
        f"{quantity} < 0 AND _row NOT IN (SELECT refund FROM ({pairs}) GROUP BY refund "
        "HAVING sum(units) >= any_value(refund_units) - 1e-9)"
    )


def refunds(*, who: str, product: str, at: str, quantity: str, amount: str) -> str:
    """SQL over `kept`: what was given back of each purchase: `_row, refunded_quantity, refunded_minor`.

    The money of a return is split over its purchases by units, exactly: differences of a rounded cumulative sum.

    Args:
        who: column with the customer, as in `unmatched_refund`.
        product: column with the product.
        at: column with the time.
        quantity: column with the units, negative for returns.
        amount: column with the money of the line in minor units, of either sign.
    """
    pairs = _matched("kept", who=who, product=product, at=at, quantity=quantity, amount=amount)
    part = (
        "round(refund_minor * refund_upto / refund_units) - round(refund_minor * (refund_upto - units) / refund_units)"
    )
    return (
        f"SELECT purchase AS _row, sum(units) AS refunded_quantity, CAST(sum({part}) AS BIGINT) AS refunded_minor "
        f"FROM ({pairs}) GROUP BY purchase"
    )


def winsorised(column: str, *, tail: float = 0.005) -> str:
    """SQL for a numeric column with its two tails pulled in to their quantiles, over all rows.

    >>> winsorised("age")
    'least(greatest(age, quantile_disc(age, 0.005) OVER ()), quantile_disc(age, 0.995) OVER ())'
    """
    low, high = (f"quantile_disc({column}, {share:g}) OVER ()" for share in (tail, 1 - tail))
    return f"least(greatest({column}, {low}), {high})"
