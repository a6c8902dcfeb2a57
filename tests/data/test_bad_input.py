"""Bad input: an error that names the file, or rows refused for their true reason; never a silent loss."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netlift.data.ingest import Wishes, ingest
from netlift.data.workspace import Workspace
from netlift.errors import ConfigError, Reason, SourceError
from tests.data.conftest import HEAD, line
from tests.data.sources.conftest import NOW, Shop

Take = Callable[..., Shop]
THREE = line(1) + line(2) + line(3)
CHINESE = HEAD + line(1, "茶叶") + line(2, "茶杯") + line(3, "茶壶") + line(4, "茶叶")
LATIN = (HEAD + line(1, "thé") + line(2, "tea")).encode("latin-1")


def parquet(**columns: list[object]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


PARQUET = parquet(
    order_id=["1"], ordered_at=["2025-01-02"], product_id=["tea"], quantity=[2.0], unit_price=["3.50"], currency=["EUR"]
)


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, HEAD + THREE)
    return buffer.getvalue()


# content -> the orders that are kept, and how many rows are refused for which reason
REFUSED: dict[str, tuple[str | bytes, list[int], dict[Reason, int]]] = {
    "cut in the middle of a record": ((HEAD + THREE)[: -len("2,3.50,EUR\n")], [1, 2], {Reason.MALFORMED_ROW: 1}),
    "cut in a date": ((HEAD + THREE)[: -len("02 10:00:00,tea,2,3.50,EUR\n")], [1, 2], {Reason.MALFORMED_ROW: 1}),
    "cut in a multibyte character": (
        CHINESE.encode()[: -len(",2,3.50,EUR\n") - 1],
        [1, 2, 3],
        {Reason.MALFORMED_ROW: 1},
    ),
    "cut in a quoted text": (HEAD + THREE + '4,2025-01-02,"tea of\nthe h', [1, 2, 3], {Reason.MALFORMED_ROW: 2}),
    "a quote that is never closed": (
        HEAD + line(1) + line(2, '"pan') + line(3) + line(4),
        [1, 3, 4],
        {Reason.MALFORMED_ROW: 1},
    ),
    "a quote inside a quoted text": (HEAD + line(1) + line(2, '"8" pan"'), [1], {Reason.MALFORMED_ROW: 1}),
    "too few cells": (HEAD + line(1) + "2,2025-01-02\n" + line(3), [1, 3], {Reason.MALFORMED_ROW: 1}),
    "too many cells": (
        HEAD + line(1) + line(2).strip() + ",x\n" + line(3),
        [1, 3],
        {Reason.MALFORMED_ROW: 1},
    ),
    "blank lines": (HEAD + line(1) + "\n" + line(2) + " \n,,,,,\n" + line(3), [1, 2, 3], {Reason.BLANK_ROW: 3}),
    "both decimal marks": (
        HEAD.replace(",", ";")
        + "".join(
            line(order, price=price.replace(",", "_")).replace(",", ";").replace("_", ",")
            for order, price in enumerate(("3,50", "1.234,56", "1234.56", "1,234", "1.234", "12,5"), 1)
        ),
        [1, 2, 3, 6],
        {Reason.BAD_AMOUNT: 2},  # 1,234 and 1.234 may be 1.23 or 1234
    ),
    "two currencies": (HEAD + line(1) + line(2, currency="USD") + line(3), [1, 3], {Reason.OTHER_CURRENCY: 1}),
    "a row without currency": (HEAD + line(1, currency="") + line(2), [2], {Reason.MISSING_CURRENCY: 1}),
    "a return of nothing": (HEAD + line(1) + line(2, quantity="-1"), [1], {Reason.UNMATCHED_REFUND: 1}),
    "no quantity": (
        HEAD + line(1, quantity="0") + line(2, quantity="") + line(3, quantity="two") + line(4),
        [4],
        {Reason.BAD_QUANTITY: 3},
    ),
    "dates in the future": (
        HEAD + line(1, at="2025-12-31 23:59:59") + line(2, at="2026-01-01 00:00:01") + line(3, at="2062-01-02"),
        [1],
        {Reason.FUTURE_TIME: 2},
    ),
    "dates that are none": (
        HEAD + line(1, at="2025-02-30") + line(2, at="soon") + line(3, at="") + line(4),
        [4],
        {Reason.BAD_TIME: 2, Reason.MISSING_TIME: 1},
    ),
    "an ambiguous day": (HEAD + line(1, at="5/1/2024") + line(2, at="2024-05-01"), [2], {Reason.BAD_TIME: 1}),
    "no order number or product": (HEAD + line("") + line(2, "") + line(3), [3], {Reason.MISSING_ID: 2}),
    "prices that are none": (
        HEAD + line(1, price="") + line(2, price="free") + line(3, price="-3.50") + line(4),
        [4],
        {Reason.MISSING_AMOUNT: 1, Reason.BAD_AMOUNT: 1, Reason.NEGATIVE_PRICE: 1},
    ),
    "numbers beyond reason": (
        HEAD + line(1, price="1e300") + line(2, quantity="1e300") + line(3, quantity="nan") + line(4),
        [4],
        {Reason.BAD_AMOUNT: 2, Reason.BAD_QUANTITY: 1},
    ),
    "the same row twice": (HEAD + line(1) + line(2) + line(1), [1, 2], {Reason.DUPLICATE: 1}),
    "a zero byte": (HEAD + line(1) + line(2, "te\0a") + line(3), [1, 3], {Reason.MALFORMED_ROW: 1}),
    "a line of zeros": (HEAD + line(1) + "\0" * 20 + "\n" + line(3), [1, 3], {Reason.MALFORMED_ROW: 1}),
    "Latin letters declared as UTF-8": (LATIN, [2], {Reason.MALFORMED_ROW: 1}),
}

# content -> orders that are kept; nothing is refused
TAKEN: dict[str, tuple[str | bytes, list[int], str]] = {
    "UTF-8 with a mark": (CHINESE.encode("utf-8-sig"), [1, 2, 3, 4], "utf-8-sig"),
    "UTF-16 with a mark": (CHINESE.encode("utf-16"), [1, 2, 3, 4], "utf-16"),
    "UTF-16 without a mark": (CHINESE.encode("utf-16-be"), [1, 2, 3, 4], "utf-16-be"),
    "UTF-32 with a mark": (CHINESE.encode("utf-32"), [1, 2, 3, 4], "utf-32"),
    "GBK": (CHINESE.encode("gbk"), [1, 2, 3, 4], "gb18030"),
    "Windows-1252": (LATIN, [1, 2], "cp1252"),
    "a line end in quotes": (HEAD + line(1, '"tea\nof the house"') + line(2), [1, 2], "utf-8"),
    "a doubled quote": (HEAD + line(1, '"8"" pan"') + line(2), [1, 2], "utf-8"),
    "a delimiter in quotes": (HEAD + line(1, '"tea, green"') + line(2), [1, 2], "utf-8"),
    "Windows line ends": ((HEAD + THREE).replace("\n", "\r\n"), [1, 2, 3], "utf-8"),
    "old Mac line ends": ((HEAD + THREE).replace("\n", "\r"), [1, 2, 3], "utf-8"),
    "mixed line ends": ((HEAD + THREE).replace("\n", "\r\n", 2), [1, 2, 3], "utf-8"),
    "no line end at the end": ((HEAD + THREE).removesuffix("\n"), [1, 2, 3], "utf-8"),
    "blank lines at the end": (HEAD + THREE + "\n\n\n", [1, 2, 3], "utf-8"),
    "blank lines before the header": ("\n\n" + HEAD + THREE, [1, 2, 3], "utf-8"),
    "a line that tells the delimiter": ("sep=;\n" + (HEAD + THREE).replace(",", ";"), [1, 2, 3], "utf-8"),
    "tabs": ((HEAD + THREE).replace(",", "\t"), [1, 2, 3], "utf-8"),
    "delimiters too many at the end": ((HEAD + THREE).replace("\n", ",,\n"), [1, 2, 3], "utf-8"),
    "gzip": (gzip.compress((HEAD + THREE).encode()), [1, 2, 3], "utf-8"),
    "zip": (zipped("orders.csv"), [1, 2, 3], "utf-8"),
}

# content -> words of the error besides the name of the file
REJECTED: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "0 bytes": ("", ("is empty (0 bytes)", "export it again")),
    "blanks": ("\n  \n\t\n", ("nothing but blanks",)),
    "a mark alone": (b"\xef\xbb\xbf", ("nothing but blanks",)),
    "a header alone": (HEAD, ("a header but no rows",)),
    "a header without line end": (HEAD.strip(), ("a header but no rows",)),
    "a header and blank lines": (HEAD + "\n\n", ("a header but no rows",)),
    "an unknown table": ("foo,bar\n1,2\n", ("no known format", "foo, bar", "netlift ingest --guess")),
    "nearly a known table": (
        HEAD.replace("unit_price", "Betrag") + line(1),
        ("no known format", "also has the columns unit_price", "netlift ingest --guess"),
    ),
    "no table": ("hello world\n", ("has no table in it",)),
    "binary": (bytes(range(256)) * 20, ("byte 0x80", "line 2", "save the file as UTF-8")),
    "zeros": (bytes(1000), ("has no table in it",)),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), ("is a picture",)),
    "a PDF document": (b"%PDF-1.7\n" + bytes(100), ("PDF", "export the table as CSV")),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ("Excel", "CSV")),
    "a workbook": (zipped("xl/workbook.xml", "xl/worksheets/sheet1.xml"), ("Excel workbook", "CSV")),
    "an archive of two": (zipped("a.csv", "b.csv"), ("holds 2 files", "unpack")),
    "a web page": ("<!DOCTYPE html><html><body>Log in</body></html>", ("HTML", "login")),
    "a cut gzip": (gzip.compress((HEAD + THREE).encode())[:-9], ("damaged or cut off archive",)),
    "a cut zip": (zipped("orders.csv")[:-30], ("damaged or cut off archive",)),
    "a cut Parquet": (PARQUET[:-9], ("damaged or cut off Parquet",)),
    "half a UTF-16 unit": (CHINESE.encode("utf-16")[:-1], ("is not utf-16 text", "save the file as UTF-8")),
    "broken JSON lines": ('{"order_id": 1, "ordered_at\n{"x\n', ("whole JSON object",)),
    "every date ahead": (HEAD + line(1, at="2027-01-02") + line(2, at="2028-01-02"), ("all 2 rows", "future_time")),
    "no currency anywhere": (HEAD + line(1, currency=""), ("all 1 rows", "missing_currency")),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_bad_row_is_refused_for_its_reason(take: Take, fault: str) -> None:
    """Counted by hand in the table above; the other rows of the file are kept."""
    content, kept, refused = REFUSED[fault]
    shop = take(content, encoding="utf-8" if content is LATIN else None)
    assert shop.refused == {str(reason): rows for reason, rows in refused.items()}
    assert shop.column("order_lines", "order_id") == [str(order) for order in kept]
    assert shop.receipt.rows_kept == len(kept)


@pytest.mark.parametrize("kind", TAKEN)
def test_unusual_but_sound_files_are_read_whole(take: Take, kind: str) -> None:
    content, kept, encoding = TAKEN[kind]
    shop = take(content)
    assert shop.refused == {} or kind == "blank lines before the header"
    assert shop.receipt.encoding == encoding
    assert shop.column("order_lines", "order_id") == [str(order) for order in kept]
    assert shop.total("order_lines", "list_minor") == 700 * len(kept)  # 2 x 3.50


@pytest.mark.parametrize("fault", REJECTED)
def test_an_unreadable_file_is_an_error_that_names_it(take: Take, shop_folder: Path, fault: str) -> None:
    """What is wrong and, where something can be done, what; nothing reaches the workspace."""
    content, words = REJECTED[fault]
    with pytest.raises(SourceError) as caught:
        take(content, "january.csv")
    for word in ("january.csv", *words):
        assert word in str(caught.value)
    workspace = Workspace.open(shop_folder)
    assert workspace.names == ()
    assert [file.name for file in shop_folder.iterdir() if file.is_dir()] == []


@pytest.mark.parametrize(
    ("texts", "product"),
    [("GBK", "茶叶"), ("a line end in quotes", "tea\nof the house"), ("a doubled quote", '8" pan')],
)
def test_texts_arrive_as_they_were_written(take: Take, texts: str, product: str) -> None:
    assert take(TAKEN[texts][0]).column("order_lines", "product_id", order_id="1") == [product]


def test_gbk_declared_as_utf8_is_refused_not_mangled(take: Take) -> None:
    """Every product is Chinese, so that no row is left; the error says so instead of storing question marks."""
    with pytest.raises(SourceError, match=r"orders\.csv.*all 4 rows were refused.*malformed_row"):
        take(CHINESE.encode("gbk"), encoding="utf-8")


@pytest.mark.parametrize("encoding", ["ascii", "utf-16", "big5"])
def test_utf8_declared_as_something_else_is_an_error(take: Take, encoding: str) -> None:
    with pytest.raises(SourceError, match=rf"orders\.csv is not {encoding} text .*save the file as UTF-8"):
        take(CHINESE.encode(), encoding=encoding)


def test_an_encoding_that_does_not_exist_is_an_error(take: Take) -> None:
    with pytest.raises((SourceError, ConfigError), match="unknown encoding 'klingon': use a name such as utf-8"):
        take(CHINESE, encoding="klingon")


def test_the_content_decides_and_not_the_name(take: Take) -> None:
    """A CSV file named .parquet and a Parquet file named .csv."""
    assert take(HEAD + THREE, "orders.parquet").receipt.form == "csv"
    shop = take(PARQUET, "orders.csv")
    assert shop.receipt.form == "parquet"
    assert shop.total("order_lines", "list_minor") == 700


def test_a_parquet_file_without_rows_is_an_error(take: Take) -> None:
    columns: dict[str, list[object]] = {name: [] for name in HEAD.strip().split(",")}
    with pytest.raises(SourceError, match=r"empty\.parquet has columns but no rows"):
        take(parquet(**columns), "empty.parquet")


def test_unknown_columns_are_reported(take: Take) -> None:
    head, row = HEAD.strip() + ",colour,Shape of it\n", line(1).strip() + ",red,round\n"
    assert take(head + row).receipt.unknown == ("colour", "Shape of it")


def test_a_name_that_stands_twice_counts_once(take: Take) -> None:
    """The first column of a name is used; the others are told apart and reported."""
    shop = take(HEAD.strip() + ",quantity,Quantity\n" + line(1).strip() + ",7,8\n")
    assert shop.column("order_lines", "quantity") == [2.0]
    assert len(shop.receipt.unknown) == 2
    assert all(name.lower().startswith("quantity_") for name in shop.receipt.unknown)


def test_columns_without_a_name_are_told_apart(take: Take) -> None:
    assert take(HEAD.strip() + ",,\n" + line(1).strip() + ",1,2\n").receipt.unknown == ("column_7", "column_8")


@pytest.mark.parametrize(
    "rows",
    [line(1).strip() + ",7\n", line(1).strip() + ",7\nx,y\n"],
    ids=["fast", "by records"],
)
def test_a_column_may_have_the_name_of_an_inner_one(take: Take, rows: str) -> None:
    """`_row` is netlift's number of a row; a file that has such a column is read on both roads."""
    assert take(HEAD.strip() + ",_row\n" + rows).column("order_lines", "order_id") == ["1"]


def test_a_missing_file_is_an_error(shop_folder: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.csv does not exist"):
        ingest(["nowhere.csv"], Workspace.create(shop_folder), now=NOW)


def test_a_folder_without_tables_is_an_error(tmp_path: Path, shop_folder: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "notes.md").write_text("hello", "utf-8")
    with pytest.raises(SourceError, match=r"exports could be taken in: there is no table file in it"):
        ingest([folder], Workspace.create(shop_folder), now=NOW)


def test_one_bad_file_of_a_folder_does_not_stop_the_others(tmp_path: Path, shop_folder: Path) -> None:
    """It has a receipt that says why it was passed over."""
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "a.csv").write_text("", "utf-8")
    (folder / "b.csv").write_text(HEAD + THREE, "utf-8")
    (folder / "c.csv").write_text("foo,bar\n1,2\n", "utf-8")
    receipts = ingest([folder], Workspace.create(shop_folder), now=NOW)
    problems = {Path(receipt.source).name: receipt.problem or "" for receipt in receipts}
    assert "is empty" in problems["a.csv"]
    assert problems["b.csv"] == ""
    assert "no known format" in problems["c.csv"]


def test_a_bad_file_among_good_ones_is_an_error_when_it_was_named(tmp_path: Path, shop_folder: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(HEAD + THREE, "utf-8")
    bad.write_text("", "utf-8")
    with pytest.raises(SourceError, match=r"bad\.csv is empty"):
        ingest([good, bad], Workspace.create(shop_folder), now=NOW)


def test_every_bad_row_of_a_file_of_all_faults_is_counted(take: Take) -> None:
    """All faulty rows of the UTF-8 texts above in one file: the balance holds and the examples point at the rows."""
    bad = {
        "2,2025-01-02\n": Reason.MALFORMED_ROW,
        line(3, '"pan'): Reason.MALFORMED_ROW,
        "\n": Reason.BLANK_ROW,
        line(5, currency="USD"): Reason.OTHER_CURRENCY,
        line(6, quantity="-1"): Reason.UNMATCHED_REFUND,
        line(7, at="2062-01-02"): Reason.FUTURE_TIME,
        line(8, at="soon"): Reason.BAD_TIME,
        line(9, price="free"): Reason.BAD_AMOUNT,
        line(1): Reason.DUPLICATE,
    }
    shop = take(HEAD + line(1) + "".join(bad) + line(11))
    found = {row: refusal.reason for refusal in shop.receipt.refused for row in refusal.examples}
    assert found == dict(enumerate(bad.values(), 2))
    assert (shop.receipt.rows_in, shop.column("order_lines", "order_id")) == (11, ["1", "11"])


@pytest.mark.parametrize("code", ["euros", "€"])
def test_a_currency_that_is_no_code_is_an_error_before_anything_is_written(
    take: Take, shop_folder: Path, code: str
) -> None:
    with pytest.raises(SourceError, match=r"orders\.csv.*ISO 4217"):
        take(HEAD + line(1, currency=code))
    assert Workspace.open(shop_folder).names == ()


@pytest.mark.parametrize("currency", ["EURO", "€", "E1R", ""])
def test_a_currency_wish_must_be_a_code(take: Take, currency: str) -> None:
    with pytest.raises(ConfigError, match="ISO 4217 code such as EUR"):
        take(HEAD + THREE, currency=currency)


def test_a_time_zone_wish_must_exist(take: Take) -> None:
    with pytest.raises(ConfigError, match=r"unknown time zone 'Mars/Phobos': use an IANA name"):
        take(HEAD + THREE, timezone="Mars/Phobos")


def test_a_wanted_format_must_exist_and_fit(take: Take) -> None:
    """An unknown name, one for another form, and one of which the file has no column."""
    with pytest.raises(ConfigError, match="unknown Source 'shopify'"):
        take(HEAD + THREE, kind="shopify")
    with pytest.raises(ConfigError, match=r"ga4_events reads ndjson, but .*orders\.csv is csv"):
        take(HEAD + THREE, kind="ga4_events")
    with pytest.raises(SourceError, match=r"orders\.csv has none of the columns .*Shopify orders.*Lineitem price"):
        take(HEAD + THREE, kind="shopify_orders")


def test_another_currency_does_not_enter_a_workspace(take: Take, shop_folder: Path, tmp_path: Path) -> None:
    take(HEAD + THREE)
    dollars = tmp_path / "usd.csv"
    dollars.write_text(HEAD + line(9, currency="USD"), "utf-8")
    with pytest.raises(SourceError, match=r"usd\.csv.*USD.*EUR|usd\.csv .*other_currency"):
        ingest([dollars], Workspace.open(shop_folder), Wishes(), now=NOW)
    assert Workspace.open(shop_folder).table("orders")["currency"].to_pylist() == ["EUR"] * 3
