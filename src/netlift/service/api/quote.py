"""What a cart costs now; nothing is reserved."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from netlift.service.api.baskets import CartIn, Language, Name, ShopperIn
from netlift.service.api.frame import caller_of, needs
from netlift.service.api.quotes import QuoteOut, sent
from netlift.service.core.ids import new_id
from netlift.service.decisions import decide as decisions
from netlift.service.decisions.decide import Question
from netlift.service.decisions.keep import request as named

router = Router(tags=["decisions"])


class QuoteIn(ShopperIn):
    """What is bought, and by whom."""

    request_id: Name | None = None
    """The caller's own name of the question: sent again within a day, it has the same answer."""
    cart: CartIn
    explain: bool = False
    language: Language = "en"


class QuotedOut(Schema):
    """The price of a cart."""

    request_id: str
    plan_id: str | None
    quote: QuoteOut
    trace: list[dict[str, Any]] = Field(default_factory=list)


@router.post("", auth=needs("decide"), response=QuotedOut)
def quote(request: HttpRequest, data: QuoteIn) -> HttpResponse:
    """Price a cart under the live promotions and what the live plan gives its shopper."""
    asked = named(caller_of(request).name, "quote", data.request_id or new_id("req"), data.model_dump_json())
    question = Question(data.shopper(), data.cart.cart(), explain=data.explain, language=data.language)
    return sent(decisions.quote(asked, question, repeated=data.request_id is not None))
