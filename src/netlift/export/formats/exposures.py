"""The experiment that a plan is, as Parquet tables that `netlift ingest` takes in, so that an audit finds it later."""

from pathlib import Path
from typing import ClassVar

from netlift.export.format import Asked, Format, Refused
from netlift.plan.artefact import Plan
from netlift.plan.exposures import exposures, goods, promotions


class Exposures(Format):
    """`exposures.parquet` with arm and propensity of everybody, `promotions.parquet`, `promotion_products.parquet`."""

    kind: ClassVar[str] = "exposures"
    title: ClassVar[str] = "Exposures and promotions for a later audit (Parquet)"

    def write(self, plan: Plan, folder: Path, asked: Asked) -> tuple[Refused, ...]:
        """Tables without rows are left out."""
        import pyarrow.parquet as pq

        tables = {
            "exposures": exposures(plan, asked.at), "promotions": promotions(plan), "promotion_products": goods(plan),
        }  # fmt: skip
        for name, table in tables.items():
            if table.num_rows:
                pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
        return ()
