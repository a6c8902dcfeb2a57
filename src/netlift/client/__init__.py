"""A client of the service: Python's standard library, and nothing else.

client = Client("https://promotions.example", token)
client.decide("customer 7").offers
"""

from netlift.client.calls import Client
from netlift.client.carts import Cart, Line, Shipping
from netlift.client.errors import (
    AnswerError,
    ClientError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    ProblemError,
    ThrottledError,
    UnavailableError,
    UnreachableError,
)
from netlift.client.news import News, verified
from netlift.client.results import (
    Consent,
    ConsentChange,
    Decision,
    Heard,
    Item,
    LineError,
    Offer,
    Quote,
    Quoted,
    Receipt,
    Recommended,
    Redemption,
    Refund,
    Related,
    Sent,
    Subscription,
    Taken,
    Why,
)

__all__ = [
    "AnswerError",
    "Cart",
    "Client",
    "ClientError",
    "ConflictError",
    "Consent",
    "ConsentChange",
    "Decision",
    "ForbiddenError",
    "Heard",
    "Item",
    "Line",
    "LineError",
    "News",
    "NotFoundError",
    "Offer",
    "ProblemError",
    "Quote",
    "Quoted",
    "Receipt",
    "Recommended",
    "Redemption",
    "Refund",
    "Related",
    "Sent",
    "Shipping",
    "Subscription",
    "Taken",
    "ThrottledError",
    "UnavailableError",
    "UnreachableError",
    "Why",
    "verified",
]
