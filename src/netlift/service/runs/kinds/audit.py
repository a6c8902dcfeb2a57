"""Did past promotions pay?"""

from typing import Annotated, ClassVar

from pydantic import Field

from netlift.service.runs.kinds.kind import Kind, Language, Level, Place, Seed, Share, options


class Audit(Kind):
    """Judge every past promotion: incremental profit with an interval, a verdict and an evidence grade."""

    NAME: ClassVar[str] = "audit"
    SCOPE: ClassVar[str] = "audits:run"

    margin: Share | None = None
    washout_days: Annotated[int, Field(ge=0, le=366)] | None = None
    level: Level = 0.9
    seed: Seed = 0
    lang: Language = "en"

    def command(self, place: Place) -> list[str]:
        """`netlift audit WORKSPACE ...`."""
        told = options(
            margin=self.margin, washout_days=self.washout_days, level=self.level, seed=self.seed, lang=self.lang,
            report=place.out / self.REPORT,
        )  # fmt: skip
        return ["audit", *told, "--json", str(place.workspace)]
