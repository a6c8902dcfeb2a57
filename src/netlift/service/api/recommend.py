"""Goods for one customer, now; and what they say to them."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router, Schema
from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from netlift.service.api.baskets import Language, Name, Sent, Text
from netlift.service.api.frame import caller_of, needs
from netlift.service.api.quotes import sent
from netlift.service.core.ids import new_id
from netlift.service.decisions import shelf_serve, shelf_shown
from netlift.service.decisions.keep import request as named
from netlift.service.decisions.shelf_serve import Question
from netlift.service.decisions.shelf_shown import Answered, Said
from netlift.service.events.intake import EARLIEST
from netlift.service.privacy.pseudonyms import pseudonym

router = Router(tags=["recommendation"])

MOST = 100
"""Goods of a list."""
Products = Annotated[list[Name], Field(max_length=500)]
Some = Annotated[list[Name], Field(max_length=50)]
Placement = Annotated[str, StringConstraints(max_length=60, pattern=r"^[A-Za-z0-9_.-]*$")]
GRADED = ("rating", "satisfaction")


class RecommendIn(Sent):
    """Whom a list is for; products are named by their ids."""

    request_id: Name | None = None
    """The caller's own name of the question: sent again, it has the same answer and is logged once."""
    customer_id: Text = ""
    """The shop's own id of the customer; empty for a guest."""
    n: Annotated[int, Field(ge=1, le=MOST, strict=True)] = 10
    cart: Some = Field(default_factory=list)
    """Products in the cart: what goes with them comes first, they themselves are left out."""
    context: Some = Field(default_factory=list)
    """Products that are looked at: what is like them comes first, they themselves are left out."""
    category: Annotated[str, StringConstraints(max_length=200)] = ""
    """Only goods of this category."""
    exclude: Products = Field(default_factory=list)
    segments: Annotated[list[Text], Field(max_length=100)] = Field(default_factory=list)
    """Read only with the customer's consent to personalisation, for what is popular there."""
    placement: Placement = ""
    """Where the list stands, such as home.top; it is kept with the list."""
    shown: bool = True
    """Whether the answer reaches the customer; only then it is logged, and gets a list_id."""
    language: Language = "en"

    def question(self) -> Question:
        """As decisions read it."""
        who = pseudonym(self.customer_id) if self.customer_id.strip() else ""
        return Question(
            who, self.n, tuple(self.cart), tuple(self.context), self.category, tuple(self.exclude),
            tuple(self.segments), self.placement, self.language, self.shown,
        )  # fmt: skip


class ItemOut(Schema):
    """A place of a list."""

    product_id: str
    rank: int
    score: float
    """Higher is better among places of one source; no probability."""
    source: str
    """personal, context, popular or new."""
    propensity: float
    """With which chance the product had a place on the list."""
    reasons: list[str]
    """Codes, some with what they are about behind a colon."""
    why: list[str]
    """The same in words."""


class ListOut(Schema):
    """A list."""

    request_id: str
    list_id: str | None
    """For feedback; null where nothing was logged: for guests, and without consent to measurement."""
    model: str
    made_at: str
    """When the recommender had learned."""
    at: str
    personalised: bool
    """False without a customer or without consent to personalisation: then what is popular is listed."""
    items: list[ItemOut]
    short: str | None
    """Why there are fewer than were asked for; null: there are not."""


class ServedOut(Schema):
    """What is served."""

    model: str
    made_at: str
    until: str | None
    """Moment of the last event that it learned from."""
    customers: int
    """Who have a list of their own."""
    products: int
    digest: str
    manners: dict[str, Any]
    """How lists are served: bought, diversity, most_of_category, margin_weight, fatigue, explore."""
    evaluation: dict[str, Any]
    """What was measured when the recommender was chosen; empty where nothing was."""


class AnswerIn(Sent):
    """What a customer did with a product of the list."""

    kind: Said
    product_id: Annotated[str, StringConstraints(max_length=100)] = ""
    """Empty: the whole list, which only satisfaction may be about."""
    value: Annotated[float, Field(ge=1, le=5)] | None = None
    """Of a rating or of satisfaction, from 1, the worst, to 5."""
    at: AwareDatetime | None = None
    """Default: now."""
    answer_id: Name | None = None
    """The caller's own name of it; without one, the same answer to the same product of the list is one."""

    @model_validator(mode="after")
    def _whole(self) -> "AnswerIn":
        if (self.value is None) == (self.kind in GRADED):
            raise ValueError("a rating and satisfaction have a value, other kinds have none")
        if not self.product_id and self.kind != "satisfaction":
            raise ValueError("name the product: only satisfaction may be about the whole list")
        if self.at is not None and self.at < EARLIEST:
            raise ValueError("at is before the year 2000")
        return self


class FeedbackIn(Sent):
    """What a customer answered to a list."""

    customer_id: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
    """Whom the list was shown to."""
    answers: Annotated[list[AnswerIn], Field(min_length=1, max_length=20)]


class FeedbackOut(Schema):
    """What became of answers; nothing is kept without consent to measurement."""

    accepted: int
    repeated: int
    """Here before."""


@router.post("", auth=needs("decide"), response=ListOut)
def recommend(request: HttpRequest, data: RecommendIn) -> HttpResponse:
    """Goods that a customer may want next, in stock, with reasons; fewer than asked for only where no more are left."""
    asked = named(caller_of(request).name, "recommend", data.request_id or new_id("req"), data.model_dump_json())
    return sent(shelf_serve.recommend(asked, data.question(), repeated=data.request_id is not None))


@router.get("", auth=needs("audits:read"), response=ServedOut)
def served(request: HttpRequest) -> dict[str, Any]:
    """Which recommender is served, since when, and what was measured when it was chosen."""
    return shelf_serve.served()


@router.post("/{list_id}/feedback", auth=needs("events:write"), response=FeedbackOut)
def feedback(request: HttpRequest, list_id: Annotated[str, Path(max_length=40)], data: FeedbackIn) -> FeedbackOut:
    """Keep what a customer answered to a list, with the chance of each place; the next training learns from it."""
    said = [Answered(one.kind, one.product_id, one.value, one.at, one.answer_id or "") for one in data.answers]
    return FeedbackOut(**shelf_shown.hear(list_id, data.customer_id, said)._asdict())
