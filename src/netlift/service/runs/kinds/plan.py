"""Plans for the next promotions."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from netlift.service.runs.kinds.kind import Day, Kind, Language, Level, Place, Seed, Share, options

Goal = Literal["profit", "revenue", "new_buyers", "stickiness", "clear_stock", "win_back"]


class Plan(Kind):
    """Make plans that differ, doing nothing among them; they lie in the workspace until one is taken in."""

    NAME: ClassVar[str] = "plan"
    SCOPE: ClassVar[str] = "plans:make"

    budget: Annotated[str, StringConstraints(pattern=r"^\d{1,12}(\.\d{1,3})?$")]
    """In whole coins: 500 is 500.00."""
    goals: tuple[Goal, ...] = Field(default=(), max_length=6)
    constraints: Annotated[str, StringConstraints(max_length=100_000)] | None = None
    """Text of a TOML file of further limits."""
    start: Day | None = None
    days: Annotated[int, Field(ge=1, le=366)] = 14
    margin: Share | None = None
    level: Level = 0.9
    seed: Seed = 0
    lang: Language = "en"

    def command(self, place: Place) -> list[str]:
        """`netlift plan WORKSPACE --budget ...`."""
        told = options(
            budget=self.budget, start=self.start, days=self.days, margin=self.margin, level=self.level, seed=self.seed,
            constraints=place.out / "limits.toml" if self.constraints is not None else None, lang=self.lang,
            report=place.out / self.REPORT,
        )  # fmt: skip
        return ["plan", *told, *(f"--goal={goal}" for goal in self.goals), "--json", str(place.workspace)]

    def files(self) -> dict[str, str]:
        """The file of limits."""
        return {} if self.constraints is None else {"limits.toml": self.constraints}
