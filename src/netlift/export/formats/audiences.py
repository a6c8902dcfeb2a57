"""Audiences as CSV: who is told of each offer, and, apart and marked, who must not be."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from netlift.export.cells import file_stem, write_csv
from netlift.export.format import Asked, Format, Refused
from netlift.plan.artefact import Part, Plan
from netlift.plan.exposures import WITHHELD

if TYPE_CHECKING:
    import pyarrow as pa

HEADER = ("customer_id", "offer_id", "arm", "send", "channel", "propensity")
APART = "do-not-send"
"""Folder of those from whom an offer is withheld."""


class Audiences(Format):
    """`OFFER.ARM.csv` for each offer and arm; in `do-not-send/` those who must get nothing."""

    kind: ClassVar[str] = "audiences"
    title: ClassVar[str] = "Audiences by offer and arm (CSV)"

    def write(self, plan: Plan, folder: Path, asked: Asked) -> tuple[Refused, ...]:  # noqa: ARG002  nothing is needed
        """One file for every arm that anybody is in."""
        import pyarrow.compute as pc

        for part in plan.head.parts:
            mine = plan.rows.filter(pc.equal(plan.rows["offer_id"], part.candidate.offer.offer_id))
            for arm in sorted(pc.unique(mine["arm"]).to_pylist()):
                _write(folder, part, arm, mine.filter(pc.equal(mine["arm"], arm)))
        return ()


def _write(folder: Path, part: Part, arm: str, rows: "pa.Table") -> None:
    candidate, withheld = part.candidate, arm in WITHHELD
    place = folder / APART if withheld else folder
    place.mkdir(exist_ok=True)
    offer_id, send = candidate.offer.offer_id, "no" if withheld else "yes"
    write_csv(
        place / f"{file_stem(offer_id)}.{file_stem(arm)}.csv", HEADER,
        (
            (customer_id, offer_id, arm, send, candidate.channel, chance)
            for customer_id, chance in zip(
                rows["customer_id"].to_pylist(), rows["propensity"].to_pylist(), strict=True
            )
        ),
    )  # fmt: skip
