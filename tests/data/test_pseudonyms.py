"""A workspace that keeps every customer by pseudonym: whatever the format, the same person has the same code."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from netlift.data.ingest import Wishes, ingest
from netlift.data.mapping import parse_mapping
from netlift.data.privacy import BLANKS, pseudonym
from netlift.data.workspace import ALL, Settings, Workspace
from netlift.engines.duckdb import connect
from netlift.errors import ConfigError, SourceError
from netlift.schema import TABLES
from tests.data.sources.conftest import NOW

FIXTURES = Path(__file__).parent / "fixtures"
CUSTOMER = "customer_id"


def workspace(folder: Path, name: str = "coded", **settings: str | None) -> Workspace:
    return Workspace.create(folder / name, Settings(pseudonyms=ALL, **settings))  # type: ignore[arg-type]


def customers(shop: Workspace) -> dict[str, list[str | None]]:
    """By table, whom its rows name, rows in one order."""
    tables = [name for name in TABLES if CUSTOMER in TABLES[name].names and shop.has(name)]
    keys = {
        name: [key for key in TABLES[name].names if key not in {CUSTOMER, "coupon_id", "region"}] for name in tables
    }
    return {
        name: shop.table(name).sort_by([(key, "ascending") for key in keys[name][:6]])[CUSTOMER].to_pylist()
        for name in tables
    }


@pytest.mark.parametrize("source", sorted(FIXTURES.iterdir()), ids=lambda path: path.name)
def test_every_format_gives_pseudonyms_of_the_ids_that_it_would_keep(source: Path, tmp_path: Path) -> None:
    """And those that it codes by itself are not coded twice."""
    plain, coded = Workspace.create(tmp_path / "plain"), workspace(tmp_path)
    (coded.path / "secret.key").write_text(plain.key.hex(), "ascii")
    for shop in (plain, coded):
        ingest([source], shop, Wishes(currency="EUR" if "sales" in source.name else None), now=NOW)
    before, after = customers(plain), customers(coded)
    assert before.keys() == after.keys()
    for name, found in before.items():
        known = {one: one if is_code(one) else pseudonym(one, plain.key) for one in set(found) - {None}}  # type: ignore[arg-type]
        assert sorted(map(str, after[name])) == sorted(str(known.get(one) if one else None) for one in found)


def is_code(one: str) -> bool:
    return len(one) == 24 and set(one) <= set("0123456789abcdef")


def test_a_native_table_and_a_mapped_file_call_one_customer_the_same(tmp_path: Path) -> None:
    shop = workspace(tmp_path)
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,currency,list_minor,total_minor\no1,Ann-7 ,2025-01-02,EUR,700,700\n"
        "o2,,2025-01-03,EUR,700,700\n"
    )
    (tmp_path / "sold.csv").write_text("nr,who,day,what,n,price\no3,ANN-7,2025-02-01,tea,1,3.50\n")
    mapping = {
        "currency": "EUR",
        "order_lines": {"order_id": "nr", CUSTOMER: "who", "ordered_at": "day", "product_id": "what", "quantity": "n",
                        "unit_price": "price"},
        "customers": {CUSTOMER: "who"},
    }  # fmt: skip
    ingest([tmp_path / "orders.csv"], shop, Wishes(), now=NOW)
    ingest([tmp_path / "sold.csv"], shop, Wishes(mapping=mapping), now=NOW)
    ann = pseudonym("ann-7", shop.key)
    assert dict(zip(*(shop.table("orders")[one].to_pylist() for one in ("order_id", CUSTOMER)), strict=True)) == {
        "o1": ann, "o2": None, "o3": ann,
    }  # fmt: skip
    assert shop.table("customers")[CUSTOMER].to_pylist() == [ann]
    assert shop.table("order_lines")[CUSTOMER].to_pylist() == [ann]


def test_behaviour_files_are_coded_too(tmp_path: Path) -> None:
    shop = workspace(tmp_path)
    (tmp_path / "did.csv").write_text("user_id,item_id,purchase_time,rating\nU-7,tea,2025-01-02,5\n")
    ingest([tmp_path / "did.csv"], shop, Wishes(kind="user_behaviors"), now=NOW)
    for name in ("events", "feedback"):
        assert shop.table(name)[CUSTOMER].to_pylist() == [pseudonym("u-7", shop.key)]


def test_nothing_of_a_raw_id_stays_in_the_folder(tmp_path: Path) -> None:
    """Not in an id that a format makes of it either, and not in what is told of the file."""
    shop = workspace(tmp_path)
    (tmp_path / "redeemed.csv").write_text(
        "household_id,coupon_upc,campaign_id,redemption_date\nhousehold4711,51111,8,2017-05-01\n"
    )
    ingest([tmp_path / "redeemed.csv"], shop, Wishes(), now=NOW)
    assert shop.table("coupons")[CUSTOMER].to_pylist() == [pseudonym("household4711", shop.key)]
    files = [path for path in shop.path.rglob("*") if path.is_file()]
    assert files
    with connect() as con:
        texts = [str(con.execute("SELECT * FROM read_parquet(?)", [str(one)]).fetchall()) for one in files
                 if one.suffix == ".parquet"]  # fmt: skip
    assert not any("household4711" in text for text in texts)
    assert not any(b"household4711" in path.read_bytes() for path in files)


def test_what_is_coded_already_is_taken_as_it_is_and_nothing_else(tmp_path: Path) -> None:
    shop = workspace(tmp_path)
    ann, file = pseudonym("ann", shop.key), tmp_path / "exposures.csv"
    head = "promotion_id,customer_id,arm,exposed_at\n"
    file.write_text(f"{head}tea,{ann},treatment,2025-01-02\n")
    ingest([file], shop, Wishes(coded=True), now=NOW)
    assert shop.table("exposures")[CUSTOMER].to_pylist() == [ann]
    mapping = {"exposures": {name: name for name in head.strip().split(",")}}
    mapping["exposures"][CUSTOMER] = {"column": CUSTOMER, "person": False}  # type: ignore[assignment]
    file.write_text(f"{head}tea,4711,treatment,2025-01-02\n")
    with pytest.raises(SourceError, match="no pseudonyms") as caught:
        ingest([file], shop, Wishes(coded=True), now=NOW)
    assert "4711" not in str(caught.value)
    assert shop.table("exposures")[CUSTOMER].to_pylist() == [ann]


def test_a_mapping_may_say_that_ids_are_coded_already(tmp_path: Path) -> None:
    shop, file = workspace(tmp_path), tmp_path / "who.csv"
    mapping = {"customers": {CUSTOMER: {"column": "who", "person": False}, "region": "where"}}
    assert parse_mapping(mapping).tables["customers"][CUSTOMER].person is False
    ann = pseudonym("ann", shop.key)
    file.write_text(f"who,where\n{ann},north\n")
    ingest([file], shop, Wishes(mapping=mapping), now=NOW)
    assert shop.table("customers")[CUSTOMER].to_pylist() == [ann]
    file.write_text("who,where\n4711,north\n")
    with pytest.raises(SourceError, match="person = true"):
        ingest([file], shop, Wishes(mapping=mapping), now=NOW)


def test_elsewhere_ids_stay_as_they_are(tmp_path: Path) -> None:
    shop = Workspace.create(tmp_path / "shop")
    (tmp_path / "who.csv").write_text("customer_id,region\n4711,north\n")
    ingest([tmp_path / "who.csv"], shop, Wishes(kind="native"), now=NOW)
    assert shop.table("customers")[CUSTOMER].to_pylist() == ["4711"]
    assert "pseudonyms" not in (shop.path / "netlift.toml").read_text()


def test_the_setting_is_kept_and_has_one_value(tmp_path: Path) -> None:
    assert Workspace.open(workspace(tmp_path).path).settings.pseudonyms == ALL
    with pytest.raises(ConfigError, match="pseudonyms must be"):
        Settings(pseudonyms="some")


@pytest.mark.parametrize(
    "who", ["İSTANBUL-7", "ΟΔΟΣ", "Straße", "\u2003x\u2003", "\x1cx", "\ufeffx", "x\u200b", "ＡＢ１", "Ǆ", "'"]
)  # fmt: skip
def test_sql_and_python_read_odd_letters_alike(who: str) -> None:
    from netlift.data.sql import Locale, install_macros

    with connect() as con:
        install_macros(con, Locale(), b"k" * 32, "coded")
        assert con.execute("SELECT customer(?)", [who]).fetchone() == (pseudonym(who, b"k" * 32),)
        assert con.execute("SELECT person(' \u2003'), customer(NULL)").fetchone() == (None, None)


def test_sql_and_python_agree_on_any_mixture() -> None:
    """White space, letters that become two, marks that join to the one before, and ordinary letters, by chance."""
    from netlift.data.sql import Locale, install_macros

    draw, letters = np.random.default_rng(1), [*BLANKS, *"aZ9~!@'é\u200b\u0301\u200dİßΣσς中\x7f"]
    texts = ["".join(draw.choice(letters, int(draw.integers(1, 6)))) for _ in range(3_000)]
    asked = pa.table({"who": texts})
    with connect() as con:
        install_macros(con, Locale(), b"k" * 32)
        con.register("asked", asked)
        found = con.execute("SELECT person(who) FROM asked").to_arrow_table().column(0).to_pylist()
    assert found == [pseudonym(who, b"k" * 32) if who.strip(BLANKS) else None for who in texts]
