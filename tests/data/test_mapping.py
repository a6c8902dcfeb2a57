"""Mapping files: what they say is done, what they say wrongly is an error with words, and --guess drafts a good one."""

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netlift.data.guess import draft_mapping
from netlift.data.mapping import FileMapping, fields_of, parse_mapping, read_mapping
from netlift.errors import ConfigError, SourceError
from netlift.schema import TABLES
from tests.data.conftest import HEAD, line
from tests.data.sources.conftest import Shop

Take = Callable[..., Shop]
PLAIN = {name: name for name in ("order_id", "ordered_at", "product_id", "quantity", "unit_price")}
GERMAN = "Bestellung;E-Mail;Datum;Artikel;Menge;Preis;Währung;Rabattcode;Bemerkung\n" + "".join(
    f"{order};ann{order % 3}@example.com;{order + 12}.03.2024 10:00;Tee;2;{order}.234,50;EUR;FRUEHLING;schnell\n"
    for order in range(1, 9)
)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({}, "no table is described; known: customers, products"),
        ({"order_lines": {}}, r"\[order_lines\] needs order_id, ordered_at, product_id, quantity, unit_price"),
        ({"order_lines": "orders"}, r"order_lines is a table: write \[order_lines\]"),
        ({"orderlines": PLAIN}, "unknown table 'orderlines'; did you mean 'order_lines'"),
        ({"decimals": ",", "order_lines": PLAIN}, "unknown setting 'decimals'; did you mean 'decimal'"),
        ({"order_lines": PLAIN | {"quantiy": "q"}}, r"field of \[order_lines\] 'quantiy'; did you mean 'quantity'"),
        ({"order_lines": {n: c for n, c in PLAIN.items() if n != "quantity"}}, r"\[order_lines\] needs quantity"),
        ({"order_lines": PLAIN | {"code": ["a", "b"]}}, r"\[order_lines\] code must be a column name"),
        ({"order_lines": PLAIN | {"code": {"colum": "a"}}}, r"\[order_lines\] code must be a column name"),
        ({"order_lines": PLAIN | {"code": {"column": "a", "person": "yes"}}}, "code must be a column name"),
        ({"products": {"product_id": "a", "price": "p", "price_minor": "q"}}, "gives price twice"),
        ({"decimal": ";", "order_lines": PLAIN}, r"decimal must be one of '\.', ',', got ';'"),
        ({"amounts": "cents", "order_lines": PLAIN}, "amounts must be one of 'major', 'minor', got 'cents'"),
        ({"timezone": "Mars/Phobos", "order_lines": PLAIN}, "unknown time zone 'Mars/Phobos'"),
        ({"timezone": 1, "order_lines": PLAIN}, "timezone must be a text, got 1"),
        ({"dates": "%Q", "order_lines": PLAIN}, 'dates must be "mdy", "dmy" or a format'),
        ({"dates": "day first", "order_lines": PLAIN}, "dates must be .* got 'day first'"),
        ({"currency": "=euros", "order_lines": PLAIN}, "currency must be an ISO 4217 code such as EUR, .* got 'euros'"),
        ({"order_lines": PLAIN | {"currency": "=EURO"}}, r"\[order_lines\] currency must be an ISO 4217 code"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(mapping: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_mapping(mapping)


def test_a_mapping_file_names_itself_in_its_errors(tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    with pytest.raises(ConfigError, match=r"map\.toml cannot be opened"):
        read_mapping(file)
    file.write_text("[order_lines\n", "utf-8")
    with pytest.raises(ConfigError, match=r"map\.toml is not TOML: .*line 1"):
        read_mapping(file)
    file.write_bytes("currency = '\u00e9'".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"map\.toml is not TOML"):
        read_mapping(file)
    file.write_text('[orders]\ncode = "x"\n', "utf-8")
    with pytest.raises(ConfigError, match=r"map\.toml: \[orders\] needs order_id"):
        read_mapping(file)
    with pytest.raises(ConfigError, match=r"cannot be opened"):
        read_mapping(tmp_path)


def test_a_mapping_file_may_begin_with_a_mark(tmp_path: Path) -> None:
    """As Windows editors write it."""
    file = tmp_path / "map.toml"
    file.write_text('[products]\nproduct_id = "sku"\n', "utf-8-sig")
    assert parse_mapping(read_mapping(file)).tables["products"]["product_id"].column == "sku"


@pytest.mark.parametrize("table", TABLES)
def test_every_field_of_every_table_can_be_mapped(table: str) -> None:
    """`_minor` may be written or left out; a table needs what its schema may not leave empty."""
    mapping = parse_mapping({table: {name: f"column {name}" for name in fields_of(table)}})
    assert set(mapping.tables[table]) == set(fields_of(table))
    assert mapping.columns == {f"column {name}" for name in fields_of(table)}


def test_constants_and_columns_are_told_apart() -> None:
    made = parse_mapping({"currency": "EUR", "order_lines": PLAIN | {"quantity": 1, "channel": "=web", "code": "web"}})
    values = made.tables["order_lines"]
    assert made.currency.constant == "EUR"
    assert (values["quantity"].constant, values["channel"].constant, values["code"].column) == ("1", "web", "web")


def test_a_column_that_the_file_lacks_is_an_error(take: Take) -> None:
    with pytest.raises(ConfigError, match=r"names the column 'nr', which orders\.csv does not have; it has: order_id"):
        take(HEAD + line(1), mapping={"order_lines": PLAIN | {"order_id": "nr"}})


def test_a_mapping_does_what_it_says(take: Take) -> None:
    """Constants, minor units, a date format in a zone, a person: 1 March 10:00 in Berlin is 9:00 UTC."""
    mapping = {
        "amounts": "minor",
        "dates": "%d|%m|%Y %H:%M",
        "timezone": "Europe/Berlin",
        "currency": "EUR",
        "order_lines": {
            "order_id": "a",
            "ordered_at": "b",
            "product_id": "c",
            "customer_id": {"column": "d", "person": True},
            "quantity": 3,
            "unit_price": "e",
            "channel": "=shop",
        },
    }
    shop = take("a;b;c;d;e\n1;01|03|2025 10:00;tea;Ann;350\n", mapping=mapping)
    order = shop.row("orders", order_id="1")
    assert (order["list_minor"], order["currency"], order["channel"]) == (1050, "EUR", "shop")
    assert order["ordered_at"] == datetime(2025, 3, 1, 9, tzinfo=UTC)
    assert order["customer_id"] not in {None, "Ann"}


@pytest.mark.parametrize(("dates", "month"), [("mdy", 5), ("dmy", 1)])
def test_the_order_of_day_and_month_can_be_said(take: Take, dates: str, month: int) -> None:
    """5/1/2024 alone could be either, and is refused without a word (see test_bad_input)."""
    shop = take(HEAD + line(1, at="5/1/2024"), mapping={"dates": dates, "order_lines": PLAIN})
    assert shop.row("orders", order_id="1")["ordered_at"].month == month


def test_one_file_can_fill_several_tables(take: Take) -> None:
    """Orders, and what the goods are called; the latest name wins."""
    mapping = {"order_lines": PLAIN, "products": {"product_id": "product_id", "name": "name"}}
    rows = line(1).strip() + ",Green tea\n" + line(2).strip() + ",Green Tea\n"
    shop = take(HEAD.strip() + ",name\n" + rows, mapping=mapping)
    assert [(row["product_id"], row["name"]) for row in shop.rows("products")] == [("tea", "Green Tea")]


def test_a_table_other_than_orders_can_be_mapped(take: Take) -> None:
    mapping = {"promotions": {"promotion_id": "code", "starts_at": "von", "ends_at": "bis", "value": "rabatt"}}
    shop = take(
        "code;von;bis;rabatt\nA;2025-01-01;2025-02-01;0,1\nA;2025-01-01;2025-02-01;0,1\n;;;1\n", mapping=mapping
    )
    assert shop.row("promotions", promotion_id="A")["value"] == 0.1
    assert shop.refused == {"duplicate": 1, "missing_id": 1}


def test_a_draft_of_a_german_export_is_complete(tmp_path: Path, take: Take) -> None:
    """It finds every column, the decimal comma and the person; taken in with it, no row is refused."""
    file = tmp_path / "export.csv"
    file.write_text(GERMAN, "utf-8")
    draft = draft_mapping(file)
    made = parse_mapping(tomllib.loads(draft))
    columns = {field: value.column for field, value in made.tables["order_lines"].items()}
    assert columns == {
        "order_id": "Bestellung",
        "customer_id": "E-Mail",
        "ordered_at": "Datum",
        "product_id": "Artikel",
        "quantity": "Menge",
        "unit_price": "Preis",
        "currency": "Währung",
        "code": "Rabattcode",
    }
    assert (made.decimal, made.tables["order_lines"]["customer_id"].person) == (",", True)
    assert "# not used: Bemerkung" in draft
    assert "ann1@example.com" not in draft
    shop = take(GERMAN, mapping=tomllib.loads(draft))
    assert (shop.receipt.rows_kept, shop.refused, shop.receipt.customers) == (8, {}, 3)
    assert shop.row("orders", order_id="1")["list_minor"] == 246900  # 2 x 1.234,50


def test_a_draft_of_a_chinese_export_is_complete(tmp_path: Path) -> None:
    file = tmp_path / "订单.csv"
    file.write_bytes("订单编号,买家,下单时间,商品编号,数量,单价\n1,王,2024-03-13,茶,2,3.50\n".encode("gbk"))
    made = parse_mapping(tomllib.loads(draft_mapping(file)))
    assert set(made.tables["order_lines"]) == {*PLAIN, "customer_id"}


def test_a_draft_says_what_it_did_not_find(tmp_path: Path) -> None:
    """It stays TOML, and reading it says what is missing."""
    file = tmp_path / "foreign.csv"
    file.write_text("foo,bar\n1,2\n2,3\n", "utf-8")
    draft = draft_mapping(file)
    for field in PLAIN:
        assert f'# {field} = "?"  # needed: ' in draft
    with pytest.raises(ConfigError, match="needs order_id"):
        parse_mapping(tomllib.loads(draft))


@pytest.mark.parametrize("name", ['the "id"', "back\\slash", "tab\there", "it's # 1", "名"])
def test_names_with_any_character_survive_a_draft(tmp_path: Path, name: str) -> None:
    """TOML and CSV have other ideas of quotes."""
    file = tmp_path / "odd.csv"
    cell = '"' + name.replace('"', '""') + '"'
    file.write_text(f"order id,{cell},order date,sku,quantity,price\n1,x,2024-03-13,tea # 1,2,3.50\n", "utf-8")
    draft = draft_mapping(file)
    assert parse_mapping(tomllib.loads(draft)).tables["order_lines"]["order_id"].column == "order id"
    assert f"# not used: {name}" in draft


def test_a_draft_of_nothing_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "empty.csv"
    file.write_text("", "utf-8")
    with pytest.raises(SourceError, match=r"empty\.csv is empty"):
        draft_mapping(file)


def test_a_mapping_is_frozen() -> None:
    with pytest.raises(AttributeError):
        FileMapping({}).decimal = ","  # type: ignore[misc]
