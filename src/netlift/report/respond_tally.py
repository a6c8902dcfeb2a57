"""Counting why rows say what they say, while a response table streams by."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows and reasons by offer.

    Example:
        `workspace.keep("response", tally.watch(reader))`
    """

    rows: Counter[str] = field(default_factory=Counter)
    """Offer -> rows."""
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(offer, code) -> rows that carry the code."""

    def watch(self, reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
        """The same batches, counted as they pass."""
        return pa.RecordBatchReader.from_batches(reader.schema, self._counted(reader))

    def of(self, offer_id: str) -> list[tuple[str, int]]:
        """Codes of one offer with their rows, the most frequent first."""
        found = [(code, n) for (offer, code), n in self.reasons.items() if offer == offer_id]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def _counted(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        for batch in reader:
            self._count(batch)
            yield batch

    def _count(self, batch: pa.RecordBatch) -> None:
        import pyarrow.compute as pc

        offers, reasons = batch["offer_id"], batch["reasons"]
        for row in pc.value_counts(offers).to_pylist():
            self.rows[str(row["values"])] += row["counts"]
        flat = pa.table({"offer": offers.take(pc.list_parent_indices(reasons)), "code": pc.list_flatten(reasons)})
        for row in flat.group_by(["offer", "code"]).aggregate([([], "count_all")]).to_pylist():
            self.reasons[str(row["offer"]), str(row["code"])] += row["count_all"]
