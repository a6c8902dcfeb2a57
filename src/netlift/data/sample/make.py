"""Make the sample from the full Complete Journey: `python -m netlift.data.sample.make SOURCE_FOLDER [TARGET_FOLDER]`.

Whole households are kept, drawn by a hash of their number so that anybody draws the same ones; products only where
one of them bought it or a coupon is for it, coupons only of campaigns that reached one of them. Columns, types and
the order of rows stay as they are; the weekly displays and mailers (20.9 million rows) are left out.
"""

import argparse
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

HOUSEHOLDS = 900
"""How many households are drawn."""


def draw(households: list[int], count: int = HOUSEHOLDS) -> list[int]:
    """The `count` households with the smallest MD5 of their number, in ascending order of number.

    >>> draw([1, 2, 3, 4], 2)
    [1, 4]
    """

    def ticket(household: int) -> str:
        return hashlib.md5(str(household).encode(), usedforsecurity=False).hexdigest()

    return sorted(sorted(households, key=ticket)[:count])


def sample(source: Path, count: int = HOUSEHOLDS) -> dict[str, "pa.Table"]:
    """The sample's tables by file name without suffix.

    Args:
        source: folder with the eight Parquet files of the full data.
        count: households to keep.
    """
    transactions = _read(source, "transactions")
    chosen = draw(transactions["household_id"].unique().to_pylist(), count)
    transactions = _of(transactions, "household_id", chosen)
    campaigns = _of(_read(source, "campaigns"), "household_id", chosen)
    reached = campaigns["campaign_id"].unique().to_pylist()
    coupons = _of(_read(source, "coupons"), "campaign_id", reached)
    wanted = {*transactions["product_id"].to_pylist(), *coupons["product_id"].to_pylist()}
    return {
        "transactions": transactions,
        "products": _of(_read(source, "products"), "product_id", sorted(wanted)),
        "campaigns": campaigns,
        "campaign_descriptions": _of(_read(source, "campaign_descriptions"), "campaign_id", reached),
        "coupons": coupons,
        "coupon_redemptions": _of(_read(source, "coupon_redemptions"), "household_id", chosen),
        "demographics": _of(_read(source, "demographics"), "household_id", chosen),
    }


def _read(source: Path, name: str) -> "pa.Table":
    import pyarrow.parquet as pq

    return pq.read_table(source / f"{name}.parquet")


def _of(table: "pa.Table", column: str, values: list[int]) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table[column], value_set=pa.array(values)))


def write(tables: dict[str, "pa.Table"], target: Path) -> None:
    """Write the tables as small as Parquet can make them."""
    import pyarrow.parquet as pq

    for name, table in tables.items():
        path = target / f"{name}.parquet"
        plain = table.replace_schema_metadata(None)
        pq.write_table(plain, path, compression="zstd", compression_level=22, row_group_size=1 << 20)


def main() -> None:
    """Read the two folders from the command line and make the sample."""
    parser = argparse.ArgumentParser(description="Make netlift's sample from the full Complete Journey.")
    parser.add_argument("source", type=Path, help="folder with the full data as Parquet")
    parser.add_argument("target", type=Path, nargs="?", default=Path(__file__).parent, help="folder to write to")
    folders = parser.parse_args()
    write(sample(folders.source), folders.target)


if __name__ == "__main__":
    main()
