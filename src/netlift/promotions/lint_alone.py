"""Checks of one promotion by itself: whether it can ever apply, tiers that do nothing, floors, limits."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace

from netlift.promotions.conditions import gate
from netlift.promotions.documents import Request
from netlift.promotions.lint_found import Found, because, money, said
from netlift.promotions.lint_goods import moments, shoppers
from netlift.promotions.lint_trials import Tried
from netlift.promotions.promotion import Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.state import State
from netlift.promotions.value import Tiers


def never(tried: Tried) -> Iterator[Found]:
    """A promotion that gives nothing on any cart made for it, alone or beside the others, and why."""
    promotion, shop = tried.promotion, tried.shop
    names, place = (promotion.id,), shop.place[promotion.id]
    if not moments(promotion.window, most=1):
        yield Found("never_open", names, f"{place}.window")
    elif not tried.trials:
        yield Found("no_goods", names, f"{place}.benefits")
    elif not tried.gives and not tried.gives_beside:
        if _nobody(tried):
            yield Found("impossible_audience", names, f"{place}.audience", example=tried.trials[0])
            return
        if _at_floor(tried):
            return
        reasons = Counter(quote.refusals.get(promotion.id, Why.NOTHING_LEFT) for quote in tried.alone)
        why = reasons.most_common(1)[0][0]
        example = next(
            trial
            for trial, quote in zip(tried.trials, tried.alone, strict=True)
            if quote.refusals.get(promotion.id, Why.NOTHING_LEFT) is why
        )
        values = {"count": said(len(tried.trials)), "reason": because(why)}
        yield Found("never_applies", names, place, values, example)


def _nobody(tried: Tried) -> bool:
    """Whether no shopper made for it passes the conditions on the customer, whatever the goods are."""
    audience = tried.promotion.audience
    if audience is None:
        return False
    holds = gate(audience)
    policy = tried.shop.policy
    carts = list({id(trial.cart): trial.cart for trial in tried.trials}.values())
    return not any(holds(State(cart, facts, policy)) is None for facts in shoppers(tried.promotion) for cart in carts)


def dead_tiers(tried: Tried) -> Iterator[Found]:
    """Tiers without which every cart costs the same, and tiers without which some cart is cheaper."""
    promotion = tried.promotion
    if not tried.gives:
        return
    for number, benefit in enumerate(promotion.benefits):
        for one in fields(benefit.effect):  # type: ignore[arg-type]  # every effect is a dataclass
            value = getattr(benefit.effect, one.name)
            if not isinstance(value, Tiers):
                continue
            place = f"{tried.shop.place[promotion.id]}.benefits[{number}].effect.{one.name}.tiers"
            for row in range(len(value.rows)):
                without = replace(value, rows=value.rows[:row] + value.rows[row + 1 :])
                if without.rows:
                    effect = replace(benefit.effect, **{one.name: without})  # type: ignore[type-var]
                    changed = _with_benefit(promotion, number, effect)
                    yield from _compared(tried, changed, f"{place}[{row}]", value, row)


def _with_benefit(promotion: Promotion, number: int, effect: object) -> Promotion:
    benefits = list(promotion.benefits)
    benefits[number] = replace(benefits[number], effect=effect)  # type: ignore[arg-type]
    return replace(promotion, benefits=tuple(benefits))


def _compared(tried: Tried, without: Promotion, place: str, tiers: Tiers, row: int) -> Iterator[Found]:
    engine = tried.shop.alone(without)
    start = tiers.rows[row].start
    changes = False
    for trial, quote in zip(tried.trials, tried.alone, strict=True):
        other = engine.quote(trial.cart, trial.facts)
        changes |= other != quote
        if other.discount + other.shipping_discount > quote.discount + quote.shipping_discount:
            currency = trial.cart.currency
            values = {
                "start": said(start) if tiers.of.endswith("quantity") else money(start, currency),
                "less": money(quote.discount + quote.shipping_discount, currency),
                "more": money(other.discount + other.shipping_discount, currency),
            }
            yield Found("worse_tier", (without.id,), place, values, trial)
            return
    if not changes:
        shown = said(start) if tiers.of.endswith("quantity") else money(start, tried.trials[0].cart.currency)
        yield Found("dead_tier", (without.id,), place, {"start": shown}, _reaching(tried, start))


def _reaching(tried: Tried, start: int) -> Request | None:
    """A trial whose goods are worth, or as many as, the start of the tier."""
    reached = [
        trial
        for trial in tried.trials
        if sum(line.unit_price * line.quantity for line in trial.cart.lines) >= start
        or sum(line.quantity for line in trial.cart.lines) >= start
    ]
    return reached[-1] if reached else None


def floors(tried: Tried) -> Iterator[Found]:
    """A promotion whose goods are all at their lowest price already."""
    if tried.trials and not tried.gives and _at_floor(tried):
        example = next(
            trial
            for trial, quote in zip(tried.trials, tried.alone, strict=True)
            if quote.refusals.get(tried.promotion.id) is Why.AT_FLOOR
        )
        values = {"count": said(len(tried.trials))}
        yield Found("floor_voids", (tried.promotion.id,), tried.shop.place[tried.promotion.id], values, example)


def _at_floor(tried: Tried) -> bool:
    """Whether it would give something if it were not for the floors."""
    if not any(quote.refusals.get(tried.promotion.id) is Why.AT_FLOOR for quote in tried.alone):
        return False
    free = tried.shop.alone(tried.promotion, replace(tried.shop.policy, respect_floors=False))
    return any(free.quote(trial.cart, trial.facts).applied for trial in tried.trials)


def limits(tried: Tried) -> Iterator[Found]:
    """Codes that anybody may use without end, and limits that bound how often but not how much."""
    promotion = tried.promotion
    limit, place = promotion.limits, tried.shop.place[promotion.id]
    coded = promotion.trigger.kind == "code"
    if coded and limit.total is None and limit.budget is None and limit.per_customer is None:
        yield Found("unbounded_code", (promotion.id,), f"{place}.limits", example=_first(tried))
    elif limit.total is not None and limit.budget is None and _open_ended(promotion):
        yield Found("limit_without_budget", (promotion.id,), f"{place}.limits", example=_first(tried))


def _open_ended(promotion: Promotion) -> bool:
    """Whether a larger order gets a larger discount without end."""
    return any(
        benefit.effect.kind == "percent" and benefit.caps.max_discount is None and benefit.target.whole_lines
        for benefit in promotion.benefits
    )


def _first(tried: Tried) -> Request | None:
    return tried.gives[0].request if tried.gives else None
