"""Bodies of the steps that plans and promotions take."""

from typing import Annotated, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

State = Literal["draft", "submitted", "approved", "live", "paused", "ended"]


class StepIn(Schema):
    """What a step needs to know."""

    model_config = ConfigDict(extra="forbid")

    expected: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """The revision that was seen; another one there now is a conflict."""


class RejectIn(StepIn):
    """A step back."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]
