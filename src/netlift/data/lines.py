"""Order lines of any file become orders: grouped, refunds netted, discounts shared out, oddities flagged."""

from collections.abc import Mapping, Sequence

from netlift.data import clean
from netlift.data.fields import Field, Fields, fault_rules, rows_query
from netlift.data.mapping import Value
from netlift.data.shares import share
from netlift.data.source import Options, Reading, Rule, Runs
from netlift.engines.sql import text
from netlift.errors import Reason

_CANCELLED = ("cancelled", "canceled", "voided", "failed", "已取消", "取消", "交易关闭", "已关闭")
_STATUS = {
    "paid": (
        "paid",
        "completed",
        "complete",
        "shipped",
        "delivered",
        "fulfilled",
        "success",
        "交易成功",
        "已完成",
        "已付款",
        "已发货",
    ),
    "pending": ("pending", "processing", "on-hold", "unpaid", "authorized", "待付款", "等待买家付款", "处理中"),
    "refunded": ("refunded", "returned", "已退款", "退款成功"),
    "partially_refunded": ("partially_refunded", "partially refunded", "部分退款"),
}
_ORDER_TEXTS = ("channel", "region", "status", "code")
_ORDER_MONEY = ("shipping", "tax")
_LINE_MONEY = ("list_price", "discount", "order_discount", "funded", "unit_cost", "refunded")
_MOST = 2_000_000_000  # minor units of one unit; more is a slip of the decimal mark, and would overflow sums


def lines_reading(
    fields: Fields, values: Mapping[str, Value], options: Options, extra: Sequence[Field] = ()
) -> Reading:
    """How a file of order lines is read.

    Args:
        fields: makes columns of the file.
        values: fields of `[order_lines]`.
        options: gives `now`.
        extra: columns for further tables of the same file.
    """
    columns = _columns(fields, values)
    every, faults = [*columns, *extra], _faults(values, options)
    unmatched = clean.unmatched_refund(
        who=_who(values), product="product_id", at="ordered_at", quantity="quantity", sound="fault IS NULL"
    )
    names = {column.name for column in columns}
    return Reading(
        rows=rows_query(every, fields.currency, faults),
        stages=_stages(values, names),
        tables={"orders": _orders(fields, names), "order_lines": _order_lines(fields, names)},
        runs=_runs(fields, names),
        refuse=(*fault_rules(every, faults), Rule(Reason.UNMATCHED_REFUND, unmatched)),
        identity=("order_id", "line") if "line" in values else (*(c.name for c in columns), *_own_currency(fields)),
        currency=fields.currency_of_row,
        notes=_notes(fields, values),
    )


def _columns(fields: Fields, values: Mapping[str, Value]) -> list[Field]:
    missing = Reason.MISSING_ID
    columns = [
        fields.text("order_id", values["order_id"], missing=missing),
        fields.text("product_id", values["product_id"], missing=missing),
        fields.time("ordered_at", values["ordered_at"], missing=Reason.MISSING_TIME),
        fields.number("quantity", values["quantity"], missing=Reason.BAD_QUANTITY),
    ]
    price = "unit_price" if "unit_price" in values else "amount"
    columns.append(fields.money(price, values[price], missing=Reason.MISSING_AMOUNT))
    if "customer_id" in values:
        columns.append(fields.text("customer_id", values["customer_id"]))
    columns += [fields.text(name, values[name]) for name in _ORDER_TEXTS if name in values]
    columns += [fields.money(name, values[name]) for name in (*_LINE_MONEY, *_ORDER_MONEY) if name in values]
    if "refunded_quantity" in values:
        columns.append(fields.number("refunded_quantity", values["refunded_quantity"]))
    if "line" in values:
        columns.append(fields.number("line", values["line"], whole=True))
    return columns


def _faults(values: Mapping[str, Value], options: Options) -> list[tuple[str, Reason]]:
    cancelled = f"lower(status) IN ({', '.join(map(text, _CANCELLED))})"
    price = "unit_price_minor" if "unit_price" in values else "amount_minor"
    checks = [(f"ordered_at > TIMESTAMP '{options.now:%Y-%m-%d %H:%M:%S}'", Reason.FUTURE_TIME)]
    if "status" in values:
        checks.insert(0, (cancelled, Reason.CANCELLED))
    checks += [
        ("quantity = 0", Reason.BAD_QUANTITY),
        (f"{price} < 0 AND {'true' if price == 'unit_price_minor' else 'quantity > 0'}", Reason.NEGATIVE_PRICE),
        (f"abs({price}) > {_MOST} OR abs(quantity) > 1e9", Reason.BAD_AMOUNT),
    ]
    if "discount" in values and "unit_price" in values:
        checks.append(("quantity > 0 AND abs(discount_minor) > round(quantity * unit_price_minor)", Reason.BAD_AMOUNT))
    return checks


def _who(values: Mapping[str, Value]) -> str:
    return "coalesce(customer_id, order_id)" if "customer_id" in values else "order_id"


def _own_currency(fields: Fields) -> tuple[str, ...]:
    return () if fields.currency.startswith("'") else ("currency",)


# ---- money of a line, as SQL over the columns of `typed`


def _discount(names: set[str]) -> str:
    return "abs(coalesce(discount_minor, 0))" if "discount_minor" in names else "0"


def _gross(names: set[str]) -> str:
    """The line at the price charged, before `discount`."""
    if "unit_price_minor" in names:
        return "CAST(round(quantity * unit_price_minor) AS BIGINT)"
    return f"(abs(amount_minor) + {_discount(names)})"


def _list(names: set[str]) -> str:
    """The line at its regular price."""
    if "list_price_minor" not in names:
        return _gross(names)
    return f"greatest({_gross(names)}, CAST(round(quantity * coalesce(list_price_minor, 0)) AS BIGINT))"


def _off(names: set[str]) -> str:
    """All that was taken off the line itself."""
    return (
        _discount(names)
        if "list_price_minor" not in names
        else f"({_list(names)} - {_gross(names)} + {_discount(names)})"
    )


# ---- queries


def _stages(values: Mapping[str, Value], names: set[str]) -> Mapping[str, str]:
    unit_price = f"{_gross(names)} / abs(quantity)"
    stages = {
        "returned": clean.refunds(
            who=_who(values),
            product="product_id",
            at="ordered_at",
            quantity="quantity",
            amount=f"{_gross(names)} - sign(quantity) * {_discount(names)}"
            if "unit_price_minor" in names
            else "amount_minor",
        ),
        "limits": clean.limits("(SELECT * FROM kept WHERE quantity > 0)", price=unit_price, quantity="quantity"),
    }
    if "order_discount_minor" in names:
        whole = "OVER (PARTITION BY order_id)"
        stages["whole"] = (
            f"SELECT _row, {share('most', 'net', by='order_id')} AS part FROM (SELECT _row, order_id, net, "
            f"CAST(least(max(off) {whole}, sum(net) {whole}) AS BIGINT) AS most "
            f"FROM (SELECT _row, order_id, {_gross(names)} - {_discount(names)} AS net, "
            "abs(coalesce(order_discount_minor, 0)) AS off FROM kept WHERE quantity > 0))"
        )
    stages["heads"] = _heads(names)
    # lines that follow each other are numbered by their rows; only orders with gaps need a sort
    stages["gaps"] = "SELECT h_order_id, h_first, h_last FROM heads WHERE h_last - h_first + 1 <> h_lines"
    stages["scattered"] = (
        "SELECT _row, CAST(row_number() OVER (PARTITION BY order_id ORDER BY _row) AS INTEGER) AS place FROM kept "
        "WHERE quantity > 0 AND _row BETWEEN (SELECT min(h_first) FROM gaps) AND (SELECT max(h_last) FROM gaps) "
        "AND order_id IN (SELECT h_order_id FROM gaps)"
    )
    return stages


def _base(names: set[str], rows: str = "kept") -> str:
    """The rows with what came back of each line and its part of the order's discount."""
    returned = "(SELECT _row, refunded_quantity AS back_quantity, refunded_minor AS back_minor FROM returned)"
    whole = "LEFT JOIN whole USING (_row)" if "order_discount_minor" in names else ""
    return f"{rows} LEFT JOIN {returned} USING (_row) {whole}"


def _of_order(names: set[str]) -> list[str]:
    """Columns of the lines that tell something about the order."""
    texts = ("customer_id", *_ORDER_TEXTS)
    return [name for name in (*texts, *(f"{money}_minor" for money in _ORDER_MONEY)) if name in names]


def _runs(fields: Fields, names: set[str]) -> Runs:
    sums = {"h_list_minor": _list(names), "h_discount_minor": _all_off(names), "h_refunded_minor": _refunded(names)}
    copied = "".join(f", {name} AS h_{name}" for name in _of_order(names))
    heads = f"(SELECT order_id AS h_order_id, ordered_at AS h_ordered_at, {', '.join(sums)}{copied} FROM placed_heads)"
    rows = f"(SELECT *, ordered_at AS h_ordered_at{copied} FROM placed)"
    return Runs(
        key="order_id",
        same=("ordered_at", *_of_order(names)),
        sums=sums,
        where="quantity > 0",
        source=f"{_base(names)} WHERE quantity > 0",
        stages=tuple(
            name for name in ("returned", "limits", "whole") if name != "whole" or "order_discount_minor" in names
        ),
        tables={
            "orders": _orders(fields, names, heads),
            "order_lines": _order_lines(fields, names, _base(names, rows), "place"),
        },
    )


def _heads(names: set[str]) -> str:
    """One row per order; every column begins with `h_`, so that it never meets one of `kept`."""
    texts = "".join(f", min({name}) AS h_{name}" for name in ("customer_id", "channel", "region") if name in names)
    texts += "".join(f", arg_min({name}, _row) AS h_{name}" for name in ("status", "code") if name in names)
    money = "".join(f", max({name}_minor) AS h_{name}_minor" for name in _ORDER_MONEY if f"{name}_minor" in names)
    return (
        "SELECT order_id AS h_order_id, min(ordered_at) AS h_ordered_at, min(_row) AS h_first, max(_row) AS h_last, "
        f"count(*) AS h_lines, CAST(sum({_list(names)}) AS BIGINT) AS h_list_minor, "
        f"CAST(sum({_all_off(names)}) AS BIGINT) AS h_discount_minor, "
        f"CAST(sum({_refunded(names)}) AS BIGINT) AS h_refunded_minor{texts}{money} "
        f"FROM {_base(names)} WHERE quantity > 0 GROUP BY order_id"
    )


def _all_off(names: set[str]) -> str:
    return f"{_off(names)} + coalesce(part, 0)" if "order_discount_minor" in names else _off(names)


def _refunded(names: set[str]) -> str:
    """Money given back for a line: netted returns, what the file says, all of it for a refunded order."""
    said = " + abs(coalesce(refunded_minor, 0))" if "refunded_minor" in names else ""
    known = f"coalesce(back_minor, 0){said}"
    if "status" not in names:
        return known
    net = f"{_list(names)} - ({_all_off(names)})"
    return f"CASE WHEN {_is('refunded')} AND {known} = 0 THEN {net} ELSE {known} END"


def _refunded_quantity(names: set[str]) -> str:
    said = " + abs(coalesce(refunded_quantity, 0))" if "refunded_quantity" in names else ""
    known = f"coalesce(back_quantity, 0){said}"
    return f"CASE WHEN {_is('refunded')} AND {known} = 0 THEN quantity ELSE {known} END" if "status" in names else known


def _is(status: str, column: str = "status") -> str:
    return f"coalesce(lower({column}) IN ({', '.join(map(text, _STATUS[status]))}), false)"


def _orders(fields: Fields, names: set[str], heads: str = "heads") -> str:
    money = [f"{name}_minor" for name in _ORDER_MONEY if f"{name}_minor" in names]
    copied = [*(name for name in ("customer_id", "channel", "region", "code") if name in names), *money]
    charged = " + ".join(["h_list_minor - h_discount_minor", *(f"coalesce(h_{name}, 0)" for name in money)])
    cases = " ".join(f"WHEN {_is(status, 'h_status')} THEN {text(status)}" for status in _STATUS)
    return (
        f"SELECT h_order_id AS order_id, h_ordered_at AS ordered_at, {fields.currency_kept} AS currency, "
        f"{f'CASE {cases} END' if 'status' in names else 'NULL::VARCHAR'} AS status, h_list_minor AS list_minor, "
        f"h_discount_minor AS discount_minor, {charged} AS total_minor, h_refunded_minor AS refunded_minor"
        f"{''.join(f', h_{name} AS {name}' for name in copied)} FROM {heads}"
    )


def _order_lines(fields: Fields, names: set[str], source: str | None = None, line: str | None = None) -> str:
    """The lines from `kept` and the stages; or from `source`, where `line` is their place in the order."""
    source = source or f"{_base(names)} JOIN heads ON h_order_id = order_id LEFT JOIN scattered USING (_row)"
    line = line or "CAST(coalesce(place, _row - h_first + 1) AS INTEGER)"
    of_order = "".join(f", h_{name} AS {name}" for name in ("customer_id", "region") if name in names)
    funded = f"least(abs(coalesce(funded_minor, 0)), {_all_off(names)})" if "funded_minor" in names else "0"
    cost = "CAST(round(quantity * unit_cost_minor) AS BIGINT)" if "unit_cost_minor" in names else "NULL::BIGINT"
    flags = clean.flags(price=f"{_gross(names)} / quantity", quantity="quantity")
    return (
        f"SELECT order_id, {line} AS line, "
        f"product_id, h_ordered_at AS ordered_at{of_order}, {fields.currency_kept} AS currency, quantity, "
        f"{_list(names)} AS list_minor, {_all_off(names)} AS discount_minor, {funded} AS funded_minor, "
        f"{_refunded_quantity(names)} AS refunded_quantity, {_refunded(names)} AS refunded_minor, "
        f"{cost} AS cost_minor, {flags} AS flags "
        f"FROM {source} LEFT JOIN limits USING (product_id) WHERE quantity > 0"
    )


def _notes(fields: Fields, values: Mapping[str, Value]) -> tuple[str, ...]:
    missing = {"no_cost": "unit_cost", "no_customer": "customer_id", "no_code": "code"}
    notes = [note for note, field in missing.items() if field not in values]
    if not {"discount", "list_price", "order_discount"} & set(values):
        notes.append("no_discount")
    return (*notes, *(() if fields.has_currency else ("no_currency",)))
