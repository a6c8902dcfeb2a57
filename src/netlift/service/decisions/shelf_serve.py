"""Lists over the API: goods for a customer, and goods that belong to a product."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NamedTuple

from django.utils import timezone
from prometheus_client import Counter

from netlift.promotions.texts import Language
from netlift.report.recommended import reason
from netlift.service.core.ids import new_id
from netlift.service.core.refusals import NotFound
from netlift.service.decisions.keep import Reply, Request, answered, keep
from netlift.service.decisions.shelf import Shelf, shelf
from netlift.service.decisions.shelf_choice import NEXT_BEST, Asked, Chosen, choose, sellable
from netlift.service.decisions.shelf_models import ShownList
from netlift.service.decisions.shelf_shown import Past, past, show
from netlift.service.privacy.consent import allowed
from netlift.service.runs.shelf.files import KINDS
from netlift.service.shop.models import Customer, Product

LATE = timedelta(days=1)
"""How long before the shelf's last event a purchase may have been that it has not learned of."""
WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {"instead_of": "instead of {what}", "tried": "shown to learn of it"},
        "zh-CN": {"instead_of": "可替代 {what}", "tried": "用于探索"},
    }
)
_WRITTEN: Mapping[Language, str] = MappingProxyType({"en": "en", "zh_CN": "zh-CN"})
_SAY = {"goes_with": "goes_with", "instead": "instead_of", "similar": "similar_to"}
_lists = Counter("netlift_lists", "Lists of goods that were answered.", ["kind"])
_short = Counter("netlift_lists_short", "Lists with fewer goods than were asked for.")


class Question(NamedTuple):
    """What is asked of a list."""

    customer: str = ""
    """Pseudonym; empty for a guest."""
    n: int = 10
    cart: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    """Products that are looked at now."""
    category: str = ""
    exclude: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    placement: str = ""
    language: Language = "en"
    shown: bool = True
    """Whether the answer reaches the customer."""


class Place(NamedTuple):
    """A place of a list as it is answered."""

    chosen: Chosen
    propensity: float
    reasons: tuple[str, ...]


class _Case(NamedTuple):
    """A request and what it finds."""

    state: Shelf
    asked: Request
    question: Question
    personalised: bool
    now: datetime


def recommend(asked: Request, question: Question, *, repeated: bool = True, now: datetime | None = None) -> Reply:
    """Goods that a customer may want next.

    Without consent to personalisation only what is popular is answered, and neither what the customer did nor what lies
    in the cart speaks for anything; without consent to measurement nothing is logged: both as consent stands now.

    Args:
        asked: the request; sent again, it has the same answer and is logged once.
        question: what is asked.
        repeated: whether it may have been sent before, or may be sent again.
        now: the moment.

    Raises:
        Unavailable: nothing was learned yet.
        Conflict: the request's id was used for something else.
    """
    now = now or timezone.now()
    if repeated and (before := answered(asked)) is not None:
        return before
    state = shelf()
    consent = allowed(question.customer) if question.customer else frozenset()
    personalised = bool(question.customer) and "personalisation" in consent
    case = _Case(state, asked, question, personalised, now)
    places = _places(case)
    list_id = new_id("lst") if question.shown and places and "measurement" in consent else None
    body = json.dumps(_told(case, places, list_id), ensure_ascii=False)
    _count(case, places)
    also = None if list_id is None else (lambda: show(_row(case, places, list_id)))
    if repeated:
        return keep(asked, body, question.customer, now, also)
    if also is not None:
        also()
    return Reply(body)


def related(
    product_id: str, kinds: Sequence[str], n: int, exclude: Sequence[str], language: Language
) -> dict[str, Any]:
    """What goes with a product, what stands for it and what is like it; of each as many as there are, at most n.

    Raises:
        NotFound: neither the shelf nor the shop knows it.
        Unavailable: nothing was learned yet.
    """
    state = shelf()
    place = state.place(product_id)
    if place < 0 and not Product.objects.filter(product_id=product_id).exists():
        raise NotFound("neither what was learned nor the shop knows this product", "unknown_product")
    hidden = {product_id, *exclude}
    told: dict[str, Any] = {"product_id": product_id, "model": state.head.model, "made_at": state.made_at.isoformat()}
    called = _called(state, [product_id])
    for kind in KINDS:
        told[kind] = []
        if kind not in kinds:
            continue
        places, scores = state.related(place, kind)
        names = state.names(places)
        left = sellable([name for name in names if name not in hidden])
        code = f"{_SAY[kind]}:{product_id}"
        told[kind] = [
            {"product_id": name, "score": score, "reasons": [code], "why": [_words(code, language, called)]}
            for name, score in zip(names, scores.tolist(), strict=True)
            if name in left
        ][:n]
    return told


def served() -> dict[str, Any]:
    """What is served: which recommender, since when, for how many, and what was measured.

    Raises:
        Unavailable: nothing was learned yet.
    """
    found = shelf()
    head = found.head
    return {
        "model": head.model, "made_at": found.made_at.isoformat(), "until": head.until or None,
        "customers": head.customers, "products": head.goods.rows, "digest": head.digest,
        "manners": {name: getattr(head.manners, name) for name in head.manners.__slots__},
        "evaluation": dict(head.figures),
    }  # fmt: skip


def _places(case: _Case) -> list[Place]:
    """The list."""
    state, question, manners = case.state, case.question, case.state.head.manners
    explore = manners.explore if question.shown and question.n > 1 else 0.0
    wanted = Asked(
        question.n, category=question.category,
        hidden=frozenset((*question.exclude, *question.cart, *question.context)),
        spare=NEXT_BEST if explore else 0,
    )  # fmt: skip
    mine = None
    if case.personalised:
        mine = state.personal(question.customer)
        until = state.head.learned_until
        since = None if until is None else min(until, state.made_at) - LATE  # a till's clock may be ahead
        known: Past = past(question.customer, since, case.now, tired=bool(manners.fatigue))
        wanted = wanted._replace(
            personal=mine, segments=_segments(question, mine is None), hidden=wanted.hidden | known.disliked,
            bought=known.bought, tired=known.tired,
        )  # fmt: skip
    if case.personalised or not question.customer:
        wanted = wanted._replace(cart=question.cart, context=question.context)
    newcomer, seed = case.personalised and mine is None, f"{case.asked.name}\0{state.head.digest}"
    return _explored(choose(state, wanted), question.n, explore, seed, newcomer=newcomer)


def _segments(question: Question, newcomer: bool) -> tuple[str, ...]:
    """As the request says, or, of a newcomer, as the shop has told before."""
    if question.segments or not newcomer:
        return question.segments
    found = Customer.objects.filter(pseudonym=question.customer).values_list("segments", flat=True).first()
    return tuple(str(name) for name in found or ())


def _explored(found: list[Chosen], n: int, explore: float, seed: str, *, newcomer: bool) -> list[Place]:
    """The list with the chance of each place; where it explores, the last place may go to one of the next best."""
    listed, spare = found[:n], found[n : n + NEXT_BEST]
    chances, tried = [1.0] * len(listed), False
    if explore and spare and len(listed) == n:
        drawn = int.from_bytes(sha256(seed.encode("utf-8", "surrogatepass")).digest()[:8]) / 2**64
        tried = drawn < explore
        chances[-1] = explore / len(spare) if tried else 1.0 - explore
        if tried:
            listed[-1] = spare[min(int(drawn / explore * len(spare)), len(spare) - 1)]
    return [
        Place(one, chance, _reasons(one, newcomer, tried and at == n - 1))
        for at, (one, chance) in enumerate(zip(listed, chances, strict=True))
    ]


def _reasons(one: Chosen, newcomer: bool, tried: bool) -> tuple[str, ...]:
    first = ("new_customer",) if newcomer and one.source in ("popular", "new") else ()
    return (*first, one.reason, *(("tried",) if tried else ()))


def _told(case: _Case, places: list[Place], list_id: str | None) -> dict[str, Any]:
    state, question = case.state, case.question
    about = {code.partition(":")[2] for one in places for code in one.reasons}
    called = _called(state, sorted(about - {""}))
    return {
        "request_id": case.asked.request_id, "list_id": list_id, "model": state.head.model,
        "made_at": state.made_at.isoformat(), "at": case.now.isoformat(), "personalised": case.personalised,
        "items": [
            {
                "product_id": one.chosen.product_id, "rank": rank, "score": one.chosen.score,
                "source": one.chosen.source, "propensity": one.propensity, "reasons": list(one.reasons),
                "why": [_words(code, question.language, called) for code in one.reasons],
            }
            for rank, one in enumerate(places, 1)
        ],
        "short": None if len(places) >= question.n else "nothing_else_may_be_shown",
    }  # fmt: skip


def _row(case: _Case, places: list[Place], list_id: str) -> ShownList:
    items = [[one.chosen.product_id, one.propensity] for one in places]
    return ShownList(
        list_id=list_id, asked=case.asked.name, customer=case.question.customer, placement=case.question.placement,
        model=case.state.head.model, items=items, at=case.now,
    )  # fmt: skip


def _called(state: Shelf, products: list[str]) -> dict[str, str]:
    """Names of products: the shop's, or those that the shelf has."""
    places = state.places(products)
    names = zip(state.names(places), state.said("name", places), strict=True)
    told = {product: str(name) for product, name in names if name}
    if unnamed := [product for product in products if product not in told]:
        told |= dict(Product.objects.filter(product_id__in=unnamed).exclude(name="").values_list("product_id", "name"))
    return told


def _words(code: str, language: Language, called: Mapping[str, str]) -> str:
    kind, _, what = code.partition(":")
    tag = _WRITTEN[language]
    said = WORDS[tag].get(kind)
    return reason(code, tag, called) if said is None else said.format(what=called.get(what, what))


def _count(case: _Case, places: list[Place]) -> None:
    sources = {one.chosen.source for one in places}
    kind = "guest" if not case.question.customer else "newcomer" if case.personalised else "popular"
    _lists.labels("personal" if "personal" in sources else kind).inc()
    if len(places) < case.question.n:
        _short.inc()
