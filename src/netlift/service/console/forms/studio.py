"""A promotion on its way from a filled form to a draft: read, preview, keep, and read back for the next version."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from netlift.errors import ConfigError, NetliftError
from netlift.money import CURRENCIES
from netlift.promotions import codec, form
from netlift.promotions.check import check_promotions
from netlift.promotions.mechanism import MECHANISMS, Mechanism
from netlift.promotions.promotion import Group, Promotion
from netlift.service.access.caller import Caller
from netlift.service.catalog import promotions as catalogue
from netlift.service.catalog.live import live_tree
from netlift.service.catalog.models import PromotionVersion
from netlift.service.console.forms import basket as baskets
from netlift.service.console.forms.basket import Basket
from netlift.service.console.forms.draw import Drawn, Typed, draw, texts
from netlift.service.console.forms.fill import WHOLE, at_fields, fill
from netlift.service.console.forms.kinds import Setting
from netlift.service.console.forms.preview import Preview, preview
from netlift.service.console.forms.terms import Terms
from netlift.service.console.models import FilledForm
from netlift.service.core.refusals import NotFound

TERMS, FORM, BASKET = "terms", "form", "basket"
"""Prefixes of the names of the three parts."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as it was posted, read as far as it can be read."""

    kind: str
    typed: Typed
    setting: Setting
    terms: dict[str, Any]
    values: dict[str, Any]
    basket: dict[str, Any]
    promotions: tuple[Promotion, ...]
    """Empty where something is wrong."""

    @property
    def drawn(self) -> dict[str, tuple[Drawn, ...]]:
        """The three parts to be drawn."""
        return {
            TERMS: draw(Terms, TERMS, self.typed, self.setting),
            FORM: draw(mechanism(self.kind), FORM, self.typed, self.setting),
            BASKET: draw(Basket, BASKET, self.typed, self.setting),
        }


def mechanism(kind: str) -> type[Mechanism]:
    """A mechanism by its name.

    Raises:
        NotFound: there is none.
    """
    if kind not in MECHANISMS:
        raise NotFound(f"there is no mechanism {kind!r}")
    return MECHANISMS[kind]


def begun(kind: str, lang: str, earlier: FilledForm | None = None) -> Sheet:
    """A sheet to begin with: that of an earlier version, or an empty one with the mechanism's example in the cart."""
    of = mechanism(kind)
    example = of.examples[0]
    if earlier is not None:
        setting = Setting(earlier.terms["currency"], earlier.terms.get("time_zone", "UTC"), lang)
        parts = (earlier.terms, earlier.values, earlier.basket)
    else:
        setting = Setting(example.cart.currency, settings.TIME_ZONE, lang)
        terms = {"currency": setting.currency, "time_zone": setting.zone, "group": _lane(of)}
        parts = (terms, {}, baskets.sample(example))
    found: dict[str, str] = {}
    for one, values, at in zip(_forms(of), parts, (TERMS, FORM, BASKET), strict=True):
        found |= texts(one, values, at, setting)
    return Sheet(kind, Typed(found), setting, {}, {}, {}, ())


def read(kind: str, posted: Mapping[str, str], lang: str) -> Sheet:
    """What was posted, with its errors in the reader's language at their fields."""
    of = mechanism(kind)
    currency, zone = posted.get(f"{TERMS}.currency", "").strip().upper(), posted.get(f"{TERMS}.time_zone", "").strip()
    setting = Setting(currency if currency in CURRENCIES else "EUR", zone or "UTC", lang)
    typed = dict(posted) | {f"{TERMS}.currency": currency}
    parts = [fill(one, at, typed, setting) for one, at in ((Terms, TERMS), (of, FORM), (Basket, BASKET))]
    errors = parts[0].errors | parts[1].errors | parts[2].errors
    if currency and currency not in CURRENCIES:
        errors[f"{TERMS}.currency"] = _("There is no such currency; write it like EUR or CNY.")
    promotions: tuple[Promotion, ...] = ()
    if not errors:
        promotions, errors = _built(of, parts[0].values, parts[1].values, typed)
    return Sheet(kind, Typed(typed, errors), setting, parts[0].values, parts[1].values, parts[2].values, promotions)


def previewed(sheet: Sheet) -> Preview:
    """What it would do to the sample cart.

    Raises:
        NetliftError: the cart cannot be priced.
    """
    example = mechanism(sheet.kind).examples[0]
    cart = baskets.cart(form.read(Basket, sheet.basket), sheet.setting.currency, example)
    facts = baskets.facts(example, sheet.kind, sheet.promotions[0])
    return preview(cart, facts, sheet.promotions, live_tree(), "zh_CN" if sheet.setting.lang == "zh-CN" else "en")


def keep(sheet: Sheet, by: Caller) -> PromotionVersion:
    """Keep the promotions of a sheet as drafts, and the sheet with the first of them.

    Raises:
        Conflict, Forbidden: as `catalog.promotions.draft`.
    """
    if not sheet.promotions:
        raise ConfigError("the form is not filled in completely")
    with transaction.atomic():
        made = [catalogue.draft(codec.write(one), by) for one in sheet.promotions]
        FilledForm.objects.create(
            promotion_id=made[0].promotion_id, version=made[0].version, kind=sheet.kind, terms=sheet.terms,
            values=sheet.values, basket=sheet.basket,
        )  # fmt: skip
    return made[0]


def lanes() -> list[str]:
    """The groups of the tree that a promotion may name."""
    return [name for name in _groups(live_tree()) if name]


def objected(sheet: Sheet, error: NetliftError) -> Sheet:
    """The sheet with what the catalogue had against it, at the field of the terms that it names."""
    found = at_fields(ConfigError(f"{TERMS}.{error}"), TERMS, sheet.typed.texts)
    errors = {WHOLE: str(error)} if WHOLE in found else found
    return replace(sheet, typed=Typed(sheet.typed.texts, errors), promotions=())


def earlier(promotion_id: str, version: int) -> FilledForm | None:
    """The sheet that a version was drawn from; None where it was written in another way."""
    found = FilledForm.objects.filter(promotion_id=promotion_id, version=version).first()
    return found if found is not None and found.kind in MECHANISMS else None


def _built(
    of: type[Mechanism], terms: dict[str, Any], values: dict[str, Any], typed: Mapping[str, str]
) -> tuple[tuple[Promotion, ...], dict[str, str]]:
    """The promotions, or what is wrong at which field."""
    try:
        common = form.read(Terms, terms).common()
    except NetliftError as error:
        return (), at_fields(_renamed(error, TERMS), TERMS, typed)
    try:
        found = of.read(values).build(terms["id"], **common)
        check_promotions(found, live_tree())
    except NetliftError as error:
        return (), at_fields(error, FORM, typed)
    return found, {}


def _renamed(error: NetliftError, at: str) -> NetliftError:
    return ConfigError(str(error).replace("form.", f"{at}.", 1))


def _forms(of: type[Mechanism]) -> tuple[type, type, type]:
    return Terms, of, Basket


def _lane(of: type[Mechanism]) -> str:
    """The group of the tree that is named like the mechanism's layer, if there is one."""
    return of.layer if of.layer in lanes() else ""


def _groups(root: Group) -> list[str]:
    return [root.id, *(name for child in root.children for name in _groups(child))]
