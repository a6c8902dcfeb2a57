"""A replay as Arrow tables: one row per order, and one row per promotion; money in integer minor units."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from netlift.evaluation.replay_results import Replay
from netlift.history.cart_quotes import Outcome

if TYPE_CHECKING:
    import pyarrow as pa


def order_schema() -> "pa.Schema":
    """Columns of `order_table`."""
    import pyarrow as pa

    minor = ("listed", "really_given", "discount", "shipping_discount", "gifts", "cost", "margin_then", "margin_now")
    return pa.schema(
        [
            ("order_id", pa.string()),
            ("ordered_at", pa.timestamp("us", tz="UTC")),
            ("customer_id", pa.string()),
            *((f"{name}_minor", pa.int64()) for name in minor),
            ("promotions", pa.list_(pa.string())),
            ("discounts_minor", pa.list_(pa.int64())),
            ("floor_lines", pa.int32()),
            ("below_cost_lines", pa.int32()),
            ("proved", pa.bool_()),
            ("problem", pa.string()),
        ]
    )


def order_table(outcomes: Sequence[Outcome]) -> "pa.Table":
    """One row per order: what it was, what it would have been, and which promotions gave it how much."""
    import pyarrow as pa

    rows = [
        (
            one.id, one.at, one.customer, one.listed, one.really_given, one.goods,
            sum(given.shipping for given in one.given), sum(given.gifts for given in one.given), one.cost,
            one.margin_then, one.margin_now, [given.promotion for given in one.given],
            [given.spent for given in one.given], one.floor_lines, one.below_cost, one.proved, one.problem or None,
        )
        for one in outcomes
    ]  # fmt: skip
    return _table(rows, order_schema()) if rows else pa.Table.from_pylist([], schema=order_schema())


def promotion_table(replay: Replay) -> "pa.Table":
    """One row per promotion with all its sums."""
    import pyarrow as pa

    minor = ("discount", "shipping", "gifts", "credits", "funded", "margin")
    schema = pa.schema(
        [
            ("promotion_id", pa.string()),
            ("name", pa.string()),
            ("currency", pa.string()),
            ("orders", pa.int64()),
            ("share", pa.float64()),
            ("units", pa.int64()),
            ("gift_units", pa.int64()),
            *((f"{name}_minor", pa.int64()) for name in minor),
        ]
    )
    rows = [
        (
            one.promotion, one.name, replay.currency, one.orders, one.share, one.units, one.gift_units,
            *(getattr(one, name) for name in minor),
        )
        for one in replay.promotions
    ]  # fmt: skip
    return _table(rows, schema)


def _table(rows: Iterable[Sequence[object]], schema: "pa.Schema") -> "pa.Table":
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table(
        [pa.array(list(values), field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
    )
