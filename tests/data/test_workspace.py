"""A workspace: settings that are checked, files that appear whole or not at all, one key, no order counted twice."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from netlift.data.ingest import Wishes, ingest
from netlift.data.privacy import KEY_FILE, pseudonym, read_or_make_key
from netlift.data.receipt import receipts_of
from netlift.data.workspace import SETTINGS_FILE, Settings, Workspace, batch_name
from netlift.engines.duckdb import connect
from netlift.errors import ConfigError, DataError, SchemaError
from netlift.schema import TABLES
from tests.data.conftest import HEAD, line
from tests.data.sources.conftest import NOW, Shop

Take = Callable[..., Shop]


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings("Tea & Co", "EUR", "Europe/Berlin", 0.35, 0.029),
        Settings('a "quoted" \\ name\nof two lines\x7f', "CNY", margin=1.0),
        Settings("净增 🍵"),
    ],
)
def test_settings_survive_the_file(tmp_path: Path, settings: Settings) -> None:
    Workspace.create(tmp_path / "shop", settings)
    assert Workspace.open(tmp_path / "shop").settings == settings


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"currency": "euro"}, "ISO 4217 code such as EUR, got 'euro'"),
        ({"margin": 35}, "margin must be a fraction above 0 and at most 1, such as 0.35, got 35"),
        ({"margin": 0}, "margin must be a fraction"),
        ({"margin": float("nan")}, "margin must be a fraction"),
        ({"payment_fee_rate": 2.9}, "payment_fee_rate must be a fraction such as 0.029"),
        ({"timezone": "Mars/Phobos"}, "unknown time zone 'Mars/Phobos'"),
        ({"timezone": "../../etc/passwd"}, "unknown time zone"),
        ({"timezone": ""}, "unknown time zone"),
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Settings(**wrong)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('curency = "EUR"\n', "unknown setting 'curency'; known: currency, margin"),
        ('margin = "a third"\n', "margin cannot be 'a third'"),
        ("margin = true\n", "margin cannot be True"),
        ("name = 3\n", "name cannot be 3"),
        ("margin = \n", "netlift.toml cannot be read: "),
        (b"name = '\xff'\n", "netlift.toml cannot be read: "),
        ('currency = "euro"\n', "ISO 4217"),
    ],
)
def test_a_broken_settings_file_is_an_error(tmp_path: Path, content: str | bytes, words: str) -> None:
    (tmp_path / SETTINGS_FILE).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigError, match=words):
        Workspace.open(tmp_path)


def test_a_folder_without_settings_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is not a workspace \(no netlift\.toml\): make one with netlift ingest"):
        Workspace.open(tmp_path)


def test_a_workspace_cannot_be_made_where_a_file_is(tmp_path: Path) -> None:
    file = tmp_path / "shop"
    file.write_text("", "utf-8")
    with pytest.raises(ConfigError, match="is a file: a workspace is a folder"):
        Workspace.create(file)
    with pytest.raises(ConfigError, match="cannot make the workspace"):
        Workspace.create(file / "below")


def test_making_a_workspace_again_opens_it(tmp_path: Path) -> None:
    Workspace.create(tmp_path, Settings(currency="EUR"))
    assert Workspace.create(tmp_path, Settings(currency="USD")).settings.currency == "EUR"


@pytest.mark.parametrize("name", TABLES)
def test_a_table_without_files_is_empty_with_its_columns(tmp_path: Path, name: str) -> None:
    table = Workspace.create(tmp_path).table(name)
    assert (table.num_rows, table.schema) == (0, TABLES[name])


def test_an_unknown_table_is_an_error(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    for ask in (workspace.table, workspace.files, workspace.has):
        with pytest.raises(DataError, match="unknown table 'order'; known: customers"):
            ask("order")


def test_a_batch_replaces_the_batch_of_its_name(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    links = pa.table({"promotion_id": ["a", "b"], "product_id": ["p", "q"]})
    assert workspace.write("promotion_products", links, "january") == 2
    assert workspace.write("promotion_products", links.slice(0, 1), "january") == 1
    assert workspace.write("promotion_products", links.slice(1).to_reader(), "february") == 1
    assert workspace.table("promotion_products").sort_by("promotion_id") == links.cast(TABLES["promotion_products"])
    workspace.drop_batch("january")
    assert workspace.table("promotion_products")["promotion_id"].to_pylist() == ["b"]


def test_a_table_that_does_not_fit_is_not_written(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    with pytest.raises(SchemaError, match="product_id"):
        workspace.write("promotion_products", pa.table({"promotion_id": ["a"]}), "january")
    assert workspace.names == ()


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    file = tmp_path / "tables" / "orders" / "x.parquet"
    with workspace.writing(file) as temporary:
        temporary.write_text("old", "utf-8")
    with pytest.raises(UnicodeEncodeError), workspace.writing(file) as temporary:
        temporary.write_text("new \ud800", "utf-8")
    assert [(path.name, path.read_text("utf-8")) for path in file.parent.iterdir()] == [("x.parquet", "old")]


def test_what_several_files_say_of_a_thing_is_merged(tmp_path: Path) -> None:
    """The newest file that knows a value wins; what it does not know stays."""
    workspace = Workspace.create(tmp_path)
    workspace.write("products", pa.table({"product_id": ["a", "b"], "name": ["Tea", "Cup"], "brand": ["L", None]}), "1")
    workspace.write("products", pa.table({"product_id": ["a"], "name": ["Green tea"]}), "2")
    for age, file in enumerate(workspace.files("products")):
        os.utime(file, (age, age))
    rows = workspace.table("products").sort_by("product_id").to_pylist()
    assert [(row["product_id"], row["name"], row["brand"]) for row in rows] == [
        ("a", "Green tea", "L"),
        ("b", "Cup", None),
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [("a b.csv", "a_b.csv"), ("1/a.b.csv", "a_b"), ("茶.csv", "杯.csv"), ("a.db::x", "a.db::y"), ("..csv", "file")],
)
def test_batches_of_different_files_have_different_safe_names(first: str, second: str) -> None:
    assert batch_name(first) != batch_name(second)
    for name in (batch_name(first), batch_name(second)):
        assert name.replace("_", "a").replace("-", "a").isalnum()
        assert name.isascii()


# ---- taking files in again


def test_the_same_file_again_changes_nothing(take: Take) -> None:
    before = take(HEAD + line(1) + line(2)).workspace.table("orders").to_pylist()
    shop = take(HEAD + line(1) + line(2))
    assert shop.workspace.table("orders").to_pylist() == before
    assert len(receipts_of(shop.workspace)) == 1


def test_a_newer_version_of_a_file_replaces_the_older(take: Take) -> None:
    take(HEAD + line(1) + line(2))
    assert take(HEAD + line(2, quantity="5")).column("order_lines", "quantity") == [5.0]


def test_an_order_of_two_exports_is_counted_once(take: Take) -> None:
    """January and February overlap in order 2; the later file tells it, whole, and its receipt says so."""
    take(HEAD + line(1) + line(2, "tea") + line(2, "cup"), "january.csv")
    shop = take(HEAD + line(2, "tea", quantity="3") + line(3), "february.csv")
    assert shop.column("orders", "order_id") == ["1", "2", "3"]
    assert shop.column("order_lines", "quantity", order_id="2") == [3.0]
    assert (shop.receipt.counts["replaced_orders"], shop.receipt.counts["replaced_order_lines"]) == (1, 2)


def test_a_file_that_fails_leaves_what_was_there(take: Take) -> None:
    shop = take(HEAD + line(1))
    with pytest.raises(DataError):
        take(HEAD + line(1, at="soon"))
    assert shop.column("orders", "order_id") == ["1"]
    assert [receipt.rows_kept for receipt in receipts_of(shop.workspace)] == [1]


def test_nothing_temporary_is_left(take: Take, shop_folder: Path) -> None:
    take(HEAD + line(1))
    names = {path.name for path in shop_folder.iterdir()}
    assert names == {SETTINGS_FILE, KEY_FILE, "tables", "receipts"}
    assert not [path for path in shop_folder.rglob("*") if path.name.endswith(".part")]


def test_the_first_currency_becomes_that_of_the_shop(take: Take, shop_folder: Path) -> None:
    take(HEAD + line(1))
    assert Workspace.open(shop_folder).settings.currency == "EUR"


def test_the_shops_time_zone_is_that_of_times_without_one(take: Take) -> None:
    """10:00 in Shanghai is 2:00 UTC; a wish for the call wins over the shop's zone."""
    shop = take(HEAD + line(1), settings=Settings(timezone="Asia/Shanghai"))
    assert shop.row("orders", order_id="1")["ordered_at"].hour == 2
    assert take(HEAD + line(1), timezone="Europe/Berlin").row("orders", order_id="1")["ordered_at"].hour == 9


# ---- the key


def test_the_key_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    key = read_or_make_key(tmp_path)
    assert (len(key), read_or_make_key(tmp_path)) == (32, key)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"short", b"zz" * 32, b"ab" * 31, b"\xff" * 64])
def test_a_damaged_key_is_an_error_and_not_a_new_key(tmp_path: Path, content: bytes) -> None:
    """A new key would make two people of every customer."""
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(ConfigError, match="is not a key: it must hold 64 hexadecimal digits"):
        read_or_make_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_bytes() == content


def test_eight_at_once_agree_on_one_key(tmp_path: Path) -> None:
    """Whoever is first makes it; nobody reads it half written."""
    found: list[bytes] = []
    gate = threading.Barrier(8)

    def ask() -> None:
        gate.wait()
        found.append(read_or_make_key(tmp_path))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("who", ["ann@example.com", "ANN@Example.com ", "+49 170 1234567", "茶友小王", "Ünal@ex.de"])
def test_sql_and_python_give_the_same_pseudonym(tmp_path: Path, who: str) -> None:
    from netlift.data.sql import Locale, install_macros

    key = read_or_make_key(tmp_path)
    with connect() as con:
        install_macros(con, Locale(), key)
        (made,) = con.execute("SELECT person(?)", [who]).fetchone() or (None,)
    assert made == pseudonym(who, key)


def test_two_shops_give_a_person_two_pseudonyms(tmp_path: Path) -> None:
    """Tables of two workspaces cannot be joined on persons."""
    keys = [Workspace.create(tmp_path / name).key for name in ("a", "b")]
    assert pseudonym("ann@example.com", keys[0]) != pseudonym("ann@example.com", keys[1])


def test_files_of_one_call_share_pseudonyms(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "shop")
    head, tail = HEAD.strip() + ",customer_id\n", ",ann@example.com\n"
    for name, order in (("a.csv", 1), ("b.csv", 2)):
        (tmp_path / name).write_text(head + line(order).strip() + tail, "utf-8")
    ingest([tmp_path / "a.csv", tmp_path / "b.csv"], workspace, Wishes(), now=NOW)
    (person,) = set(workspace.table("orders")["customer_id"].to_pylist())
    assert person == pseudonym("ann@example.com", workspace.key)
