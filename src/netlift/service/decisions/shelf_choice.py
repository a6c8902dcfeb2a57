"""Which goods stand on one list: candidates in tiers, each under the rules, until the list is full or nothing is left.

First what the customer's own list and what lies in the cart speak for; then what is popular; then goods that nobody
has met yet, and at last goods that the shop sells and the shelf does not know. Stock and what is sold at all are asked
at this moment, of the candidates of a tier only.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from netlift.service.decisions.shelf import Floats, Personal, Places, Shelf
from netlift.service.decisions.shelf_rank import Candidates, Knobs, best
from netlift.service.shop.models import Product, StockLevel

FIRST, GROWS, LARGEST = 60, 4, 5_000
"""Candidates of the first tier of what is popular, how much larger each next one is, and how large at most."""
CONTEXT = 200
"""Goods at most that the cart and what is looked at bring in."""
ENOUGH = 1_000
"""Candidates among which the limit of a category must fill the list; after so many it gives way, or a list that cannot
be filled within it would have to look at every product of the shop."""
NEXT_BEST = 20
"""Among so many the last place is drawn where a shelf explores."""


class Asked(NamedTuple):
    """What decides on a list; products are ids."""

    n: int
    personal: Personal | None = None
    segments: tuple[str, ...] = ()
    cart: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    """Looked at now."""
    hidden: frozenset[str] = frozenset()
    """Not to be shown, for whatever reason."""
    bought: frozenset[str] = frozenset()
    tired: Mapping[str, int] = {}
    category: str = ""
    spare: int = 0
    """So many more than n, where there are."""


class Chosen(NamedTuple):
    """A place of a list."""

    product_id: str
    score: float
    source: str
    """personal, context, popular or new."""
    reason: str
    category: str | None = None


class _Tier(NamedTuple):
    """Candidates that are ranked together, in the order of their places."""

    places: Places
    scores: NDArray[np.float64]
    source: list[str]
    reason: list[str]


class _Fact(NamedTuple):
    """What the shop says of a product."""

    name: str
    category: str
    active: bool
    margin: int | None


def choose(shelf: Shelf, asked: Asked) -> list[Chosen]:
    """The list, and `spare` more where there are so many; shorter than n only where nothing else may be shown."""
    may = _may(shelf, asked)
    found: list[Chosen] = []
    struck: list[Chosen] = []
    looked = 0
    for tier in _tiers(shelf, asked, may):
        _take(shelf, asked, tier, found, struck)
        if len(found) >= asked.n + asked.spare:
            return found
        looked += len(tier.places)
        if looked >= ENOUGH and len(found) + len(struck) >= asked.n:
            break
    else:
        _unknown(shelf, asked, found, struck)
    return found + struck[: max(asked.n - len(found), 0)]


_PRODUCTS = f"""
SELECT product_id, name, category, active, list_price_minor, cost_minor FROM {Product._meta.db_table}
WHERE product_id IN """
_GONE = f"""
SELECT product_id FROM {StockLevel._meta.db_table}
WHERE product_id IN {{names}} GROUP BY product_id HAVING SUM(units) <= 0"""
"""Written out because they run with every request, and Django takes longer to write them than a store to answer."""


def sellable(names: list[str]) -> dict[str, _Fact | None]:
    """Products that are sold and of which some are left, with what the shop says of them; None: it says nothing."""
    if not names:
        return {}
    places = f"({', '.join(['%s'] * len(names))})"
    with connection.cursor() as cursor:
        cursor.execute(_PRODUCTS + places, names)
        known = {
            row[0]: _Fact(row[1], row[2], bool(row[3]), None if row[5] is None else row[4] - row[5])
            for row in cursor.fetchall()
        }
        cursor.execute(_GONE.format(names=places), names)
        gone = {row[0] for row in cursor.fetchall()}
    found: dict[str, _Fact | None] = {}
    for name in names:
        fact = known.get(name)
        if name not in gone and (fact is None or fact.active):
            found[name] = fact
    return found


def _may(shelf: Shelf, asked: Asked) -> NDArray[np.bool_]:
    """Which places may be on the list before the shop is asked."""
    manners = shelf.head.manners
    may = np.ones(len(shelf), np.bool_)
    mine = shelf.places(sorted(asked.bought))
    if asked.personal is not None:
        mine = np.concatenate([mine, asked.personal.bought])
    if manners.bought == "only":
        may[:] = False
        may[mine] = True
    elif manners.bought == "exclude":
        may[mine] = False
    may[shelf.places(sorted(asked.hidden | set(asked.cart) | set(asked.context)))] = False
    if asked.category:
        inside = np.zeros(len(shelf), np.bool_)
        inside[shelf.of_category(asked.category)] = True
        told = Product.objects.filter(category=asked.category, active=True).values_list("product_id", flat=True)
        inside[shelf.places(sorted(told))] = True
        may &= inside
    return may


def _tiers(shelf: Shelf, asked: Asked, may: NDArray[np.bool_]) -> Iterator[_Tier]:
    first = _first(shelf, asked, may)
    done = np.zeros(len(shelf), np.bool_)
    if len(first.places):
        done[first.places] = True
        yield first
    for segments in (asked.segments, ()) if asked.segments else ((),):
        order, shares = shelf.popular(segments)
        free = may[order] & ~done[order]
        left, worth = order[free], shares[free]
        done[left] = True
        start, size = 0, max(FIRST, 4 * asked.n)
        while start < len(left):
            part = np.argsort(left[start : start + size]) + start
            told = ["popular" if share > 0 else "nothing_known" for share in worth[part].tolist()]
            yield _Tier(left[part], worth[part].astype(np.float64), ["popular"] * len(part), told)
            start, size = start + size, min(size * GROWS, LARGEST)


def _first(shelf: Shelf, asked: Asked, may: NDArray[np.bool_]) -> _Tier:
    """What the customer's own list and the cart speak for; both count from 0 to 1, and are added up."""
    score: dict[int, float] = {}
    why: dict[int, tuple[float, str, str]] = {}
    if asked.personal is not None and len(asked.personal.places):
        mine = asked.personal
        for at, worth, code, about in zip(
            mine.places.tolist(), _unit(mine.scores).tolist(), mine.codes.tolist(), mine.about.tolist(), strict=True
        ):
            score[at] = worth
            why[at] = (worth, "personal", shelf.reason(code, about))
    for at, (worth, reason) in _context(shelf, asked, may).items():
        score[at] = score.get(at, 0.0) + worth
        if worth > why.get(at, (0.0, "", ""))[0]:
            why[at] = (worth, "context", reason)
    places = np.array(sorted(at for at in score if may[at]), np.int32)
    kept = places.tolist()
    return _Tier(
        places, np.array([score[at] for at in kept], np.float64), [why[at][1] for at in kept],
        [why[at][2] for at in kept],
    )  # fmt: skip


def _context(shelf: Shelf, asked: Asked, may: NDArray[np.bool_]) -> dict[int, tuple[float, str]]:
    """Goods that go with what lies in the cart, and goods like those that are looked at: 0 to 1, with the reason."""
    found: dict[int, float] = {}
    why: dict[int, tuple[float, str]] = {}
    for products, kind, code in ((asked.cart, "goes_with", "goes_with"), (asked.context, "similar", "similar_to")):
        for name in products:
            places, scores = shelf.related(shelf.place(name), kind)
            for at, worth in zip(places.tolist(), scores.tolist(), strict=True):
                if may[at]:
                    found[at] = found.get(at, 0.0) + worth
                    why[at] = max(why.get(at, (0.0, "")), (worth, f"{code}:{name}"))
    most = max(found.values(), default=0.0)
    kept = sorted(found, key=lambda at: (-found[at], at))[:CONTEXT]
    return {at: (found[at] / most, why[at][1]) for at in kept}


def _unit(scores: Floats) -> NDArray[np.float64]:
    """Scores from just above 0 to 1."""
    low, high = float(scores.min()), float(scores.max())
    if high <= low:
        return np.ones(len(scores))
    return 0.1 + 0.9 * (scores.astype(np.float64) - low) / (high - low)


def _take(shelf: Shelf, asked: Asked, tier: _Tier, found: list[Chosen], struck: list[Chosen]) -> None:
    """Put the best of a tier on the list; what the limit of a category strikes out is kept for a list that is short."""
    names = shelf.names(tier.places)
    facts = sellable(names)
    own = shelf.said("category", tier.places)
    category = [
        (fact.category if (fact := facts.get(name)) and fact.category else kind) or None
        for name, kind in zip(names, own, strict=True)
    ]
    kept = [
        at for at, name in enumerate(names)
        if name in facts and (not asked.category or category[at] == asked.category)
    ]  # fmt: skip
    margin = shelf.margin[tier.places].astype(np.float64)
    for at in kept:
        if (fact := facts[names[at]]) is not None and fact.margin is not None:
            margin[at] = fact.margin
    manners = shelf.head.manners
    times = np.array([asked.tired.get(names[at], 0) for at in kept], np.int64)
    some = Candidates(tier.scores[kept], [category[at] for at in kept], margin[kept], times)
    most = 0 if asked.category else manners.most_of_category  # of one category, all are
    knobs = Knobs(manners.diversity, most, manners.margin_weight, manners.fatigue)
    n, before = asked.n + asked.spare - len(found), [one.category for one in found]
    taken = best(some, knobs, n, before, relax=False).tolist()
    rest = [at for at in best(some, knobs, asked.n + len(taken), before).tolist() if at not in taken] if most else []
    for places, to in ((taken, found), (rest, struck)):
        for at in (kept[place] for place in places):
            to.append(Chosen(names[at], float(tier.scores[at]), tier.source[at], tier.reason[at], category[at]))


def _unknown(shelf: Shelf, asked: Asked, found: list[Chosen], struck: list[Chosen]) -> None:
    """Put goods on the list that the shop sells and the shelf does not know, in the order of their ids."""
    manners = shelf.head.manners
    most = 0 if asked.category else manners.most_of_category
    count = Counter(one.category for one in found)
    never = asked.hidden | set(asked.cart) | set(asked.context) | {one.product_id for one in found}
    wanted: dict[str, Any] = {"active": True} | ({"category": asked.category} if asked.category else {})
    if manners.bought == "only":
        wanted["product_id__in"] = sorted(asked.bought)
    elif manners.bought == "exclude":
        never |= asked.bought
    last, looked = "", 0
    while len(found) < asked.n and (looked < ENOUGH or len(found) + len(struck) < asked.n):
        rows = Product.objects.filter(product_id__gt=last, **wanted).order_by("product_id")
        names = list(rows.values_list("product_id", flat=True)[:500])
        if not names:
            return
        last, looked = names[-1], looked + len(names)
        known = set(shelf.names(shelf.places(names)))  # at once: of a shop that is nearly sold out, all are looked at
        fresh = [name for name in names if name not in never and name not in known]
        for name, fact in sellable(fresh).items():
            one = Chosen(name, 0.0, "new", "new_item", fact.category or None if fact else None)
            full = bool(most) and one.category is not None and count[one.category] >= most
            (struck if full or len(found) >= asked.n else found).append(one)
            count[one.category] += not full
