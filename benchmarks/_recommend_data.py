"""Public interactions of which the repository keeps no copy: ratings, grocery baskets, orders of gifts."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from netlift.errors import DataError
from netlift.recommend.interactions import Interactions

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"
TIME = pa.timestamp("us", tz="UTC")


class Shop(NamedTuple):
    """Baskets, and when validating and testing begin."""

    seen: Interactions
    validate: datetime
    test: datetime
    until: datetime


def ratings() -> tuple[Interactions, pa.Table]:
    """MovieLens 100k (GroupLens): every rating counts alike, as in the recommenders project; and the films' genres."""
    tabs = pyarrow.csv.ParseOptions(delimiter="\t", quote_char=False)
    found = pyarrow.csv.read_csv(_there("movielens/ml-100k.inter"), parse_options=tabs)
    micro = pc.multiply(found["timestamp:float"].cast(pa.int64()), 1_000_000)
    films = pyarrow.csv.read_csv(_there("movielens/ml-100k.item"), parse_options=tabs)
    about = {"product_id": _names(films["item_id:token"]), "text": films["class:token_seq"]}
    return _events(found["user_id:token"], found["item_id:token"], micro.cast(TIME)), pa.table(about)


def groceries(households: int | None = None) -> Shop:
    """The Complete Journey (84.51 degrees): all receipts of 2017, or of the first so many households by id."""
    columns = ["household_id", "basket_id", "product_id", "transaction_timestamp"]
    found = pq.read_table(_there("complete_journey/transactions.parquet"), columns=columns)
    found = found.filter(pc.is_in(found["household_id"], value_set=_some(found["household_id"], households)))
    return _shop(found["household_id"], found["product_id"], found["basket_id"], found["transaction_timestamp"])


def grocery_goods() -> pa.Table:
    """What is known of The Complete Journey's products."""
    found = pq.read_table(_there("complete_journey/products.parquet"))
    text = pc.binary_join_element_wise(
        *(found[name].fill_null("") for name in ("product_category", "product_type")), " "
    )
    return pa.table(
        {
            "product_id": _names(found["product_id"]), "category": found["department"],
            "brand": _names(found["manufacturer_id"]), "text": text,
        }
    )  # fmt: skip


def gifts(customers: int | None = None) -> Shop:
    """Online Retail (UCI): orders of known customers for goods, without what was cancelled or is a fee."""
    found = pq.read_table(_there("online_retail/online_retail.parquet"))
    goods = pc.match_substring_regex(found["StockCode"].cast(pa.string()), r"^\d{5}")
    found = found.filter(pc.and_(pc.and_(goods, pc.greater(found["Quantity"], 0)), pc.is_valid(found["CustomerID"])))
    who = found["CustomerID"].cast(pa.int64())
    kept = pc.is_in(who, value_set=_some(who, customers))
    found, who = found.filter(kept), who.filter(kept)
    when = pa.array([datetime.fromisoformat(text) for text in found["InvoiceDate"].to_pylist()], pa.timestamp("us"))
    return _shop(who, found["StockCode"], found["InvoiceNo"], when)


def _shop(who: pa.ChunkedArray, what: pa.ChunkedArray, basket: pa.ChunkedArray, when: object) -> Shop:
    """One line for each product of a receipt, at its first time; the last 60 days validate and test by halves."""
    table = pa.table({"who": _names(who), "what": _names(what), "basket": _names(basket), "at": when})
    times = table.group_by("basket").aggregate([("at", "min")])
    lines = table.select(["who", "what", "basket"]).group_by(["who", "what", "basket"]).aggregate([])
    lines = lines.join(times, "basket")
    at = lines["at_min"].cast(pa.timestamp("us")).cast(TIME)
    end = pc.max(at).as_py()
    seen = _events(lines["who"], lines["what"], at)
    return Shop(seen, end - timedelta(days=60), end - timedelta(days=30), end + timedelta(seconds=1))


def _events(who: pa.ChunkedArray, what: pa.ChunkedArray, at: object) -> Interactions:
    return Interactions.of(pa.table({"customer_id": _names(who), "product_id": _names(what), "at": at}))


def _names(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string())


def _some(column: pa.ChunkedArray, most: int | None) -> pa.Array:
    return pa.array(np.unique(column.to_numpy())[:most])


def _there(name: str) -> Path:
    if not (SHARED / name).exists():
        raise DataError(f"{SHARED / name} is missing: the data sets are fetched beside the repository")
    return SHARED / name
