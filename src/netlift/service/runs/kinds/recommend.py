"""What customers may want next."""

import json
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from netlift.service.runs.kinds.kind import Kind, Place

Part = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
ModelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
ASKED = "asked.json"


class Recommend(Kind):
    """Choose a recommender by what customers did later, and make the lists that `POST /recommend` serves."""

    NAME: ClassVar[str] = "recommend"
    SCOPE: ClassVar[str] = "audits:run"
    PROGRAM: ClassVar[tuple[str, ...]] = ("-m", "netlift.service.runs.shelf")
    REPORT: ClassVar[str] = ""

    kinds: Annotated[tuple[ModelName, ...], Field(max_length=20)] = ()
    """Recommenders to choose among; one is taken as it is, none means all."""
    bought: Literal["allow", "exclude", "only"] = "exclude"
    """What becomes of goods that a customer has bought."""
    diversity: Part = 0.0
    most_of_category: Annotated[int, Field(ge=0, le=1_000)] = 0
    margin_weight: Part = 0.0
    fatigue: Part = 0.0
    explore: Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)] = 0.0
    """How often the last place of a list goes to one of the next best, by chance, so that these are learned of too."""

    def command(self, place: Place) -> list[str]:
        """The workspace, and what is asked."""
        return [str(place.workspace), str(place.out / ASKED)]

    def files(self) -> dict[str, str]:
        """What is asked."""
        told = self.model_dump(mode="json")
        return {ASKED: json.dumps({"kinds": told.pop("kinds"), "manners": told})}
