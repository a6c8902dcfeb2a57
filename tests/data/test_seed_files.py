"""The five files of the source documents (R26-R30): recognised by their columns, cleaned, and every row counted."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from netlift.errors import SourceError
from tests.data.sources.conftest import Shop

Take = Callable[..., Shop]

CONSUMERS = "age,income,visits,label\n" + "".join(
    f"{20 + i % 40},{1000 + 10 * i},{i % 7},{'yes' if i % 3 else 'no'}\n" for i in range(300)
)
BEHAVIOURS = "user_id,item_id,purchase_time,browse_time,rating\nu1,i1,2025-01-02 10:00:00,2025-01-02 09:55:00,5\n"
PRODUCTS = "item_id,category,price,brand,inventory,tags\n1,tea,3.50,Leaf,12,green\n"
SALES = "date,sales\n2025-01-01,10.07\n2025-01-02,11\n"
PROMOTIONS = "promotion_id,time,participation,click_rate,sales_conversion_rate\nP1,2025-01-01,100,0.1,0.05\n"


@pytest.mark.parametrize(
    ("content", "kind", "table", "rows"),
    [
        (CONSUMERS, "consumer_data", "samples", 300),
        (BEHAVIOURS, "user_behaviors", "events", 2),  # the purchase, and the view before it
        (PRODUCTS, "product_data", "products", 1),
        (SALES, "sales_data", "events", 2),
        (PROMOTIONS, "promotion_data", "promotions", 1),
    ],
)
def test_each_file_is_recognised_under_any_name(take: Take, content: str, kind: str, table: str, rows: int) -> None:
    shop = take(content, "export.dat")
    assert (shop.receipt.kind, len(shop.rows(table)), shop.refused) == (kind, rows, {})


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("用户ID,商品ID,购买时间\nu1,i1,2025-01-02\n", "user_behaviors"),
        ("商品ID,类别,价格,品牌\n1,茶,3.50,叶\n", "product_data"),
        ("日期,销售额\n2025-01-01,10.07\n", "sales_data"),
        ("促销ID,促销时间,参与度,点击率,销售转化率\nP1,2025-01-01,100,0.1,0.05\n", "promotion_data"),
    ],
)
def test_chinese_headings_are_known_too(take: Take, content: str, kind: str) -> None:
    """As a spreadsheet program in China saves them: GBK."""
    receipt = take(content.encode("gbk")).receipt
    assert (receipt.kind, receipt.rows_kept, receipt.unknown) == (kind, 1, ())


def test_features_and_label_of_consumers(take: Take) -> None:
    """The last column is the label, whatever it is called; the others are numbers in the order of the file."""
    shop = take("age,income,label\n30,1000,yes\n31,1100.5,no\n32,1200,yes\n")
    rows = shop.rows("samples")
    assert [row["features"] for row in rows] == [[30.0, 1000.0], [31.0, 1100.5], [32.0, 1200.0]]
    assert [row["label"] for row in rows] == ["yes", "no", "yes"]


def test_tails_of_consumers_are_pulled_in_and_counted(take: Take) -> None:
    """401 incomes 1000, 1001, ... and one of a million: the discrete 0.5 % quantiles are the 3rd and 400th values.

    402 rows: quantile_disc at 0.005 takes row ceil(2.01) = 3 (1002), at 0.995 row ceil(399.99) = 400 (1399). Pulled in
    are 1000 and 1001 below, 1400 and a million above.
    """
    incomes = [*range(1000, 1401), 1_000_000]
    shop = take("age,income,label\n" + "".join(f"30,{income},{income % 2}\n" for income in incomes))
    found = sorted(row["features"][1] for row in shop.rows("samples"))
    assert (found[0], found[-1]) == (1002.0, 1399.0)
    assert shop.receipt.counts["winsorised"] == 4


def test_bad_rows_of_consumers_are_refused(take: Take) -> None:
    shop = take("age,income,label\n30,1000,yes\n31,1100,no\n,1,no\nx,1,no\n32,1200,\n")
    assert shop.refused == {"missing_amount": 1, "bad_amount": 1, "missing_id": 1}


def test_behaviours_become_events_and_feedback(take: Take) -> None:
    shop = take(BEHAVIOURS)
    assert [(row["event"], row["at"]) for row in sorted(shop.rows("events"), key=lambda row: row["at"])] == [
        ("view", datetime(2025, 1, 2, 9, 55, tzinfo=UTC)),
        ("purchase", datetime(2025, 1, 2, 10, tzinfo=UTC)),
    ]
    (rated,) = shop.rows("feedback")
    assert (rated["customer_id"], rated["product_id"], rated["rating"]) == ("u1", "i1", 5.0)


def test_bad_behaviours_are_refused(take: Take) -> None:
    rows = ("u1,i1,2025-01-01", "u1,i1,2025-01-01", ",i1,2025-01-01", "u1,,2025-01-01", "u1,i1,", "u1,i1,x")
    shop = take("user_id,item_id,purchase_time\n" + "\n".join((*rows, "u1,i1,2027-01-01")) + "\n")
    assert shop.receipt.rows_kept == 1
    assert shop.refused == {"duplicate": 1, "missing_id": 2, "missing_time": 1, "bad_time": 1, "future_time": 1}


def test_an_unknown_behaviour_is_refused(take: Take) -> None:
    shop = take("user_id,item_id,time,behavior_type\nu1,i1,2025-01-01,pv\nu1,i1,2025-01-02,teleported\n")
    assert (shop.column("events", "event"), shop.refused) == (["view"], {"unknown_event": 1})


def test_addresses_of_users_become_pseudonyms(take: Take) -> None:
    shop = take("user_id,item_id,purchase_time\nAnn@example.com,i1,2025-01-01\nann@example.com ,i2,2025-01-01\n")
    (person,) = set(shop.column("events", "customer_id"))
    assert "@" not in person


def test_products_have_prices_stock_and_no_cost(take: Take) -> None:
    shop = take(PRODUCTS, currency="CNY")
    (product,) = shop.rows("products")
    assert (product["price_minor"], product["currency"], product["brand"]) == (350, "CNY", "Leaf")
    assert shop.column("inventory", "on_hand") == [12.0]
    assert shop.receipt.notes == ("no_cost",)


def test_bad_products_are_refused(take: Take) -> None:
    rows = "1,tea,3.5,x\n1,tea,3.6,x\n,tea,1,x\n2,tea,-1,x\n3,tea,abc,x\n4,,,\n"
    shop = take("item_id,category,price,brand\n" + rows)
    assert shop.column("products", "product_id") == ["1", "4"]
    assert shop.column("products", "price_minor") == [350, None]
    assert shop.refused == {"duplicate": 1, "missing_id": 1, "negative_price": 1, "bad_amount": 1}


def test_sales_of_a_day_are_no_order(take: Take) -> None:
    """They become values of a series, to the cent, and never an order of one customer."""
    shop = take(SALES, currency="EUR")
    assert sorted(shop.column("events", "value_minor")) == [1007, 1100]
    assert set(shop.column("events", "event")) == {"sales"}
    assert not shop.workspace.has("orders")
    assert shop.receipt.notes == ("no_lines", "no_customer")


def test_bad_sales_are_refused(take: Take) -> None:
    days = ("2025-01-01,10", "2025-01-01,11", ",3", "x,3", "2027-01-01,3", "2025-01-02,", "2025-01-02,abc")
    shop = take("date,sales\n" + "\n".join((*days, "2025-01-03,-3")) + "\n")
    assert shop.column("events", "value_minor") == [1000]
    reasons = ("duplicate", "missing_time", "bad_time", "future_time", "missing_amount", "bad_amount", "negative_price")
    assert shop.refused == dict.fromkeys(reasons, 1)


def test_rates_of_promotions_are_fractions(take: Take) -> None:
    """Percent signs are read; a participation that is a share is not a number of people."""
    shop = take(PROMOTIONS + "P2,2025-02-01,30%,12%,0.05\n")
    first, second = shop.rows("promotions")
    assert (first["participants"], first["click_rate"], first["conversion_rate"]) == (100, 0.1, 0.05)
    assert first["starts_at"] == datetime(2025, 1, 1, tzinfo=UTC)
    assert (second["participants"], second["click_rate"]) == (None, 0.12)
    assert json.loads(second["attributes"]) == {"participation": 0.3}


def test_bad_promotions_are_refused(take: Take) -> None:
    bad = (",2025-01-01,1,.1,.1", "P1,2025-01-01,100,.1,.05", "P3,x,1,.1,.1", "P4,2025-01-01,-1,.1,.1")
    shop = take(PROMOTIONS + "\n".join((*bad, "P5,2025-01-01,1,1.5,.1")) + "\n")
    assert shop.column("promotions", "promotion_id") == ["P1"]
    assert shop.refused == {
        "missing_id": 1,
        "duplicate": 1,
        "bad_time": 1,
        "negative_quantity": 1,
        "bad_amount": 1,
    }


def test_a_promotion_may_lie_ahead(take: Take) -> None:
    """It is planned, and has not happened."""
    assert take(PROMOTIONS + "P9,2027-01-01,0,0,0\n").receipt.rows_kept == 2


@pytest.mark.parametrize(("kind", "word"), [("consumer_data", "only the column 'a'"), ("native", "that any netlift")])
def test_a_wanted_format_that_cannot_be_is_an_error(take: Take, kind: str, word: str) -> None:
    with pytest.raises(SourceError, match=rf"orders\.csv has .*{word}"):
        take("a\n1\n2\n", kind=kind)


def test_a_netlift_table_with_a_column_too_many_is_read_when_wanted(take: Take) -> None:
    """Order lines stay order lines; the stranger is reported."""
    head = "order_id,line,product_id,ordered_at,currency,quantity,list_minor,discount_minor,colour\n"
    shop = take(head + "1,1,tea,2025-01-01,EUR,1,350,50,red\n", kind="native")
    assert shop.column("order_lines", "discount_minor") == [50]
    assert shop.receipt.unknown == ("colour",)
