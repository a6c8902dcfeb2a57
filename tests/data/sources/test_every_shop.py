"""What must hold for the orders of every format: sums that agree, nobody's name, rows that all have a fate."""

from collections import defaultdict
from collections.abc import Callable

import pytest

from netlift.schema import TABLES
from tests.data.sources.conftest import FIXTURES, Shop
from tests.data.sources.test_detection import EXPECTED

Take = Callable[..., Shop]
WITH_LINES = [
    "shopify_orders.csv",
    "woocommerce_orders_wide.csv",
    "woocommerce_orders_items.csv",
    "woocommerce_orders_labels.csv",
    "taobao_orders_gbk.csv",
    "taobao_orders_new.csv",
    "taobao_items.csv",
    "taobao_pair",
    "ga4_export.ndjson",
    "ga4_plain.ndjson",
    "segment.ndjson",
    "uci_online_retail.csv",
    "complete_journey",
]
ALL = sorted({name.split("/")[0] for name in EXPECTED})
# names, addresses, telephone numbers and nicknames that stand in the fixtures
PERSONAL = {
    "shopify_orders.csv": ["example.com", "Ann", "Dee", "High St", "10115", "Berlin", "1234567"],
    "shopify_customers.csv": ["example.com", "Ann", "Roe", "High St", "10115", "Holtsville", "49301", "70001"],
    "woocommerce_orders_wide.csv": ["example.com", "Zoe", "600 100 200", "34600100200"],
    "woocommerce_orders_items.csv": ["example.com", "Zoe", "Lima"],
    "woocommerce_orders_labels.csv": ["example.com", "Zoe", "Lima", "C 1", "28001", "Madrid"],
    "taobao_orders_gbk.csv": [
        "茶友小王",
        "tea_lover88",
        "张三",
        "13800000000",
        "文三路",
        "西湖区",
        "杭州",
        "example.com",
    ],
    "taobao_pair": ["茶友小王", "路过的鱼", "李四", "王五", "13900000000", "安溪县", "泉州"],
    "ga4_export.ndjson": ["example.com", '"u1"'],
    "segment.ndjson": ["example.com", "u-1", "anon-1"],
}


@pytest.mark.parametrize("name", WITH_LINES)
def test_lines_add_up_to_their_order(take_in: Take, name: str) -> None:
    """List price and discount to the minor unit; refunds of lines never exceed that of the order."""
    shop = take_in(name)
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in shop.rows("order_lines"):
        assert 0 <= line["discount_minor"] <= line["list_minor"]
        assert 0 <= line["refunded_minor"] <= line["list_minor"] - line["discount_minor"]
        assert 0 <= line["refunded_quantity"] <= line["quantity"]
        assert 0 <= line["funded_minor"] <= line["discount_minor"]
        for column in ("list_minor", "discount_minor", "refunded_minor"):
            sums[line["order_id"]][column] += line[column]
    orders = {order["order_id"]: order for order in shop.rows("orders")}
    assert set(orders) == set(sums)
    for number, order in orders.items():
        assert order["list_minor"] == sums[number]["list_minor"]
        assert order["discount_minor"] == sums[number]["discount_minor"]
        assert order["refunded_minor"] >= sums[number]["refunded_minor"]


@pytest.mark.parametrize("name", WITH_LINES)
def test_lines_repeat_what_their_order_says(take_in: Take, name: str) -> None:
    """Customer, time, currency and region; lines are numbered 1, 2, ... without a gap."""
    shop = take_in(name)
    orders = {order["order_id"]: order for order in shop.rows("orders")}
    numbers: dict[str, list[int]] = defaultdict(list)
    for line in shop.rows("order_lines"):
        order = orders[line["order_id"]]
        numbers[line["order_id"]].append(line["line"])
        assert [line[c] for c in ("customer_id", "ordered_at", "currency", "region")] == [
            order[c] for c in ("customer_id", "ordered_at", "currency", "region")
        ]
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in numbers.values())
    known = set(shop.column("products", "product_id"))
    assert set(shop.column("order_lines", "product_id")) <= known


@pytest.mark.parametrize("name", ALL)
def test_rows_in_are_rows_kept_and_refused(take_in: Take, name: str) -> None:
    for receipt in take_in(name).receipts:
        assert receipt.rows_in == receipt.rows_kept + sum(refusal.rows for refusal in receipt.refused)
        assert receipt.rows_kept > 0 or receipt.problem


@pytest.mark.parametrize("name", PERSONAL)
def test_nobody_can_be_named_from_the_tables(take_in: Take, name: str) -> None:
    """The words are in the fixture, and in no cell of any table and no receipt."""
    file = FIXTURES / name
    given = b"".join(part.read_bytes() for part in (file.iterdir() if file.is_dir() else [file]))
    whole = given.decode("gb18030" if name.startswith("taobao") else "utf-8")
    shop = take_in(name)
    cells = "\n".join(
        str(value) for table in TABLES for row in shop.workspace.table(table).to_pylist() for value in row.values()
    )
    kept = cells + "".join(receipt.to_json() for receipt in shop.receipts)
    for word in PERSONAL[name]:
        assert word in whole or word.startswith(("34600", '"')), f"{word} is not in the fixture"
        assert word not in kept


@pytest.mark.parametrize("name", ALL)
def test_every_column_is_used_or_known(take_in: Take, name: str) -> None:
    """A receipt lists as unknown only what no version of the format has."""
    strangers = {"shopify_products_new.csv": ("Colour metafield",)}
    assert {receipt.unknown for receipt in take_in(name).receipts} == {strangers.get(name, ())}
