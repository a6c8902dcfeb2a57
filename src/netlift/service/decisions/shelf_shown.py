"""Lists that were shown, what customers answered to them, and what both say of the next list."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from netlift.service.core.refusals import Conflict, NotFound
from netlift.service.decisions.shelf_models import ShownList
from netlift.service.events.intake import EARLIEST, Happened, take
from netlift.service.events.models import Event
from netlift.service.privacy.consent import allowed
from netlift.service.privacy.pseudonyms import pseudonym

Said = Literal["view", "click", "cart", "purchase", "rating", "satisfaction", "hide"]
GRADES = ("rating", "satisfaction", "hide")
MIDDLE = 3.0
"""Of a grade from 1 to 5; below it the customer disliked."""
ANSWERS, VERDICTS = "recommend:answers", "recommend:verdicts"
"""Sources of the events; no sender may use such a name."""
TIRED = timedelta(days=7)
"""How long a list counts as shown lately."""
KEPT_DAYS = 30
_LISTS, _EVENTS = 50, 2_000
"""Of one customer, so many of the newest are looked at."""
_GOT = ("click", "cart", "purchase")
_PAST = f"""
SELECT event, told, at FROM {Event._meta.db_table}
WHERE customer = %s AND (event IN (%s, %s, %s) OR (event = 'purchase' AND at >= %s))
ORDER BY at DESC, id DESC LIMIT {_EVENTS}"""
"""Written out because it runs with every request."""


class Past(NamedTuple):
    """What the store knows of a customer since the shelf was made; products."""

    bought: frozenset[str] = frozenset()
    disliked: frozenset[str] = frozenset()
    tired: Mapping[str, int] = {}
    """How often each was shown lately without an answer."""


class Answered(NamedTuple):
    """An answer to a place of a list."""

    kind: Said
    product_id: str = ""
    """Empty: to all of them, as satisfaction may be."""
    value: float | None = None
    at: datetime | None = None
    answer_id: str = ""
    """The caller's own name of it; without one, the same answer to the same place is one."""


class Heard(NamedTuple):
    """What became of answers."""

    accepted: int
    repeated: int


def past(customer: str, since: datetime | None, now: datetime, *, tired: bool) -> Past:
    """What a customer bought since a moment, dislikes, and was shown lately without an answer.

    Args:
        customer: pseudonym.
        since: from when on purchases are asked for; None: all.
        now: the moment.
        tired: whether lists that were shown count.
    """
    moment = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(_PAST, [customer, *GRADES, moment(since or EARLIEST)])
        found = [(event, json.loads(told), at) for event, told, at in cursor.fetchall()]
    bought = {name for event, told, _ in found if event == "purchase" for name in _goods(told)}
    return Past(frozenset(bought), _disliked(found), _unanswered(customer, now) if tired else {})


def show(row: ShownList) -> None:
    """Keep a list that is shown, with the answer that holds it."""
    row.save(force_insert=True)


def hear(list_id: str, customer_id: str, said: Sequence[Answered], *, now: datetime | None = None) -> Heard:
    """Keep what a customer answered to a list; sent again, it changes nothing.

    Nothing is kept of who does not allow to be counted any more.

    Args:
        list_id: of the answer that held the list.
        customer_id: the shop's own id of whom it was shown to.
        said: answers.
        now: the moment.

    Raises:
        NotFound: no such list was shown to this customer, or a product is not on it.
        Conflict: an answer's id was used for another answer.
    """
    now = now or timezone.now()
    row = ShownList.objects.filter(list_id=list_id).first()
    if row is None or row.customer != pseudonym(customer_id):
        raise NotFound("no such list was shown to this customer, or it is too old", "unknown_list")
    if "measurement" not in allowed(row.customer):
        return Heard(0, 0)
    chances = {str(name): float(chance) for name, chance in row.items}
    events = [event for one in said for event in _events(row, chances, customer_id, one, now)]
    with transaction.atomic():  # a refusal keeps none of them
        taken = take(events, now=now)
        for place in taken.differing:
            _compare(events[place])
    return Heard(taken.accepted, taken.repeated)


def old(before: datetime) -> int:
    """Lists that were shown before a moment."""
    return ShownList.objects.filter(at__lt=before).count()


def clear(before: datetime, most: int) -> int:
    """Delete some of them; how many."""
    ids = list(ShownList.objects.filter(at__lt=before).order_by("at").values_list("pk", flat=True)[: min(most, 5_000)])
    return ShownList.objects.filter(pk__in=ids).delete()[0]


def _events(
    row: ShownList, chances: Mapping[str, float], customer_id: str, one: Answered, now: datetime
) -> list[Happened]:
    if one.product_id and one.product_id not in chances:
        raise NotFound("this product was not on that list", "not_on_list")
    source = VERDICTS if one.kind in GRADES else ANSWERS
    found = []
    for product in [one.product_id] if one.product_id else sorted(chances):
        told: dict[str, Any] = {"product_id": product, "list_id": row.list_id, "propensity": chances[product]}
        if one.value is not None:
            told["value"] = one.value
        whole = "" if one.answer_id and one.product_id else product
        named = "\0".join([row.list_id, one.answer_id or f"{one.kind}\0{one.value}", whole])
        name = sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:40]
        found.append(Happened(source, name, one.kind, one.at or now, customer_id, "", told))
    return found


def _compare(sent: Happened) -> None:
    """Refuse what is here under the same name and says something else; when it was said again does not matter.

    Raises:
        Conflict: it says something else.
    """
    kept = Event.objects.filter(source=sent.source, event_id=sent.event_id).values_list("event", "told").first()
    if kept != (sent.event, dict(sent.told)):
        raise Conflict("this answer_id was used for another answer: take a new one", "answer_differs")


def _unanswered(customer: str, now: datetime) -> Mapping[str, int]:
    lately = now - TIRED
    last: dict[str, datetime] = {}
    answers = Event.objects.filter(customer=customer, event__in=_GOT, at__gte=lately).order_by("-at")
    for told, at in answers.values_list("told", "at")[:_EVENTS]:
        for name in _goods(told):
            last.setdefault(name, at)
    rows = ShownList.objects.filter(customer=customer, at__gte=lately).order_by("-at")
    counted: Counter[str] = Counter()
    for items, at in rows.values_list("items", "at")[:_LISTS]:
        counted.update(name for name, _ in items if name not in last or at > last[name])
    return counted


def _disliked(found: Sequence[tuple[str, Mapping[str, Any], Any]]) -> frozenset[str]:
    """Products of which the newest verdict is bad, and of those of one moment the worst.

    Satisfaction counts where nothing else was said of a product: it may have been about a whole list.
    """
    verdict: dict[str, tuple[Any, bool]] = {}
    for event, told, at in sorted(found, key=lambda one: one[0] == "satisfaction"):
        if event in GRADES and (product := told.get("product_id")):
            said = (event == "satisfaction", at)
            last, bad = verdict.get(product, (said, False))
            if last == said:
                verdict[product] = said, bad or _bad(event, told.get("value"))
    return frozenset(name for name, (_, bad) in verdict.items() if bad)


def _goods(told: Mapping[str, Any]) -> list[str]:
    """Products of an event."""
    lines = [line.get("product_id") for line in told.get("lines") or ()]
    return [str(name) for name in (told.get("product_id"), *lines) if name]


def _bad(event: str, value: Any) -> bool:
    return event == "hide" or (isinstance(value, int | float) and value < MIDDLE)
