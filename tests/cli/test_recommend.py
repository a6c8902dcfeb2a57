"""`netlift recommend` as somebody at a terminal meets it."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from netlift.cli import app
from netlift.cli._recommending import DEFAULT, SAID
from netlift.data.workspace import Settings, Workspace
from netlift.errors import ConfigError, DataError
from netlift.report.recommended import REASONS, reason
from netlift.schema import CUSTOMERS, EVENTS, INVENTORY, PRODUCTS, RECOMMENDATIONS, RESPONSE, check
from netlift.simulate import presets, simulate


def run(shop: Workspace, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["recommend", str(shop.path), *arguments])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The smallest simulated shop, in which one product is sold out."""
    made = Workspace.create(tmp_path_factory.mktemp("recommend") / "shop", Settings(name="shop", currency="EUR"))
    for name, table in simulate(presets.tiny(1)).tables.items():
        if name in ("customers", "products", "orders", "order_lines"):
            made.write(name, table, "simulated")
    made.write("customers", pa.Table.from_pylist([{"customer_id": "registered"}], schema=CUSTOMERS), "late")
    first = sorted(made.table("products")["product_id"].to_pylist())[0]
    counts = {"product_id": [first], "location": ["shop"], "at": [None], "available": [0.0]}
    schema = pa.schema([("product_id", pa.string()), ("location", pa.string()),
                        ("at", pa.timestamp("us", tz="UTC")), ("available", pa.float64())])  # fmt: skip
    inventory = pa.table(counts, schema=schema)
    made.write("inventory", check(_widened(inventory, INVENTORY), INVENTORY), "counted")
    return made


def _widened(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        table[field.name] if field.name in table.column_names else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def gone(shop: Workspace) -> str:
    return str(shop.table("inventory")["product_id"][0])


def somebody(shop: Workspace) -> str:
    return sorted(set(shop.table("orders")["customer_id"].drop_null().to_pylist()))[0]


def test_one_customer_is_told_what_and_why(shop: Workspace) -> None:
    name = somebody(shop)
    done = run(shop, "--user", name, "--n", "5", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["model"] == DEFAULT
    rows = said["recommendations"]
    lines = shop.table("order_lines").to_pylist()
    had = {row["product_id"] for row in lines if row["customer_id"] == name}
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert not had & {row["product_id"] for row in rows}
    assert gone(shop) not in {row["product_id"] for row in rows}
    again = json.loads(run(shop, "--user", name, "--bought", "only", "--json").stdout)
    assert {row["product_id"] for row in again["recommendations"]} <= had


@pytest.mark.parametrize(("lang", "tag"), [("en", "en"), ("zh", "zh-CN")])
def test_a_stranger_is_shown_what_is_popular_in_words(shop: Workspace, lang: str, tag: str) -> None:
    done = run(shop, "--user", "nobody", "--lang", lang, "--n", "3")
    assert done.exit_code == 0, done.output
    shown = re.sub(r"\s+", "", done.stdout)
    for text in (SAID[tag]["why"], REASONS[tag]["new_customer"], REASONS[tag]["popular"]):
        assert text.replace(" ", "") in shown
    name = json.loads(run(shop, "--user", "nobody", "--json").stdout)["recommendations"][0]["product_id"]
    called = {row["product_id"]: row["name"] for row in shop.table("products").to_pylist()}
    assert called[name].replace(" ", "") in shown


@pytest.mark.parametrize("model", ["item_knn", "ease"])
def test_who_registered_and_did_nothing_is_a_newcomer_too(shop: Workspace, model: str) -> None:
    told = [
        json.loads(run(shop, "--user", name, "--model", model, "--json").stdout)["recommendations"]
        for name in ("registered", "nobody")
    ]
    assert len(told[0]) == 10
    for one, other in zip(*told, strict=True):
        assert one | {"customer_id": "nobody"} == other


def test_lists_of_all_are_kept(shop: Workspace) -> None:
    done = run(shop, "--all", "--n", "4", "--bought", "allow", "--json")
    assert done.exit_code == 0, done.output
    kept = json.loads(done.stdout)["kept"]
    table = pq.read_table(kept["file"])
    assert table.schema.equals(RECOMMENDATIONS)
    people = shop.table("customers")["customer_id"].to_pylist()
    assert table.num_rows == kept["rows"] == 4 * len(people)
    assert (kept["lists"], sorted(set(table["customer_id"].to_pylist()))) == (len(people), sorted(people))
    assert gone(shop) not in table["product_id"].to_pylist()
    first = Path(kept["file"]).read_bytes()
    shown = run(shop, "--all", "--n", "4", "--bought", "allow")
    assert SAID["en"]["often"] in shown.stdout
    assert Path(kept["file"]).read_bytes() == first


def test_recommenders_are_judged_and_the_best_is_used(shop: Workspace) -> None:
    done = run(shop, "--evaluate", "--model", "repeat", "--bought", "allow", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)["evaluation"]
    figures = {one["kind"]: one["validation_ndcg"] for one in said["models"]}
    assert sorted(figures) == ["popular", "repeat"]
    assert figures[said["chosen"]] == max(figures.values())
    assert said["validation_from"] < said["test_from"]
    means = {one["kind"]: one["test"]["ndcg"] for one in said["models"]}
    apart = said["ndcg_beside_popular"]
    assert said["chosen"] == "repeat"
    assert apart["difference"] == pytest.approx(means["repeat"] - means["popular"])
    assert apart["lower"] < apart["difference"] < apart["upper"]
    assert all(0 < one["test"]["ndcg"] < 1 for one in said["models"])
    shown = run(shop, "--evaluate", "--model", "repeat", "--bought", "allow", "--user", "nobody").stdout
    words = f"repeat beside that of popular: {apart['difference']:+.3f} (95 %: {apart['lower']:+.3f}"
    assert words in " ".join(shown.split())
    alone = json.loads(run(shop, "--evaluate", "--model", "popular", "--json").stdout)["evaluation"]
    assert alone["ndcg_beside_popular"] is None


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Ann and bob bought; ann looked at the pot; cat has only said what she likes; tea is bought again and again."""
    made = Workspace.create(tmp_path_factory.mktemp("looked") / "shop", Settings(name="shop", currency="EUR"))
    likes = ['{"categories": ["fish", null]}', "{}", "no JSON", '{"categories": "fish"}']
    people = [
        {"customer_id": name, "attributes": like}
        for name, like in zip(("cat", "ann", "bob", "dan"), likes, strict=True)
    ]
    goods = [
        {"product_id": name, "category": kind, "tags": tags}
        for name, kind, tags in (("cup", "china", None), ("hake", "fish", "new"), ("pot", "china", ""),
                                 ("tea", "drinks", "hot, Replenishable"))
    ]  # fmt: skip
    day = datetime(2026, 5, 1, tzinfo=UTC)
    done = [("ann", "tea", "purchase"), ("ann", "pot", "view"), ("bob", "tea", "purchase"), ("bob", "cup", "purchase")]
    events = [
        {"event_id": f"e{at}", "event": kind, "at": day, "customer_id": who, "product_id": what}
        for at, (who, what, kind) in enumerate(done)
    ]
    for name, rows, schema in (
        ("customers", people, CUSTOMERS),
        ("products", goods, PRODUCTS),
        ("events", events, EVENTS),
    ):
        made.write(name, pa.Table.from_pylist(rows, schema=schema), "told")
    return made


def listed(shop: Workspace, *arguments: str) -> list[str]:
    rows = json.loads(run(shop, *arguments, "--json").stdout)["recommendations"]
    return [row["product_id"] for row in rows]


def test_what_was_only_looked_at_and_what_is_used_up_may_be_shown(looked: Workspace) -> None:
    assert listed(looked, "--user", "ann", "--model", "popular") == ["tea", "cup", "pot", "hake"]
    assert listed(looked, "--user", "bob", "--model", "popular") == ["tea", "pot", "hake"]
    assert listed(looked, "--user", "ann", "--model", "popular", "--bought", "only") == ["tea"]
    run(looked, "--all", "--model", "popular")
    kept = looked.kept("recommendations").to_pylist()
    assert [row["product_id"] for row in kept if row["customer_id"] == "ann"] == ["tea", "cup", "pot", "hake"]


def test_next_baskets_are_learned_from_purchases_alone(looked: Workspace) -> None:
    rows = json.loads(run(looked, "--user", "ann", "--model", "next_basket", "--json").stdout)["recommendations"]
    assert {row["product_id"]: row["reasons"] for row in rows}["pot"] == ["nothing_known"]


def test_categories_that_a_customer_named_are_shown(looked: Workspace) -> None:
    assert listed(looked, "--user", "cat", "--model", "content")[0] == "hake"
    assert listed(looked, "--user", "dan", "--model", "content")[0] == "tea"


def test_what_lists_do_not_say_is_told_beside_them(shop: Workspace, looked: Workspace) -> None:
    for lang, tag in (("en", "en"), ("zh", "zh-CN")):
        said = run(shop, "--user", "nobody", "--model", "repeat", "--lang", lang).stderr
        assert SAID[tag]["again"].format(kind="repeat") in said
        assert SAID[tag]["unknown"].format(name="nobody") in said
    known = somebody(shop)
    assert run(shop, "--user", known, "--model", "repeat", "--bought", "allow").stderr.strip() == ""
    assert run(looked, "--user", "ann", "--model", "repeat").stderr.strip() == ""  # some goods are tagged


def response(*rows: tuple[str, str, float, float]) -> pa.Table:
    found = [
        {"customer_id": who, "offer_id": offer, "incremental_margin": margin, "expected_cost": cost,
         "net_margin": margin - cost, "se": 1.0, "liability": 1.0, "p_buy": 0.5, "grade": "randomized",
         "model_id": "m", "reasons": []}
        for who, offer, margin, cost in rows
    ]  # fmt: skip
    return pa.Table.from_pylist(found, schema=RESPONSE)


def test_offers_are_those_that_earn(shop: Workspace) -> None:
    name = somebody(shop)
    shop.keep(
        "response", response((name, "ten", 300.0, 100.0), (name, "loss", 10.0, 100.0), ("other", "ten", 9.0, 1.0))
    )
    said = json.loads(run(shop, "--user", name, "--offers", "--bought", "allow", "--n", "3", "--json").stdout)
    assert len(said["offers"]) == 3
    assert {row["offer_id"] for row in said["offers"]} == {"ten"}
    assert all(0 <= row["would_buy_anyway"] <= 1 and row["net_margin"] > 0 for row in said["offers"])
    assert SAID["en"]["anyway"].split()[0] in run(shop, "--user", name, "--offers", "--bought", "allow").stdout
    nothing = run(shop, "--user", "nobody", "--offers")
    assert SAID["en"]["no_offer"] in nothing.stdout


def test_what_does_not_go_together_is_refused(shop: Workspace, tmp_path: Path) -> None:
    for arguments, said in (
        ((), "say for whom"),
        (("--user", "a", "--all"), "exclude each other"),
        (("--all", "--offers"), "--offers needs --user"),
        (("--evaluate", "--bought", "only"), "--bought allow"),
        (("--user", "a", "--model", "best"), "unknown Recommender 'best'"),
        (("--user", "a", "--bought", "never"), "bought is allow"),
    ):
        refused = run(shop, *arguments)
        assert isinstance(refused.exception, ConfigError)
        assert said in str(refused.exception)
    empty = Workspace.create(tmp_path / "empty")
    assert isinstance(run(empty, "--evaluate").exception, DataError)
    shown = run(empty, "--user", "ann")
    assert shown.exit_code == 0, shown.output
    assert SAID["en"]["nothing"] in shown.stdout
    said_all = json.loads(run(empty, "--all", "--json").stdout)
    assert (said_all["kept"]["lists"], said_all["kept"]["rows"]) == (0, 0)


def test_codes_are_told_in_words_and_unknown_ones_as_they_are() -> None:
    assert SAID["en"].keys() == SAID["zh-CN"].keys()
    assert REASONS["en"].keys() == REASONS["zh-CN"].keys()
    assert reason("because_bought:p1", "zh-CN", {"p1": "绿茶"}) == "因为买过 绿茶"
    for code in ("popular:p1", "similar_to", "invented", "invented:p1"):
        assert reason(code, "en") == code
