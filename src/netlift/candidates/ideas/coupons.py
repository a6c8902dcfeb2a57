"""Coupons for chosen customers: face values and thresholds at the quartiles of the baskets, one audience at a time."""

from collections.abc import Iterator
from typing import ClassVar

from netlift.candidates.candidate import Audience, Goal
from netlift.candidates.ground import Choice, Ground, digest
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.rounding import face, threshold

_FOR = (
    ("at_risk", Goal.STICKINESS, 1, "silent_for_long"),
    ("coupon_lovers", Goal.PROFIT, 2, "uses_coupons"),
    ("price_sensitive", Goal.REVENUE, 1, "buys_cheap"),
    ("high_value", Goal.PROFIT, 2, "spends_most"),
    ("active", Goal.STICKINESS, 2, "buys_regularly"),
    ("full_price", Goal.REVENUE, 2, "pays_full_price"),
    ("new", Goal.NEW_BUYERS, 0, "bought_once"),
)
"""Audience, goal, quartile of the baskets above which the threshold lies, and why."""
_LETTERS = "ABCDEFGHJKLMNPQRTUVWXY34679"


class Coupons(Idea):
    """Amounts off from a basket on, packets without, and codes."""

    kind = "coupons"
    mechanisms: ClassVar = {
        "spend_threshold": "",
        "red_packet": "",
        "coupon_code": "shoppers who can type a code (means.codes)",
        "shop_coupon": "the shop's name on a marketplace (means.seller)",
        "platform_coupon": "a platform that takes part (means.platform)",
    }

    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """For each audience an amount from a threshold on, then the other forms in turn."""
        if ground.baskets is None:
            return
        light, usual, _ = ground.depths
        means, place = ground.asked.means, 0
        for name, goal, quartile, why in _FOR:
            audience = ground.audiences.get(name)
            depths = (light,) if name in {"active", "full_price"} else (usual, light)
            picked = ground.deepest(ground.everything, depths, personal=True, cut=False)
            if audience is None or picked is None:
                continue
            spend = threshold(ground.baskets.spend_minor[quartile])
            off = face(spend * picked[0] / 100)
            forms: list[tuple[str, dict[str, object]]] = [("spend_threshold", {"spend": spend, "off": off})]
            if means.seller is not None:
                forms.append(("shop_coupon", {"seller": means.seller, "spend": spend, "off": off}))
            if means.platform:
                forms.append(("platform_coupon", {"spend": spend, "off": off}))
            kind, form = forms[place % len(forms)]
            place += 1
            if off:
                yield Draft(
                    kind=kind, form=filled(picked[1], **form), choice=picked[1], goal=goal, cut=off / spend,
                    face_minor=off, uses=1, personal=True, audience=audience, why=(why,), promise=0.75,
                    numbers={"spend_minor": spend, "off_minor": off},
                )  # fmt: skip
                yield from _packet(ground, audience, goal, why)
            if means.codes:
                yield from _code(audience, goal, why, *picked, spend)


def _packet(ground: Ground, audience: Audience, goal: Goal, why: str) -> Iterator[Draft]:
    """A small amount from a small basket on."""
    light, usual, _ = ground.depths
    if ground.baskets is None or not usual:
        return
    off = face(ground.baskets.spend_minor[0] * light / 100)
    spend = threshold(off / (usual / 100)) if off else 0
    choice = ground.pick(ground.everything, off / spend, personal=True, cut=False) if off else None
    if choice is not None and not choice.goods:
        yield Draft(
            kind="red_packet", form={"off": off, "spend": spend}, choice=choice, goal=goal, cut=off / spend,
            face_minor=off, uses=1, personal=True, audience=audience, why=(why, "small_gift_of_money"), promise=0.5,
        )  # fmt: skip


def _code(audience: Audience, goal: Goal, why: str, percent: int, choice: Choice, spend: int) -> Iterator[Draft]:
    """Per cents off with a code, capped at what they take off twice the threshold."""
    most = face(2 * spend * percent / 100)
    letters = digest(audience.audience_id, percent, spend, *choice.categories)
    word = "".join(_LETTERS[int(letters[2 * k : 2 * k + 2], 16) % len(_LETTERS)] for k in range(5))
    if most:
        form = filled(choice, codes=[f"{word}{percent}"], off=str(percent), spend=spend, most=most)
        yield Draft(
            kind="coupon_code", form=form, choice=choice, goal=goal, cut=percent / 100, depth=percent / 100,
            face_minor=most, uses=1, personal=True, audience=audience, why=(why, "code_can_be_measured"), promise=0.55,
        )  # fmt: skip
