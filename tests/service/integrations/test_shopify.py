"""Shopify's discounts become drafts that give no more than the file says; codes open promotions; plans go out."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from netlift.errors import DataError
from netlift.plan.artefact import keep
from netlift.service.catalog import plans
from netlift.service.catalog.models import PromotionVersion
from netlift.service.core.refusals import NotFound, TooLarge
from netlift.service.integrations import code_files, exported, shopify
from netlift.service.integrations.code_files import import_codes
from netlift.service.integrations.shopify import Imported, import_discounts
from netlift.service.ledger.codes import find
from tests.plan.examples import plan as example
from tests.service.catalog.people import ANN

pytestmark = pytest.mark.usefixtures("store")
NOW = datetime(2024, 5, 2, tzinfo=UTC)
COLUMNS = (
    "Name", "Value", "Value Type", "Type", "Discount Class", "Minimum Purchase Requirements",
    "Combines with Order Discounts", "Combines with Product Discounts", "Combines with Shipping Discounts",
    "Customer Selection", "Context", "Times Used In Total", "Applies Once Per Customer", "Usage Limit Per Code",
    "Status", "Start", "End",
)  # fmt: skip
TEN = {
    "Name": "TEN", "Value": "-10.0", "Value Type": "percentage", "Type": "Amount off order", "Discount Class": "order",
    "Customer Selection": "All customers", "Times Used In Total": "0", "Applies Once Per Customer": "false",
    "Status": "Active", "Start": "2024-05-01 00:00:00 +0200",
}  # fmt: skip


def written(*rows: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def imported(*rows: dict[str, str], currency: str = "EUR") -> Imported:
    return import_discounts(written(*(TEN | row for row in rows)), currency, ANN, now=NOW)


def definition(**row: str) -> dict[str, object]:
    found = imported({name.replace("_", " "): value for name, value in row.items()})
    assert not found.refused
    (made,) = found.drafted
    kept = PromotionVersion.objects.get(promotion_id=made.promotion_id, version=made.version).definition
    return {key: value for key, value in kept.items() if key != "version"}


def why(**row: str) -> str:
    found = imported({name.replace("_", " "): value for name, value in row.items()})
    assert not found.drafted
    return found.refused[0].why


def test_a_percentage_with_a_code() -> None:
    """Alone unless the file says that it combines; times in UTC."""
    assert definition() == {
        "id": "TEN", "name": "TEN", "benefits": [{"effect": {"kind": "percent", "off": "10"}}],
        "window": {"start": "2024-04-30T22:00:00+00:00"}, "trigger": {"kind": "code", "codes": ["TEN"]},
        "exclusive": True, "currency": "EUR",
    }  # fmt: skip


def test_an_amount_from_a_minimum_once_per_customer_and_so_often() -> None:
    """What was used already is taken off the limit."""
    found = definition(
        Value="-5.00", Value_Type="fixed_amount", Minimum_Purchase_Requirements="Minimum purchase of €50.00",
        Applies_Once_Per_Customer="true", Usage_Limit_Per_Code="100", Times_Used_In_Total="40",
        End="2024-06-01 00:00:00 +0000",
    )  # fmt: skip
    assert found["benefits"] == [
        {
            "effect": {"kind": "amount", "off": 500}, "allocation": "across",
            "when": {"fact": "cart.subtotal", "op": ">=", "value": 5000},
        }
    ]  # fmt: skip
    assert found["limits"] == {"total": 60, "per_customer": 1}
    assert found["window"]["end"] == "2024-06-01T00:00:00+00:00"  # type: ignore[index]


def test_free_delivery_and_what_needs_no_code() -> None:
    """Automatic discounts have no trigger."""
    free = definition(Name="FREE", Value="", Value_Type="", Type="Free shipping", Discount_Class="shipping")
    assert free["benefits"] == [{"effect": {"kind": "shipping", "percent": "100"}}]
    assert "trigger" not in definition(Name="Spring sale", Type="Automatic discount")


@pytest.mark.parametrize(
    ("text", "currency", "value"),
    [
        ("Minimum purchase of €50.00", "EUR", 5000), ("Minimum purchase of 1,234.50", "EUR", 123450),
        ("Minimum purchase of 1.234,50 €", "EUR", 123450), ("Minimum purchase of 50", "EUR", 5000),
        ("Minimum purchase of 1,000", "EUR", 100000), ("Minimum purchase of ¥1,000", "JPY", 1000),
    ],
)  # fmt: skip
def test_minimums_in_the_words_of_a_shop(text: str, currency: str, value: int) -> None:
    """With dots or commas, as the shop's language has them."""
    made = imported({"Minimum Purchase Requirements": text}, currency=currency).drafted[0]
    kept = PromotionVersion.objects.get(promotion_id=made.promotion_id, version=made.version).definition
    assert kept["benefits"][0]["when"]["value"] == value


def test_a_minimum_number_of_goods() -> None:
    (benefit,) = definition(Minimum_Purchase_Requirements="Minimum quantity of 3")["benefits"]  # type: ignore[misc]
    assert benefit["when"] == {"fact": "cart.quantity", "op": ">=", "value": 3}  # type: ignore[index]


def test_it_combines_only_where_the_file_says_so_for_all() -> None:
    """Two of three are not enough: what would be added was not reckoned with."""
    all_three = {f"Combines_with_{of}_Discounts": "true" for of in ("Order", "Product", "Shipping")}
    assert "exclusive" not in definition(**all_three)
    assert definition(**all_three | {"Combines_with_Order_Discounts": "false"})["exclusive"] is True


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"End": "2024-05-02 00:00:00 +0000"}, "is over"),
        ({"Customer_Selection": "Specific customers"}, "certain customers"),
        ({"Type": "Amount off products", "Discount_Class": "product"}, "certain products"),
        ({"Type": "Buy X get Y", "Discount_Class": "product"}, "goods for goods"),
        ({"Value": ""}, "takes nothing off"),
        ({"Usage_Limit_Per_Code": "5", "Times_Used_In_Total": "5"}, "used up"),
        ({"Minimum_Purchase_Requirements": "Minimum purchase of much"}, "cannot be read"),
        ({"Minimum_Purchase_Requirements": "Minimum purchase of 1.2345"}, "cannot be read"),
        ({"Value": "-150.0"}, "150"),
        ({"Status": "Expired"}, "is over"),
        ({"Usage_Limit_Per_Code": "many"}, "limit of uses"),
        ({"Name": "TEN\u200b\u0007"}, "cannot be shown"),
    ],
)
def test_what_the_file_does_not_tell_is_refused(row: dict[str, str], reason: str) -> None:
    """A promotion that gives more than was meant costs what nobody planned."""
    assert reason in why(**row)


def test_the_same_file_again_changes_nothing(repository: Path) -> None:
    """And another value makes the next version."""
    text = (repository / "tests/data/fixtures/shopify_discounts.csv").read_bytes().replace(b"Expired", b"Active")
    first = import_discounts(text, "EUR", ANN, now=NOW)
    assert [one.name for one in first.drafted] == ["FREESHIP", "SPRING"]
    assert ("TEA10", "certain products") in [(one.name, one.why[7:23]) for one in first.refused]
    assert sum("rows are refused" in one.why for one in first.refused) == 3
    again = import_discounts(text, "EUR", ANN, now=NOW)
    assert [(one.version, one.unchanged) for one in again.drafted] == [(1, True), (1, True)]
    changed = import_discounts(text.replace(b"SPRING,-10.0", b"SPRING,-12.0"), "EUR", ANN, now=NOW)
    assert [(one.version, one.unchanged) for one in changed.drafted] == [(1, True), (2, False)]


def test_ids_fit_into_addresses_and_are_not_shared() -> None:
    """Two names that become one id are not one promotion."""
    found = imported({"Name": "10% off/now"}, {"Name": "10? off now"})
    assert [one.promotion_id for one in found.drafted] == ["10-off-now"]
    assert "id of another" in found.refused[0].why


@pytest.mark.parametrize(
    "text", [b"", b"Name,Value\n", b"PK\x03\x04zip", b"\x1f\x8bgz", b"\xff\xfe\x00", b"a\x00,b\n1,2\n"]
)
def test_what_is_no_such_file_is_refused(text: bytes) -> None:
    """Empty, of another kind, packed, or no text; no path of this machine is told."""
    with pytest.raises(DataError) as told:
        import_discounts(text, "EUR", ANN, now=NOW)
    assert "/tmp" not in str(told.value)  # noqa: S108
    assert PromotionVersion.objects.count() == 0


def test_a_file_has_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shopify, "MOST", 1)
    with pytest.raises(TooLarge, match="2 discounts"):
        imported({"Name": "A"}, {"Name": "B"})


def test_codes_that_were_given_out_elsewhere_open_a_promotion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its uses; the same file again changes nothing; what cannot be a code is told by its line."""
    text = b"code\nTEA-1001\nTEA-1002\n--\nTEA-1001\n"
    for _ in range(2):
        found = import_codes(text, "tea", uses=2)
        assert (found.kept, [one.line for one in found.refused]) == (2, [3])
    code = find("tea 1002")
    assert (code.promotion_id, code.uses, code.per_customer) == ("tea", 2, 1)
    assert [one.line for one in import_codes(b"TEA-1001\n", "cup").refused] == [1]
    with pytest.raises(DataError, match="no column"):
        import_codes(b"a,b\n1,2\n", "tea")
    monkeypatch.setattr(code_files, "MOST", 1)
    with pytest.raises(TooLarge):
        import_codes(text, "tea")


def test_a_plan_goes_out_as_discounts_and_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the library's verb writes, in one file, the same bytes again."""
    monkeypatch.setattr(type(settings.FOLDER), "plans", property(lambda _: tmp_path / "plans"))
    taken = plans.take(keep(example("safest"), tmp_path), ANN)
    packed = exported.packed_export(taken.plan_id, "shopify")
    assert packed == exported.packed_export(taken.plan_id, "shopify")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        told = json.loads(archive.read("export.json"))
        assert {one["name"] for one in told["files"]} | {"export.json"} == set(archive.namelist())
        assert told["plan_id"] == taken.plan_id
    monkeypatch.setattr(exported, "MOST", 1)
    with pytest.raises(TooLarge, match="one_code"):
        exported.packed_export(taken.plan_id, "shopify")
    assert exported.packed_export(taken.plan_id, "shopify", one_code=True)


def test_an_unknown_code_is_not_found() -> None:
    with pytest.raises(NotFound):
        find("TEA1001")
