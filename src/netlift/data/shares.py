"""Split money over the lines of an order inside SQL without losing a cent."""


def share(total: str, weight: str, *, by: str, order: str = "_row") -> str:
    """SQL for a row's part of `total`, in proportion to `weight`; the parts of one `by` sum to `total` exactly.

    Part k is round(total * W_k / W) - round(total * W_(k-1) / W), where W_k adds up the weights to row k and
    W all of them: differences of a cumulative sum, so nothing is lost and no part misses its exact value by a
    whole unit. All in 128-bit integers. A `total` of at most W never gives a row more than its weight.

    Args:
        total: minor units >= 0, the same on every row of `by`.
        weight: integer >= 0; where all weights of a group are 0, every row counts the same.
        by: columns of the group.
        order: what puts the rows of a group in a fixed order.

    >>> share("discount", "net", by="order_id").startswith("CAST(CASE")
    True
    """
    group, running = f"(PARTITION BY {by})", f"(PARTITION BY {by} ORDER BY {order} ROWS UNBOUNDED PRECEDING)"
    whole, upto = f"sum({weight}) OVER {group}", f"sum({weight}) OVER {running}"
    rows, position = f"count(*) OVER {group}", f"count(*) OVER {running}"
    weighted = f"{_rounded(total, upto, whole)} - {_rounded(total, f'({upto} - {weight})', whole)}"
    evenly = f"{_rounded(total, position, rows)} - {_rounded(total, f'({position} - 1)', rows)}"
    return f"CAST(CASE WHEN {whole} > 0 THEN {weighted} ELSE {evenly} END AS BIGINT)"


def _rounded(total: str, part: str, whole: str) -> str:
    """Round(total * part / whole), half up, in integers."""
    return f"((2 * CAST({total} AS HUGEINT) * {part} + {whole}) // (2 * {whole}))"
