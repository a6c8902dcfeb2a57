"""Export formats: what each writes, and that a folder is there whole or not at all."""

import csv
import json
from dataclasses import replace
from datetime import time
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

import pytest

from netlift.candidates.candidate import Candidate
from netlift.data.ingest import Wishes, ingest
from netlift.data.workspace import Workspace
from netlift.decision.decider import Decider
from netlift.errors import ConfigError
from netlift.export.cells import safe
from netlift.export.codes import well_formed
from netlift.export.format import FORMATS, Asked, Format, Refused, export
from netlift.export.formats.shopify import read_ids
from netlift.plan import codec
from netlift.plan.artefact import Head, Plan, plan_id
from netlift.promotions import Cart, Engine, Facts, Hours, Limits, Line, Window
from netlift.promotions.documents import loads
from netlift.schema import PLAN
from tests.decision.test_decider import CART, NOW, SHELF, TEN, THRESHOLD
from tests.plan import examples

KEY = Asked(key=b"k" * 32)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return examples.plan()


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# the folder


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_writes_the_same_bytes_again_and_says_what(kind: str, plan: Plan, tmp_path: Path) -> None:
    first, second = (export(plan, kind, tmp_path / name / "out", KEY) for name in ("a", "b"))
    assert first.files == second.files
    assert first.files
    for file in first.files:
        content = (first.folder / file.name).read_bytes()
        assert (len(content), sha256(content).hexdigest()) == (file.bytes, file.sha256)
    manifest = json.loads((first.folder / "export.json").read_text("utf-8"))
    assert (manifest["format"], manifest["plan"], manifest["plan_id"]) == (kind, "most_profit", plan_id(plan))
    assert [one["name"] for one in manifest["files"]] == [one.name for one in first.files]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_plan_of_nothing_can_be_exported(kind: str, plan: Plan, tmp_path: Path) -> None:
    nothing = Plan(replace(plan.head, parts=(), public=()), PLAN.empty_table())
    assert export(nothing, kind, tmp_path / "out", KEY).refused == ()


def test_a_folder_that_holds_files_is_left_alone(plan: Plan, tmp_path: Path) -> None:
    mine = tmp_path / "codes.csv"
    mine.write_text("mine")
    with pytest.raises(ConfigError, match="holds files"):
        export(plan, "codes", tmp_path, KEY)
    assert [path.name for path in tmp_path.iterdir()] == ["codes.csv"]
    assert mine.read_text() == "mine"


def test_force_replaces_files_of_the_same_names_only(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "codes.csv").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    export(plan, "codes", tmp_path, KEY, force=True)
    assert len(table(tmp_path / "codes.csv")) == 5
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["codes.csv", "export.json", "notes.txt"]


def test_force_takes_away_what_an_earlier_export_wrote(plan: Plan, tmp_path: Path) -> None:
    """Yesterday's audience of an offer that is no longer there must not be sent; what somebody changed stays."""
    folder = tmp_path / "out"
    first = export(plan, "audiences", folder)
    (changed,) = [one.name for one in first.files if one.name.startswith("do-not-send")]
    (folder / changed).write_text("noted by hand")
    (folder / "notes.txt").write_text("mine")
    (tmp_path / "secret").write_text("mine")
    manifest = json.loads((folder / "export.json").read_text("utf-8"))
    digest = sha256(b"mine").hexdigest()
    manifest["files"].append({"name": "../secret", "bytes": 4, "sha256": digest})
    (folder / "export.json").write_text(json.dumps(manifest))
    nothing = Plan(replace(plan.head, parts=(), public=()), PLAN.empty_table())
    export(nothing, "codes", folder, KEY, force=True)
    left = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert left == sorted(["codes.csv", changed, "export.json", "notes.txt"])
    assert (tmp_path / "secret").exists()  # a manifest that names files elsewhere removes none


def test_a_manifest_that_is_none_takes_nothing_away(plan: Plan, tmp_path: Path) -> None:
    for text in ("", "[]", '{"files": [1]}', '{"files": 3}'):
        (tmp_path / "export.json").write_text(text)
        (tmp_path / "notes.txt").write_text("mine")
        export(plan, "json", tmp_path, force=True)
        assert (tmp_path / "notes.txt").exists()
        assert json.loads((tmp_path / "export.json").read_text("utf-8"))["plan_id"] == plan_id(plan)


def test_a_file_is_no_folder(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(ConfigError, match="is a file"):
        export(plan, "json", tmp_path / "out", force=True)
    with pytest.raises(ConfigError, match="cannot be written"):
        export(plan, "json", tmp_path / "out" / "below")


def test_an_export_that_fails_leaves_nothing_behind(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Format):
        kind: ClassVar[str] = "broken"

        def write(self, plan: Plan, folder: Path, asked: Asked) -> tuple[Refused, ...]:  # noqa: ARG002
            (folder / "half.csv").write_text("half")
            raise OSError(28, "No space left on device")

    monkeypatch.setitem(FORMATS._load(), "broken", Broken)  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="No space left"):
        export(plan, "broken", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_lists_the_known_ones(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="known: audiences, codes, exposures, json, shopify"):
        export(plan, "pdf", tmp_path / "out")


# codes and audiences


def test_everybody_who_is_given_something_has_a_code_of_their_own(plan: Plan, tmp_path: Path) -> None:
    found = table(export(plan, "codes", tmp_path / "out", KEY).folder / "codes.csv")
    assert [row["customer_id"] for row in found] == ["c1", "c2", "c4", "c5", "c6"]  # c3 is held out
    assert len({row["code"] for row in found}) == 5
    assert all(well_formed(row["code"]) for row in found)
    assert (found[0]["offer_id"], found[0]["channel"], found[0]["uses"]) == (THRESHOLD, "email", "1")
    assert found[0]["ends_at"] == "2026-03-16T00:00:00+00:00"


def test_one_code_for_all_customers_of_an_offer(plan: Plan, tmp_path: Path) -> None:
    found = table(export(plan, "codes", tmp_path / "out", replace(KEY, one_code=True)).folder / "codes.csv")
    assert [(row["offer_id"], row["customer_id"]) for row in found] == [(THRESHOLD, ""), (TEN, "")]


def test_who_is_compared_with_the_explored_gets_no_code_and_no_mail(plan: Plan, tmp_path: Path) -> None:
    rows = examples.rows([("a", TEN, "explore", 0.5), ("b", TEN, "explore_control", 0.5)])
    drawn = Plan(plan.head, rows)
    assert [row["customer_id"] for row in table(export(drawn, "codes", tmp_path / "c", KEY).folder / "codes.csv")] == [
        "a"
    ]
    names = [one.name for one in export(drawn, "audiences", tmp_path / "a").files]
    assert names == [f"do-not-send/{TEN}.explore_control.csv", f"{TEN}.explore.csv"]


def test_codes_need_a_key_and_differ_by_it(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--workspace"):
        export(plan, "codes", tmp_path / "none")
    made = [export(plan, "codes", tmp_path / str(n), Asked(key=bytes([n]) * 32)).folder for n in (1, 2)]
    ours, theirs = ({row["code"] for row in table(folder / "codes.csv")} for folder in made)
    assert ours.isdisjoint(theirs)


def test_audiences_are_apart_by_offer_and_arm_and_the_hold_out_is_marked(plan: Plan, tmp_path: Path) -> None:
    found = export(plan, "audiences", tmp_path / "out")
    assert [one.name for one in found.files] == [
        f"do-not-send/{THRESHOLD}.control.csv", f"{TEN}.treatment.csv", f"{THRESHOLD}.explore.csv",
        f"{THRESHOLD}.treatment.csv",
    ]  # fmt: skip
    (held,) = table(found.folder / found.files[0].name)
    assert (held["customer_id"], held["send"], held["arm"]) == ("c3", "no", "control")
    told = [row for one in found.files[1:] for row in table(found.folder / one.name)]
    assert {row["customer_id"] for row in told} == {"c1", "c2", "c4", "c5", "c6"}
    assert {row["send"] for row in told} == {"yes"}


def test_no_cell_is_a_formula_and_no_name_leaves_the_folder(plan: Plan, tmp_path: Path) -> None:
    evil = "../=HYPERLINK(1)"
    candidate = replace(plan.head.parts[0].candidate, channel="@SUM(A1)")
    candidate = replace(candidate, offer=replace(candidate.offer, offer_id=evil, name="=cmd|' /C calc'!A0"))
    rows = [("+49", evil, "treatment", 0.5), ("-1+1", evil, "treatment", 0.5), ("茶", evil, "treatment", 0.5)]
    bad = Plan(replace(plan.head, parts=(replace(plan.head.parts[0], candidate=candidate),)), examples.rows(rows))
    for kind in ("codes", "audiences"):
        found = export(bad, kind, tmp_path / kind, KEY)
        cells = [cell for one in found.files for row in table(found.folder / one.name) for cell in row.values()]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "-"))]
        assert {"+49", "'-1+1", "茶", "'@SUM(A1)"} <= set(cells)  # a number is no formula
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audiences", "codes"]


@pytest.mark.parametrize("cell", ["=1", "+1+1", "-x", "@a", "\tx", "\r=1", "-1e5", "--1", "\n=1", "＝1", "－x"])
def test_what_begins_a_formula_is_quoted(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


# JSON


def priced(document: Path, cart: Cart, *tokens: str, **known: object) -> int:
    read = loads(document.read_bytes())
    facts = Facts(now=NOW, tokens=frozenset(tokens), **known)  # type: ignore[arg-type]
    return Engine(read.promotions, read.root).quote(cart, facts).payable


def test_the_exported_promotions_price_a_basket_as_the_decision_does(plan: Plan, tmp_path: Path) -> None:
    document = export(plan, "json", tmp_path / "out").folder / "promotions.json"
    decider = Decider(plan)
    for customer in ("c1", "c3", "c4", "nobody"):
        decision = decider.decide(customer, CART, now=NOW)
        assert decision.quote is not None
        assert priced(document, CART, *decision.given) == decision.quote.payable


def test_exported_personal_promotions_open_to_nobody_without_their_token(plan: Plan, tmp_path: Path) -> None:
    document = export(plan, "json", tmp_path / "out").folder / "promotions.json"
    assert priced(document, CART) == 3750  # tea at 15 % off, for everybody
    assert priced(document, CART, THRESHOLD, customer_uses={THRESHOLD: 1}) == 3750
    assert [one.currency for one in loads(document.read_bytes()).promotions] == ["EUR"] * 3


def test_exported_promotions_keep_the_window(plan: Plan, tmp_path: Path) -> None:
    document = export(plan, "json", tmp_path / "out").folder / "promotions.json"
    read = loads(document.read_bytes())
    late = Facts(now=examples.WINDOW.end, tokens=frozenset({THRESHOLD}))
    assert set(Engine(read.promotions, read.root).quote(CART, late).refusals.values()) == {"ended"}
    assert {one.id for one in read.promotions} == {THRESHOLD, TEN, SHELF}


def test_a_promotion_whose_own_dates_are_not_the_plans_is_refused(plan: Plan, tmp_path: Path) -> None:
    part = plan.head.public[0]
    late = replace(part.candidate.promotions[0], window=Window(start=examples.WINDOW.end))
    other = replace(part, candidate=replace(part.candidate, promotions=(late,)))
    changed = Plan(replace(plan.head, public=(other,)), plan.rows)
    for kind in ("json", "shopify"):
        found = export(changed, kind, tmp_path / kind, KEY)
        assert [one.offer_id for one in found.refused] == [SHELF]
        assert "none of which lie within" in found.refused[0].why
    read = loads((tmp_path / "json" / "promotions.json").read_bytes())
    assert {one.id for one in read.promotions} == {THRESHOLD, TEN}


def test_the_exported_head_is_the_plans(plan: Plan, tmp_path: Path) -> None:
    said = json.loads((export(plan, "json", tmp_path / "out").folder / "plan.json").read_text("utf-8"))
    assert said["plan_id"] == plan_id(plan)
    assert codec.write(codec.read(Head, said["head"])) == codec.write(plan.head)


# Shopify


def shopify(plan: Plan, folder: Path, candidate: Candidate, *, public: bool = False, asked: Asked = KEY):
    """The exported folder of a plan with this one offer, given to c1 and c2 where it is personal."""
    part = replace(plan.head.parts[0], candidate=candidate)
    id_ = candidate.offer.offer_id
    rows = examples.rows([(name, id_, "treatment", 1.0) for name in ("c1", "c2")])
    head = replace(plan.head, parts=() if public else (part,), public=(part,) if public else ())
    return export(Plan(head, PLAN.empty_table() if public else rows), "shopify", folder, asked)


def inputs(folder: Path) -> dict[str, dict[str, object]]:
    """The input of every mutation that is to be run, by the mutation's name."""
    return {
        path.stem: next(iter(json.loads(line).values()))
        for path in folder.glob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    }


def public(kind: str, form: dict[str, object], **changes: object) -> Candidate:
    return examples.candidate(f"{kind}-1", kind, form, scope=examples.Scope.SITE, **changes)


def test_a_personal_amount_off_is_behind_codes_that_its_customers_are_told(plan: Plan, tmp_path: Path) -> None:
    found = shopify(plan, tmp_path / "out", plan.head.parts[0].candidate)
    rows = table(found.folder / "discounts.csv")
    assert [row["Value"] for row in rows] == ["-5.00", "-5.00"]
    assert {row["Minimum Purchase Requirements"] for row in rows} == {"Minimum purchase of 40.00"}
    assert {row["Usage Limit Per Code"] for row in rows} == {"1"}
    made = inputs(found.folder)["discountCodeBasicCreate"]
    assert made["customerGets"] == {
        "value": {"discountAmount": {"amount": "5.00", "appliesOnEachItem": False}}, "items": {"all": True},
    }  # fmt: skip
    assert made["minimumRequirement"] == {"subtotal": {"greaterThanOrEqualToSubtotal": "40.00"}}
    assert (made["startsAt"], made["endsAt"]) == ("2026-03-02T00:00:00Z", "2026-03-16T00:00:00Z")
    assert (made["appliesOncePerCustomer"], made["usageLimit"], made["context"]) == (True, 1, {"all": "ALL"})
    (rest,) = table(found.folder / "codes" / f"{THRESHOLD}.csv")
    assert [made["code"], rest["code"]] == [row["Name"] for row in rows]


def test_the_codes_are_those_of_the_format_codes(plan: Plan, tmp_path: Path) -> None:
    rows = table(export(plan, "shopify", tmp_path / "shopify", KEY).folder / "discounts.csv")
    told = table(export(plan, "codes", tmp_path / "codes", KEY).folder / "codes.csv")
    assert {row["Name"] for row in rows} == {row["code"] for row in told}


def test_a_public_per_cent_applies_by_itself_to_named_goods(plan: Plan, tmp_path: Path) -> None:
    asked = replace(KEY, ids={"category:tea": "gid://shopify/Collection/7"})
    found = shopify(plan, tmp_path / "out", plan.head.public[0].candidate, public=True, asked=asked)
    assert inputs(found.folder)["discountAutomaticBasicCreate"]["customerGets"] == {
        "value": {"percentage": 0.15}, "items": {"collections": {"add": ["gid://shopify/Collection/7"]}},
    }  # fmt: skip
    (row,) = table(found.folder / "discounts.csv")
    assert (row["Value"], row["Value Type"], row["Discount Class"], row["Name"]) == (
        "-15.0", "percentage", "product", SHELF,
    )  # fmt: skip
    assert not (found.folder / "codes").exists()


def test_an_amount_off_each_item_of_named_goods(plan: Plan, tmp_path: Path) -> None:
    asked = replace(KEY, ids={"category:tea": "gid://shopify/Collection/7"})
    each = public("amount_off", {"off": 100, "goods": {"categories": ["tea"]}})
    found = shopify(plan, tmp_path / "out", each, public=True, asked=asked)
    made = inputs(found.folder)["discountAutomaticBasicCreate"]["customerGets"]
    assert made["value"] == {"discountAmount": {"amount": "1.00", "appliesOnEachItem": True}}  # type: ignore[index]


def test_free_delivery_from_an_amount_on(plan: Plan, tmp_path: Path) -> None:
    found = shopify(plan, tmp_path / "out", public("cheap_shipping", {"spend": 4900}), public=True)
    made = inputs(found.folder)["discountAutomaticFreeShippingCreate"]
    assert made["minimumRequirement"] == {"subtotal": {"greaterThanOrEqualToSubtotal": "49.00"}}
    assert made["destination"] == {"all": True}


def test_a_public_code_keeps_its_name(plan: Plan, tmp_path: Path) -> None:
    found = shopify(plan, tmp_path / "out", public("coupon_code", {"codes": ["TEN"], "off": "10"}), public=True)
    assert [row["Name"] for row in table(found.folder / "discounts.csv")] == ["TEN"]
    assert inputs(found.folder)["discountCodeBasicCreate"]["code"] == "TEN"


def test_the_rows_are_read_by_our_own_adapter(plan: Plan, tmp_path: Path) -> None:
    """What we write as Shopify's export is taken in as Shopify's export."""
    found = export(plan, "shopify", tmp_path / "out", KEY)
    workspace = Workspace.create(tmp_path / "shop")
    (receipt,) = ingest([found.folder / "discounts.csv"], workspace, Wishes(currency="EUR"), now=NOW)
    assert (receipt.kind, receipt.rows_kept) == ("shopify_discounts", 5)
    kept = workspace.table("promotions").to_pylist()
    assert {(row["value"], row["value_type"]) for row in kept} == {(500.0, "amount"), (0.1, "percent")}


@pytest.mark.parametrize(
    ("kind", "form", "why"),
    [
        ("percent_off", {"off": "20", "most": 700}, "at most an amount"),
        ("percent_off", {"off": "0"}, "takes nothing off"),
        ("percent_off", {"off": "20", "goods": {"categories": ["tea"], "brands": ["b"]}}, "several conditions"),
        ("percent_off", {"off": "20", "goods": {"products": ["P1"]}}, "product:P1; give Shopify's id"),
        ("amount_off", {"off": 100}, "each item of the whole shop"),
        ("spend_steps", {"step": 3000, "off": 500}, "steps or tiers"),
        ("second_half_price", {}, "some units only"),
        ("cheap_shipping", {"price": 100}, "free delivery only"),
        ("gift_with_spend", {"spend": 100, "product": "mug", "value": 700}, "its benefit is 'gift'"),
        ("win_back", {"days": 90, "off": "10"}, "facts of the shopper"),
        ("nth_order", {"number": 1, "off": "10"}, "facts of the shopper"),
    ],
)
def test_what_shopify_cannot_say_is_refused_with_the_reason(
    plan: Plan, tmp_path: Path, kind: str, form: dict[str, object], why: str
) -> None:
    found = shopify(plan, tmp_path / "out", public(kind, form), public=True)
    assert [one.offer_id for one in found.refused] == [f"{kind}-1"]
    assert why in found.refused[0].why
    assert table(found.folder / "discounts.csv") == []
    assert inputs(found.folder) == {}
    manifest = json.loads((found.folder / "export.json").read_text("utf-8"))
    assert manifest["refused"] == [found.refused[0]._asdict()]


def test_ids_are_read_from_a_file_as_a_spreadsheet_saves_it(tmp_path: Path) -> None:
    file = tmp_path / "ids.csv"
    file.write_text("\ufeffname,id\nproduct:TEA-1, gid://shopify/Product/1 \ncategory:tea,\n", "utf-8")
    assert read_ids(file) == {"product:TEA-1": "gid://shopify/Product/1"}
    file.write_text("sku,gid\n")
    with pytest.raises(ConfigError, match="columns name and id"):
        read_ids(file)
    file.write_bytes(b"name,id\n\xff,1\n")
    with pytest.raises(ConfigError, match="no CSV in UTF-8"):
        read_ids(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_ids(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("ids", "why"),
    [
        ({"product:P1": "12345"}, "no product, variant or collection"),
        ({"product:P1": "gid://shopify/Product/1"}, "product:P2; give Shopify's id"),
        ({"product:P1": "gid://shopify/Product/1", "product:P2": "gid://shopify/Collection/1"}, "takes either"),
    ],
)
def test_goods_without_a_fitting_id_are_refused(plan: Plan, tmp_path: Path, ids: dict[str, str], why: str) -> None:
    two = public("percent_off", {"off": "20", "goods": {"products": ["P1", "P2"]}})
    (told,) = shopify(plan, tmp_path / "out", two, public=True, asked=replace(KEY, ids=ids)).refused
    assert why in told.why


def test_products_and_variants_go_together(plan: Plan, tmp_path: Path) -> None:
    two = public("percent_off", {"off": "20", "goods": {"products": ["P1", "P2"]}})
    ids = {"product:P1": "gid://shopify/Product/1", "product:P2": "gid://shopify/ProductVariant/2"}
    found = shopify(plan, tmp_path / "out", two, public=True, asked=replace(KEY, ids=ids))
    assert inputs(found.folder)["discountAutomaticBasicCreate"]["customerGets"] == {
        "value": {"percentage": 0.2},
        "items": {"products": {
            "productsToAdd": ["gid://shopify/Product/1"], "productVariantsToAdd": ["gid://shopify/ProductVariant/2"],
        }},
    }  # fmt: skip


def test_one_code_for_all_limits_customers_not_the_code(plan: Plan, tmp_path: Path) -> None:
    candidate = plan.head.parts[0].candidate
    found = shopify(plan, tmp_path / "a", candidate, asked=replace(KEY, one_code=True))
    made = inputs(found.folder)["discountCodeBasicCreate"]
    assert made["appliesOncePerCustomer"] is True
    assert "usageLimit" not in made
    thrice = replace(candidate, offer=replace(candidate.offer, uses=3))
    refused = shopify(plan, tmp_path / "b", thrice, asked=replace(KEY, one_code=True)).refused
    assert "3 times by a customer" in refused[0].why
    assert inputs(shopify(plan, tmp_path / "c", thrice).folder)["discountCodeBasicCreate"]["usageLimit"] == 3


def test_every_reason_is_told_at_once(plan: Plan, tmp_path: Path) -> None:
    candidate = public("spend_threshold", {"spend": 4000, "off": 500})
    promotion = replace(
        candidate.promotions[0], limits=Limits(per_customer=3, budget=100_000),
        window=Window(hours=(Hours(time(18), time(20)),)), seller="A",
    )  # fmt: skip
    found = shopify(plan, tmp_path / "out", replace(candidate, promotions=(promotion,)), public=True)
    told = " ".join(one.why for one in found.refused)
    for what in ("budget", "3 times", "hours", "seller", "limits the uses"):
        assert what in told


def test_an_offer_of_several_promotions_is_refused_whole(plan: Plan, tmp_path: Path) -> None:
    candidate = plan.head.parts[0].candidate
    two = replace(candidate, promotions=(candidate.promotions[0], replace(candidate.promotions[0], id="second")))
    found = shopify(plan, tmp_path / "out", two)
    assert "2 promotions together" in found.refused[0].why
    assert table(found.folder / "discounts.csv") == []


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_amounts_have_the_decimals_of_their_currency(plan: Plan, tmp_path: Path, currency: str) -> None:
    money = Plan(replace(plan.head, currency=currency), plan.rows)
    found = shopify(money, tmp_path / "out", plan.head.parts[0].candidate)
    assert table(found.folder / "discounts.csv")[0]["Value"] == {"JPY": "-500", "KWD": "-0.500"}[currency]


def test_the_document_prices_other_baskets_alike(plan: Plan, tmp_path: Path) -> None:
    cart = Cart("EUR", (Line("tea", 999, 3, category=("tea",)), Line("cup", 2501, 1)))
    document = export(plan, "json", tmp_path / "out").folder / "promotions.json"
    quote = Decider(plan).decide("c4", cart, now=NOW).quote
    assert quote is not None
    assert priced(document, cart, TEN) == quote.payable
