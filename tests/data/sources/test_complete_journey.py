"""The Complete Journey: what coupons cost whom, fuel, campaigns joined with their dates, and the whole year."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.data.sources.conftest import SHARED, Shop

Take = Callable[..., Shop]
SMALL = "complete_journey"
WHOLE = SHARED / "complete_journey"
needs_the_year = pytest.mark.skipif(
    not WHOLE.exists(), reason="needs ../shared/data/complete_journey (84.51°, CC0 as R package completejourney)"
)


def refused(shop: Shop, kind: str) -> dict[str, int]:
    (receipt,) = [receipt for receipt in shop.receipts if receipt.kind == f"complete_journey_{kind}"]
    return {str(refusal.reason): refusal.rows for refusal in receipt.refused}


def test_list_less_discount_plus_funding_is_what_the_grocer_received(take_in: Take) -> None:
    """Ice of 6.49 for 5.00: 0.99 by the card, 1.00 by a coupon that the maker pays back, 0.50 matched by the grocer."""
    line = take_in(SMALL).row("order_lines", product_id="9878513")
    assert (line["list_minor"], line["discount_minor"], line["funded_minor"]) == (649, 249, 100)
    assert line["list_minor"] - line["discount_minor"] + line["funded_minor"] == 500
    assert line["customer_id"] == "900"


def test_a_coupon_takes_off_no_more_than_the_price(take_in: Take) -> None:
    """0.75 off a candy of 0.25: nothing is left to pay, and the line says so."""
    line = take_in(SMALL).row("order_lines", product_id="1041453")
    assert (line["list_minor"], line["discount_minor"], line["flags"]) == (25, 25, "coupon_overage")


def test_the_dust_of_floating_point_is_no_money(take_in: Take) -> None:
    """The full file holds values such as 8.881784e-16; DuckDB alone would read a cent."""
    line = take_in(SMALL).row("order_lines", product_id="826249")
    assert (line["list_minor"], line["discount_minor"]) == (0, 0)


def test_fuel_is_counted_in_gallons(take_in: Take) -> None:
    """10604 thousandths for 26.50; where the pump wrote only "1", the line says so (known from the products)."""
    shop = take_in(SMALL)
    measured, unmeasured = (shop.row("order_lines", product_id=number) for number in ("6534178", "6533765"))
    assert (measured["quantity"], measured["flags"]) == (10.604, "fuel_gallons")
    assert (unmeasured["quantity"], unmeasured["flags"]) == (1, "fuel_unmeasured")


def test_coupons_without_a_product_and_gift_cards_are_no_goods(take_in: Take) -> None:
    shop = take_in(SMALL)
    assert refused(shop, "transactions") == {
        "bad_amount": 1,
        "bad_quantity": 1,
        "negative_price": 1,
        "not_a_product": 2,
    }


def test_without_the_products_gift_cards_cannot_be_told(take_in: Take) -> None:
    shop = take_in("complete_journey/transactions.csv")
    assert shop.refused == {"bad_amount": 1, "bad_quantity": 1, "negative_price": 1, "not_a_product": 1}
    assert "993939" in shop.column("order_lines", "product_id")


def test_campaigns_are_joined_with_their_dates(take_in: Take) -> None:
    """Starts at midnight in New York; campaign 99 has no description, one household is listed twice."""
    shop = take_in(SMALL)
    assert refused(shop, "campaigns") == {"duplicate": 1, "missing_time": 1}
    exposure = shop.row("exposures", promotion_id="8")
    assert (exposure["customer_id"], exposure["arm"], exposure["propensity"]) == ("900", "type_b", None)
    assert exposure["exposed_at"] == datetime(2017, 1, 2, 5, tzinfo=UTC)
    promotion = shop.row("promotions", promotion_id="13")
    assert promotion["starts_at"] == datetime(2017, 3, 1, 5, tzinfo=UTC)
    assert promotion["ends_at"] == datetime(2017, 3, 13, 4, tzinfo=UTC)  # after the 12th, when summer time began


def test_coupons_and_redemptions(take_in: Take) -> None:
    """A product on two coupons of a campaign is there once; one coupon redeemed on two days is two redemptions."""
    shop = take_in(SMALL)
    assert [(row["promotion_id"], row["product_id"]) for row in shop.rows("promotion_products")] == [
        ("13", "1095275"),
        ("8", "9878513"),
    ]
    assert refused(shop, "coupons") == {"duplicate": 1}
    assert shop.column("coupons", "coupon_id") == [
        "10000085207-8-900-2017-01-02",
        "10000085207-8-900-2017-01-09",
    ]


def test_people_are_described_by_several_files(take_in: Take) -> None:
    """Age from the demographics, first visit and usual store from the transactions."""
    customer = take_in(SMALL).row("customers", customer_id="900")
    assert (customer["age"], customer["region"]) == ("35-44", "330")
    assert customer["first_seen"] == datetime(2017, 1, 1, 11, 53, 26, tzinfo=UTC)
    assert json.loads(customer["attributes"])["income"] == "35-49K"


def test_displays_are_taken_in_only_by_themselves(take_in: Take) -> None:
    """In a folder they are passed over with a word; alone, week 1 is a Sunday and week 53 begins on Christmas."""
    shop = take_in(SMALL)
    (passed,) = [receipt for receipt in shop.receipts if receipt.problem]
    assert passed.source.endswith("promotions.csv")
    alone = take_in("complete_journey/promotions.csv")
    first, ice, late = sorted(alone.rows("prices"), key=lambda row: row["starts_at"])
    assert (first["starts_at"], first["ends_at"]) == tuple(datetime(2017, 1, d, 5, tzinfo=UTC) for d in (1, 2))
    assert (first["display"], first["feature"], ice["display"]) == ("none", "interior page", "secondary")
    assert late["starts_at"] == datetime(2017, 12, 25, 5, tzinfo=UTC)


def test_the_timestamps_are_utc() -> None:
    """The week of every basket changes at midnight in New York if its time is read as UTC, and not otherwise."""
    if not WHOLE.exists():
        pytest.skip("needs ../shared/data/complete_journey (84.51°, CC0 as R package completejourney)")
    import duckdb

    week = "CASE WHEN day = DATE '2017-01-01' THEN 1 ELSE 2 + (day - DATE '2017-01-02') // 7 END"
    for zone, wrong in (("timezone('America/New_York', timezone('UTC', t))", 0), ("t", 34_729)):
        found = duckdb.sql(
            f"SELECT count(*) FILTER ({week} <> week) FROM (SELECT week, ({zone})::DATE AS day "
            f"FROM (SELECT week, transaction_timestamp AS t FROM '{WHOLE}/transactions.parquet'))"
        ).fetchone()
        assert found == (wrong,)


@pytest.mark.slow
@needs_the_year
def test_the_whole_year_to_the_cent(take_in: Take, tmp_path: Path) -> None:
    """1,469,307 rows and 2,469 households; kept and refused money add up to the file's 4,596,039.58 USD."""
    import duckdb

    files = [file for file in sorted(WHOLE.glob("*.parquet")) if file.stem != "promotions"]
    folder = tmp_path / "year"
    folder.mkdir()
    for file in files:
        (folder / file.name).symlink_to(file)
    shop = take_in(folder)
    rows = {receipt.kind.removeprefix("complete_journey_"): receipt.rows_in for receipt in shop.receipts}
    assert rows == {
        "transactions": 1_469_307,
        "products": 92_331,
        "campaign_descriptions": 27,
        "campaigns": 6_589,
        "coupons": 116_204,
        "redemptions": 2_102,
        "demographics": 801,
    }
    assert refused(shop, "transactions") == {"bad_quantity": 5842, "not_a_product": 4597}
    assert refused(shop, "coupons") == {"duplicate": 116_204 - 111_332}
    listed, off, funded = (shop.total("order_lines", f"{name}_minor") for name in ("list", "discount", "funded"))
    total, kept = duckdb.sql(
        "SELECT sum(cents), sum(cents) FILTER (quantity > 0 AND NOT coalesce(department = 'COUPON' "
        "OR product_type LIKE '%GIFT CARD%' OR product_type LIKE 'MISC SALES TRAN%', false)) FROM "
        f"(SELECT *, CAST(sales_value * 100 AS DECIMAL(18, 0)) AS cents FROM '{WHOLE}/transactions.parquet') "
        f"LEFT JOIN '{WHOLE}/products.parquet' USING (product_id)"
    ).fetchone() or (None, None)
    assert total == 459_603_958
    assert listed - off + funded == kept == 458_025_149
    assert (shop.total("orders", "list_minor"), shop.total("orders", "discount_minor")) == (listed, off)
    assert len(shop.rows("customers")) == 2_469
