"""Every fixture is recognised by exactly one adapter, from its content: the matrix of all files and all adapters."""

from pathlib import Path

import pytest

from netlift.data.detect import adapter_for
from netlift.data.peek import look
from netlift.data.sample import FOLDER as SAMPLE
from netlift.data.source import SOURCES, Options, Peek
from tests.data.sources.conftest import FIXTURES, NOW

EXPECTED = {
    "shopify_orders.csv": "shopify_orders",
    "shopify_products_old.csv": "shopify_products",
    "shopify_products_new.csv": "shopify_products",
    "shopify_customers.csv": "shopify_customers",
    "shopify_discounts.csv": "shopify_discounts",
    "shopify_inventory.csv": "shopify_inventory",
    "woocommerce_products.csv": "woocommerce_products",
    "woocommerce_orders_wide.csv": "woocommerce_orders",
    "woocommerce_orders_items.csv": "woocommerce_orders",
    "woocommerce_orders_labels.csv": "woocommerce_orders",
    "woocommerce_orders_plain.csv": "woocommerce_orders",
    "taobao_orders_gbk.csv": "taobao_orders",
    "taobao_orders_new.csv": "taobao_orders",
    "taobao_items.csv": "taobao_items",
    "taobao_pair/ExportOrderList.csv": "taobao_orders",
    "taobao_pair/ExportOrderDetailList.csv": "taobao_items",
    "ga4_export.ndjson": "ga4_events",
    "ga4_plain.ndjson": "ga4_events",
    "segment.ndjson": "segment_events",
    "uci_online_retail.csv": "uci_online_retail",
    "complete_journey/transactions.csv": "complete_journey_transactions",
    "complete_journey/products.csv": "complete_journey_products",
    "complete_journey/campaign_descriptions.csv": "complete_journey_campaign_descriptions",
    "complete_journey/campaigns.csv": "complete_journey_campaigns",
    "complete_journey/coupons.csv": "complete_journey_coupons",
    "complete_journey/coupon_redemptions.csv": "complete_journey_redemptions",
    "complete_journey/demographics.csv": "complete_journey_demographics",
    "complete_journey/promotions.csv": "complete_journey_promotions",
}
SURE = 0.5  # what `adapter_for` asks for


def peek_at(file: Path, folder: Path) -> Peek:
    """What adapters see of the file, under a name that tells nothing."""
    import dataclasses

    return dataclasses.replace(look(file, folder).peek, path=Path("export.dat"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_is_recognised_by_one_adapter_alone(name: str, tmp_path: Path) -> None:
    """All adapters are asked; the name of the file is hidden from them."""
    peek = peek_at(FIXTURES / name, tmp_path)
    scores = {kind: SOURCES[kind]().recognises(peek) for kind in SOURCES if peek.form in SOURCES[kind].forms}
    assert [kind for kind, score in scores.items() if score > SURE] == [EXPECTED[name]]
    assert adapter_for(peek, Options(now=NOW)).kind == EXPECTED[name]


@pytest.mark.parametrize("file", sorted(SAMPLE.glob("*.parquet")), ids=lambda file: file.stem)
def test_the_sample_is_recognised(file: Path, tmp_path: Path) -> None:
    found = adapter_for(peek_at(file, tmp_path), Options(now=NOW)).kind
    assert found == f"complete_journey_{file.stem.removeprefix('coupon_')}"


def test_scores_are_shares() -> None:
    """No adapter is more than sure, and none is sure of a table that it does not know."""
    stranger = Peek(Path("x"), "csv", "utf-8", ",", ("Kundennummer", "Betrag"), ({"Betrag": "1,00"},))
    for kind in SOURCES:
        assert 0 <= SOURCES[kind]().recognises(stranger) < SURE


def test_every_named_format_has_a_fixture() -> None:
    """A new named adapter comes with a file that shows it."""
    named = {kind for kind in SOURCES if SOURCES[kind].telling}
    known = {kind for kind in named if kind.split("_")[0] in {"shopify", "woocommerce", "taobao", "uci", "complete"}}
    assert known == {kind for kind in EXPECTED.values() if kind.split("_")[0] not in {"ga4", "segment"}}


def test_every_named_format_is_explained(repository: Path) -> None:
    """The page on exports has every kind of this folder, at least by the family that its section is about."""
    page = (repository / "docs" / "reference" / "exports.md").read_text(encoding="utf-8")
    for kind in set(EXPECTED.values()):
        family, _, file = kind.partition("_journey_")
        assert f"`{kind}`" in page or (family == "complete" and f"| {file} |" in page.replace("coupon_", "")), kind
