"""Whether promotions and their groups make sense, before anything is priced: types, names, numbers, references.

Definitions read from JSON and objects made in Python pass the same checks, so the engine meets only sound ones.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from netlift.money import CURRENCIES
from netlift.promotions.check_condition import check_condition
from netlift.promotions.effect import Effect
from netlift.promotions.hints import record_of
from netlift.promotions.place import Place, did_you_mean, shown
from netlift.promotions.promotion import Benefit, Group, Promotion, Share, Trigger, Window
from netlift.promotions.records import DEEPEST
from netlift.promotions.selector import Selector, Slot
from netlift.promotions.value import Tiers


def check_promotions(promotions: Sequence[Promotion], root: Group | None = None) -> None:
    """Raise at the first thing that is wrong with the promotions or with the tree of groups that they name.

    Raises:
        DefinitionError: its message starts with the place, such as `promotions[3].benefits[0].when.all[1].fact`.
    """
    root = Group() if root is None else root
    groups = check_groups(root)
    contested = set(_contested(root))
    seen: dict[str, int] = {}
    for number, promotion in enumerate(promotions):
        at = Place() / "promotions" / number
        check_promotion(promotion, at)
        if promotion.id in seen:
            raise (at / "id").wrong(f"{shown(promotion.id)} is the id of promotions[{seen[promotion.id]}] already")
        seen[promotion.id] = number
        if promotion.group and promotion.group not in groups:
            raise (at / "group").wrong(
                f"the tree has no group {shown(promotion.group)}{did_you_mean(promotion.group, groups)}"
            )
        if groups.get(promotion.group, root).id in contested:
            _check_payments(promotion, at)


def _contested(group: Group, *, above: bool = False) -> Iterator[str]:
    """Ids of the groups whose promotions compete for lines: among themselves, or together with others further up."""
    here = above or (group.scope == "line" and group.mode in {"best", "lowest_cost"})
    if here:
        yield group.id
    for child in group.children:
        yield from _contested(child, above=here)


def _check_payments(promotion: Promotion, at: Place) -> None:
    """What the shopper pays with is paid for the order; it cannot win some lines and lose others."""
    for number, benefit in enumerate(promotion.benefits):
        if benefit.effect.pays:
            raise (at / "benefits" / number / "effect").wrong(
                f"{benefit.effect.kind} is a payment and cannot compete for lines: put the promotion into a group "
                "of scope order, outside groups of scope line"
            )


def check_groups(root: Group) -> dict[str, Group]:
    """The groups of the tree by id, after checking that it is one: every id once, none inside itself.

    Raises:
        DefinitionError: a group has no id, has one that is taken, or contains itself.
    """
    at = Place() / "root"
    _check_ancestors(root, at, ())
    record_of(Group).check(root, at)
    _check_mode(root, at)
    seen, groups = {root.id: "root"}, {root.id: root}
    for group, place in _below(root, at):
        if not group.id:
            raise (place / "id").wrong("a group below the root needs an id, which its promotions name")
        if group.id in seen:
            raise (place / "id").wrong(f"{shown(group.id)} is the id of {seen[group.id]} already")
        seen[group.id] = str(place)
        groups[group.id] = group
        _check_mode(group, place)
    return groups


def check_promotion(promotion: Promotion, at: Place | None = None) -> None:
    """Raise at the first thing that is wrong with one promotion by itself.

    Raises:
        DefinitionError: its message starts with `at`, the place of the promotion.
    """
    at = Place() if at is None else at
    record_of(Promotion).check(promotion, at)
    if not promotion.id:
        raise (at / "id").wrong("is empty; quotes, limits and orders name a promotion by its id")
    if not promotion.benefits:
        raise (at / "benefits").wrong("is empty; a promotion gives at least one benefit")
    for number, benefit in enumerate(promotion.benefits):
        _check_benefit(benefit, at / "benefits" / number)
    if promotion.audience is not None:
        check_condition(promotion.audience, at / "audience")
    if promotion.currency is not None and promotion.currency not in CURRENCIES:
        raise (at / "currency").wrong(f'{shown(promotion.currency)} is no ISO 4217 code; write it like "EUR"')
    _check_window(promotion.window, at / "window")
    _check_trigger(promotion.trigger, at / "trigger")
    _check_funding(promotion.funding, at / "funding")


def _below(group: Group, at: Place) -> Iterator[tuple[Group, Place]]:
    for number, child in enumerate(group.children):
        place = at / "children" / number
        yield child, place
        yield from _below(child, place)


def _check_ancestors(group: object, at: Place, above: tuple[object, ...]) -> None:
    """Before types are checked, as "too deep" would be said of a tree that contains itself."""
    if not isinstance(group, Group) or len(above) > DEEPEST:
        return
    own: object = group.id
    children: object = group.children
    if not isinstance(own, str) or not isinstance(children, tuple):
        return
    if own in above:
        raise (at / "id").wrong(f"the group {shown(own)} contains itself: {' > '.join(map(shown, (*above, own)))}")
    for number, child in enumerate(children):
        _check_ancestors(child, at / "children" / number, (*above, own))


def _check_mode(group: Group, at: Place) -> None:
    """Of units only the best assignment can be searched for, over promotions and choices of one promotion."""
    if group.scope != "unit":
        return
    if group.mode == "lowest_cost":
        raise (at / "scope").wrong('"lowest_cost" cannot be asked for each unit; use scope "line" or "order"')
    if group.mode != "best":
        return
    for number, child in enumerate(group.children):
        below = at / "children" / number
        if (child.mode, child.scope) != ("best", "order"):
            raise (below / "mode").wrong(
                f'"{child.mode}" of scope "{child.scope}" in a group "best" of scope "unit"; use mode "best" and scope '
                '"order", or put it beside that group'
            )
        if child.children:
            raise (below / "children").wrong(
                'a group in a group "best" of scope "unit" holds promotions only; put its groups beside it'
            )


def _check_benefit(benefit: Benefit, at: Place) -> None:
    _check_effect(benefit.effect, at / "effect")
    _check_target(benefit.target, at / "target")
    if benefit.caps.max_discount is not None and not benefit.effect.cuts:
        raise (at / "caps" / "max_discount").wrong(f"bounds cuts in price, and {benefit.effect.kind} is none")
    if benefit.when is not None:
        check_condition(benefit.when, at / "when")


def _check_effect(effect: Effect, at: Place) -> None:
    for one in record_of(type(effect)).fields:
        value = getattr(effect, one.name)
        if isinstance(value, Tiers):
            _check_tiers(value, at / one.key / "tiers")


def _check_tiers(tiers: Tiers, at: Place) -> None:
    if not tiers.rows:
        raise at.wrong("is empty; give rows such as [9900, 1000]")
    for row, (before, after) in enumerate(zip(tiers.rows, tiers.rows[1:], strict=False), start=1):
        if after.start <= before.start:
            raise (at / row / 0).wrong(f"{after.start} is not above {before.start}, where the row before it starts")


def _check_target(target: Selector, at: Place) -> None:
    if target.where is not None:
        check_condition(target.where, at / "where", of_line=True)
    if target.slots:
        _check_slots(target, at)
    size = target.group_size
    if target.positions and size is None:
        raise (at / "positions").wrong("needs `group_size`: positions are places in a group")
    if len(set(target.positions)) < len(target.positions):
        raise (at / "positions").wrong("the same position stands twice in it")
    for number, position in enumerate(target.positions):
        if size is not None and position > size:
            raise (at / "positions" / number).wrong(f"{position} is outside a group of {size}")


def _check_slots(target: Selector, at: Place) -> None:
    if target.group_size is not None:
        raise (at / "slots").wrong("excludes `group_size`: a set is made of its slots")
    for name, default in (("max_units", None), ("max_units_per_line", None), ("skip_units", 0), ("min_units", 0)):
        if getattr(target, name) != default:
            raise (at / name).wrong("sets take as many units as their slots say: leave it out, or limit `max_groups`")
    for number, slot in enumerate(target.slots):
        _check_slot(slot, at / "slots" / number)


def _check_slot(slot: Slot, at: Place) -> None:
    if slot.where is not None:
        check_condition(slot.where, at / "where", of_line=True)


def _check_window(window: Window, at: Place) -> None:
    if window.start is not None and window.end is not None and window.end <= window.start:
        raise (at / "end").wrong(f"{window.end.isoformat()} is not after the start, {window.start.isoformat()}")
    if not _is_zone(window.time_zone):
        raise (at / "time_zone").wrong(f'unknown time zone {shown(window.time_zone)}; write it like "Asia/Shanghai"')
    for number, hours in enumerate(window.hours):
        if hours.start == hours.end:
            raise (at / "hours" / number).wrong("starts when it ends; leave hours out for the whole day")


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name is a folder of the zone database
        return False
    return True


def _check_trigger(trigger: Trigger, at: Place) -> None:
    if trigger.kind == "code" and not trigger.codes:
        raise (at / "codes").wrong("is empty; a code trigger needs at least one code")
    if trigger.kind != "code" and trigger.codes:
        raise (at / "codes").wrong(f'needs kind "code", not "{trigger.kind}": everybody would get it without a code')
    for number, code in enumerate(trigger.codes):
        if not code.strip():
            raise (at / "codes" / number).wrong("is blank")


def _check_funding(shares: tuple[Share, ...], at: Place) -> None:
    if not shares:
        return
    total = sum(Decimal(share.percent) for share in shares)
    if total != 100:
        raise at.wrong(f"shares sum to {total} per cent, not 100")
    for party, times in Counter(share.party for share in shares).items():
        if times > 1:
            raise at.wrong(f"the party {shown(party)} stands twice in it")
