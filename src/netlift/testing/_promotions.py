"""Promotions of a vector with the tree of groups that says how they combine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

from netlift.promotions.policy import Policy
from netlift.promotions.promotion import Benefit, Caps, Group, Limits, Promotion, Trigger
from netlift.testing._benefits import Setting, Wanted, benefits_of, counted, way_of
from netlift.testing._conditions import condition, layer_id
from netlift.testing._fields import Fields, Json, VectorError, listed, whole
from netlift.testing._policies import House

_MOST_WAYS = 256
_LANES = {"pre": 0, "default": 1, "post": 2}


class Entry(NamedTuple):
    """A promotion of the vector, read."""

    id: str
    scopes: tuple[str, ...]
    ways: list[tuple[Wanted, ...]]
    """Ways to apply it, of which the best for the customer counts."""
    rank: tuple[int, int, int, int]
    """Place in the order of application: layer or lane, order, priority, place in the vector."""
    ordered: bool
    lane: int | None
    layer: int | None
    exclusive: bool
    trigger: Trigger
    usage: tuple[int | None, int, int | None, int]
    """Redemptions allowed and so far, altogether and by the customer."""


@dataclass(frozen=True, slots=True)
class Deal:
    """Promotions ready to be evaluated."""

    promotions: tuple[Promotion, ...]
    root: Group
    policy: Policy
    uses: Mapping[str, int]
    """Units that one set of a promotion uses up, or that its condition counts."""
    redeemed: Mapping[str, int]
    redeemed_by_customer: Mapping[str, int]


def deals_of(data: Json, setting: Setting) -> list[Deal]:
    """The promotions of a vector; several deals where one of them may be applied in several ways."""
    house = setting.house
    given = listed([] if data is None else data, "promotions")
    entries = [_entry(Fields(one, f"promotions[{k}]"), k, setting) for k, one in enumerate(given)]
    names = [entry.id for entry in entries]
    if len(set(names)) < len(names):
        raise VectorError(f"promotions: ids are not unique: {', '.join(names)}")
    entries.sort(key=lambda entry: entry.rank)
    if house.sets_first:
        entries.sort(key=lambda entry: not entry.ordered and "buy_get" not in entry.scopes)
    ways = list(product(*[entry.ways for entry in entries]))
    if len(ways) > _MOST_WAYS:
        raise VectorError(f"promotions: {len(ways):,} ways to choose tiers, more than {_MOST_WAYS}")
    return [_deal(entries, chosen, house) for chosen in ways]


def _entry(fields: Fields, number: int, setting: Setting) -> Entry:
    id_ = str(fields.take("id", "name", default=f"promotion{number + 1}"))
    order, priority = fields.count("order"), fields.count("priority", default=0) or 0
    lane, layer = fields.take("lane"), fields.count("layer")
    exclusive = fields.take("exclusive", default=False)
    codes = fields.take("code", "codes", "coupon")
    if isinstance(codes, str):
        codes = [codes]
    usage = (
        fields.count("usage_limit"),
        fields.count("used", "times_used", default=0) or 0,
        fields.count("usage_limit_per_customer", "per_customer_limit"),
        fields.count("used_by_customer", default=0) or 0,
    )
    scopes, ways = _benefits(fields, setting)
    lane_ = _LANES[lane] if isinstance(lane, str) and lane in _LANES else None if lane is None else whole(lane, "lane")
    stage = layer if layer is not None else lane_ if lane_ is not None else _LANES["default"]
    rank = (stage, order if order is not None else 0, -priority, number)
    trigger = Trigger() if not codes else Trigger("code", tuple(codes))
    return Entry(id_, scopes, ways, rank, order is not None, lane_, layer, bool(exclusive), trigger, usage)


def _benefits(fields: Fields, setting: Setting) -> tuple[tuple[str, ...], list[tuple[Wanted, ...]]]:
    given = fields.take("benefits")
    if given is None:
        scope, ways = benefits_of(fields, setting, None)
        return (scope,), ways
    outer = condition(fields.take("when", "conditions"), fields.where("when"), None, setting.attributes)
    fields.close()
    scopes, alternatives = [], []
    for number, one in enumerate(listed(given, fields.where("benefits"))):
        scope, ways = benefits_of(Fields(one, f"{fields.where('benefits')}[{number}]"), setting, outer)
        scopes.append(scope)
        alternatives.append(ways)
    return tuple(scopes), [tuple(one for way in chosen for one in way) for chosen in product(*alternatives)]


def _deal(entries: Sequence[Entry], chosen: Sequence[tuple[Wanted, ...]], house: House) -> Deal:
    groups = _Tree(entries, house)
    promotions, uses = [], {}
    for place, (entry, way) in enumerate(zip(entries, chosen, strict=True)):
        if not way:  # a target that names nothing of this cart, an amount of zero
            continue
        benefits, limits = _limited(entry, way)
        promotions.append(
            Promotion(
                entry.id,
                benefits,
                priority=len(entries) - place,
                group=groups.of[entry.id],
                exclusive=entry.exclusive,
                trigger=entry.trigger,
                limits=limits,
                level="catalog" if set(entry.scopes) == {"catalog"} else "cart",
            )
        )
        for wanted in way:
            needed = wanted.uses if wanted.uses is not None else counted(wanted.benefit.when)
            if needed is not None:
                uses[entry.id] = needed
    redeemed = {entry.id: entry.usage[1] for entry in entries}
    by_customer = {entry.id: entry.usage[3] for entry in entries}
    return Deal(tuple(promotions), groups.root, house.policy, uses, redeemed, by_customer)


def _limited(entry: Entry, way: Sequence[Wanted]) -> tuple[tuple[Benefit, ...], Limits]:
    """Benefits and limits; a budget is given whole or not at all where no units compete for it."""
    total, _, customer, _ = entry.usage
    benefits = tuple(wanted.benefit for wanted in way)
    budgets = [one.caps.max_discount for one in benefits if one.caps.all_or_nothing]
    if not budgets or entry.layer is not None:
        return benefits, Limits(total, customer)
    open_ = tuple(replace(one, caps=Caps()) if one.caps.all_or_nothing else one for one in benefits)
    return open_, Limits(total, customer, budget=budgets[0], budget_partial=False)


class _Tree:
    """Groups of a vector's promotions: lanes, layers, claims of units, the best rule of a scope."""

    def __init__(self, entries: Sequence[Entry], house: House) -> None:
        self.of = dict.fromkeys([entry.id for entry in entries], "")
        self._children: list[Group] = []
        self._entries = entries
        free = [entry for entry in entries if "other" not in map(way_of, entry.scopes) and not entry.exclusive]
        if house.combine == "layers" or any(entry.layer is not None for entry in entries):
            self._layers(free)
        elif house.combine == "lanes" or any(entry.lane is not None for entry in entries):
            self._lanes(free)
        elif house.combine == "claims":
            self._group("claims", free, Group(mode="stack", scope="unit"))
        elif house.combine == "best rule":
            self._best_rule(free)
        else:
            sets = [entry for entry in free if set(map(way_of, entry.scopes)) == {"sets"}]
            self._group("sets", sets, Group(mode="stack", scope="unit"))
        self.root = Group(children=tuple(self._children))

    def _group(self, id_: str, members: Sequence[Entry], like: Group, *, alone: bool = False) -> None:
        """Put members into a group of their own; one alone needs none unless it says so."""
        if len(members) < (1 if alone else 2):
            return
        first = min(self._entries.index(entry) for entry in members)
        self._children.append(replace(like, id=id_, priority=len(self._entries) - first))
        for entry in members:
            self.of[entry.id] = id_

    def _layers(self, free: Sequence[Entry]) -> None:
        for layer in sorted({entry.layer or 1 for entry in free}):
            members = [entry for entry in free if (entry.layer or 1) == layer]
            self._group(layer_id(layer), members, Group(mode="best", scope="unit"), alone=True)

    def _lanes(self, free: Sequence[Entry]) -> None:
        def lane(entry: Entry) -> int:
            return entry.lane if entry.lane is not None else entry.rank[1] if entry.ordered else _LANES["default"]

        for number in sorted({lane(entry) for entry in free}):
            members = [entry for entry in free if lane(entry) == number]
            self._group(f"lane {number}", members, Group(mode="best", scope="line"))

    def _best_rule(self, free: Sequence[Entry]) -> None:
        unordered = [entry for entry in free if not entry.ordered]
        catalog = [entry for entry in unordered if entry.scopes == ("catalog",)]
        self._group("catalog rules", catalog, Group(mode="best", scope="line"))
        others = [entry for entry in unordered if entry.scopes != ("catalog",)]
        self._group("rules", others, Group(mode="best", scope="order"))
