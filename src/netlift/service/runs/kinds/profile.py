"""Who the customers are."""

from typing import ClassVar

from netlift.service.runs.kinds.kind import Day, Kind, Language, Place, Seed, options


class Profile(Kind):
    """Describe every customer by what was known before a day."""

    NAME: ClassVar[str] = "profile"
    SCOPE: ClassVar[str] = "audits:run"
    REPORT: ClassVar[str] = ""

    as_of: Day | None = None
    seed: Seed = 0
    lang: Language = "en"

    def command(self, place: Place) -> list[str]:
        """`netlift profile WORKSPACE ...`."""
        return ["profile", *options(as_of=self.as_of, seed=self.seed, lang=self.lang), "--json", str(place.workspace)]
