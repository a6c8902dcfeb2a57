"""Who is moved by which offer."""

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from netlift.service.runs.kinds.kind import Day, Kind, Language, Level, Place, Seed, Share, options


class Respond(Kind):
    """Learn what each past offer changes for each customer."""

    NAME: ClassVar[str] = "respond"
    SCOPE: ClassVar[str] = "audits:run"

    as_of: Day | None = None
    assume: Annotated[str, StringConstraints(max_length=100_000)] | None = None
    """Text of a TOML file: what is expected of offers without a log."""
    margin: Share | None = None
    level: Level = 0.9
    seed: Seed = 0
    lang: Language = "en"

    def command(self, place: Place) -> list[str]:
        """`netlift respond WORKSPACE ...`."""
        told = options(
            as_of=self.as_of, margin=self.margin, level=self.level, seed=self.seed, lang=self.lang,
            assume=place.out / "assume.toml" if self.assume is not None else None, report=place.out / self.REPORT,
        )  # fmt: skip
        return ["respond", *told, "--json", str(place.workspace)]

    def files(self) -> dict[str, str]:
        """The file of assumptions."""
        return {} if self.assume is None else {"assume.toml": self.assume}
