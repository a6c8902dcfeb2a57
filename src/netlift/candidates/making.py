"""From a draft to a candidate: promotions in the language, checked; an id of its content; an offer."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from netlift.candidates.candidate import Candidate, Scope
from netlift.candidates.ground import Ground, digest
from netlift.candidates.idea import Draft
from netlift.candidates.offer import Offer
from netlift.candidates.wording import worded
from netlift.promotions.check import check_promotions
from netlift.promotions.mechanism import MECHANISMS, Common
from netlift.promotions.promotion import Promotion, Trigger
from netlift.promotions.promotion import Window as Running

if TYPE_CHECKING:
    from netlift.candidates.asked import Channel

_FAMILIES = {
    "price_cut": "percent_off amount_off fixed_price flash_sale clearance price_list happy_hour presale_deposit",
    "threshold": "spend_threshold spend_tiers spend_steps spend_percent cross_shop payment_discount joint_promotion",
    "coupon": "coupon_code shop_coupon platform_coupon red_packet personal_price win_back nth_order birthday",
    "bundle": "bundle buy_x_get_y add_on mix_and_match",
    "quantity": "quantity_tiers quantity_off quantity_price multi_buy cheapest_free buy_get nth_item second_half_price",
    "gift": "gift_with_spend gift_tiers gift_with_purchase",
    "points": "earn_points burn_points next_order_coupon",
    "shipping": "cheap_shipping",
}
FAMILY: Mapping[str, str] = MappingProxyType(
    {kind: family for family, kinds in _FAMILIES.items() for kind in kinds.split()}
)
"""Family of each mechanism: those of one family work on the shopper in the same way."""


def made(draft: Draft, ground: Ground) -> Candidate | None:
    """The candidate of a draft; None for a personal one where nobody can be told or given it.

    Raises:
        DefinitionError: the idea filled a form in wrongly.
    """
    channel = ground.channel(f"{draft.kind} {draft.audience.audience_id}") if draft.personal else None
    if draft.personal and (channel is None or not (ground.asked.means.tokens or draft.kind == "coupon_code")):
        return None
    form = MECHANISMS[draft.kind].read(dict(draft.form)).written()
    scope = Scope.PERSONAL if draft.personal else Scope.SHOP if draft.choice.goods else Scope.SITE
    offer = _offer(draft, ground, form, scope, channel)
    numbers = {"cut": round(draft.cut, 6), **draft.numbers, **_facts(draft)}
    return Candidate(
        offer, draft.kind, form, _promotions(draft, ground, form, offer.offer_id), draft.goal, scope,
        draft.audience, draft.choice.window, None if channel is None else channel.name, draft.choice.categories,
        draft.phase, draft.past, resting=draft.choice.resting, why=(*draft.why, *_also(draft, ground)),
        numbers=numbers,
    )  # fmt: skip


def offer_id(kind: str, form: Mapping[str, object], scope: Scope, *more: object) -> str:
    """Kind and a short hash of the content, so that the same offer has the same name tomorrow."""
    return f"{kind}-{digest(kind, json.dumps(form, sort_keys=True, ensure_ascii=False), scope, *more)[:8]}"


def _offer(draft: Draft, ground: Ground, form: Mapping[str, object], scope: Scope, channel: "Channel | None") -> Offer:
    days = max(1, round(draft.choice.window.days))
    told = "" if channel is None else channel.name
    name = _name(draft, ground, form)
    return Offer(
        offer_id(draft.kind, form, scope, draft.audience.audience_id, days, told, draft.phase or "", draft.past or ""),
        name, draft.mechanism or ("campaign" if draft.personal else FAMILY.get(draft.kind, draft.kind)), None, None,
        draft.depth, draft.face_minor, 0 if channel is None else channel.contact_cost_minor,
        draft.choice.products, draft.uses,
    )  # fmt: skip


def _name(draft: Draft, ground: Ground, form: Mapping[str, object]) -> str:
    said = worded(draft.kind, form, ground.sources.currency)
    return f"{draft.title} · {said}" if draft.title else said


def _promotions(draft: Draft, ground: Ground, form: Mapping[str, object], id_: str) -> tuple[Promotion, ...]:
    common: Common = {
        "name": _name(draft, ground, form),
        "window": Running(draft.choice.window.start, draft.choice.window.end, ground.asked.time_zone),
        "currency": ground.sources.currency,
        "tags": tuple(tag for tag in (str(draft.goal), draft.phase) if tag),
    }
    if draft.personal and draft.kind != "coupon_code":
        common["trigger"] = Trigger("token")
    promotions = MECHANISMS[draft.kind].read(dict(form)).build(id_, **common)
    check_promotions(promotions)
    return promotions


def _also(draft: Draft, ground: Ground) -> tuple[str, ...]:
    """Reasons that hold whatever the idea is."""
    choice = draft.choice
    found = {
        "below_cost": choice.below_cost > 0,
        "some_goods_left_out": choice.kept < 1 - 1e-9,
        "waits_for_rest": choice.waits > 0,
        "people_rest": bool(choice.resting),
        "margin_assumed": bool(not ground.goods.cost_known[choice.rows].all()),
    }
    return tuple(code for code, holds in found.items() if holds)


def _facts(draft: Draft) -> dict[str, float]:
    """Figures of these reasons."""
    choice = draft.choice
    found = {"kept": choice.kept, "below_cost": choice.below_cost, "waits": float(choice.waits)}
    usual = {"kept": 1.0, "below_cost": 0.0, "waits": 0.0}
    return {name: round(value, 6) for name, value in found.items() if value != usual[name]}
