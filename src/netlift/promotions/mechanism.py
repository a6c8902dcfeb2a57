"""The contract of a mechanism: a form that a merchant fills in, and the promotions that it stands for.

A new promotion type is one file in the folder `mechanisms` with one frozen dataclass: its fields are the form, `build`
says it in the promotion language, and `examples` are worked out by hand. From them come the JSON Schema of the form,
the contract tests (`netlift.testing.mechanisms`) and the reference page.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, Self, TypedDict, Unpack

from netlift.promotions.cart import Cart, Facts
from netlift.promotions.form import FormField, Words, form_of, read, schema, write
from netlift.promotions.place import Place
from netlift.promotions.policy import Policy
from netlift.promotions.predicate import Predicate, everything
from netlift.promotions.promotion import Group, Limits, Promotion, Share, Trigger, Window
from netlift.promotions.reasons import Why
from netlift.registry import Registry

Layer = Literal["item", "shop", "shop_coupon", "platform", "platform_coupon", "red_packet", "points", "extras"]
"""A level of a marketplace's price, in the order in which they are taken off (`mechanisms.marketplace`)."""


class Common(TypedDict, total=False):
    """What any promotion may be given beside its form; the fields of `Promotion` of the same names."""

    version: int
    name: str
    window: Window
    audience: Predicate | None
    trigger: Trigger
    limits: Limits
    group: str
    priority: int
    exclusive: bool
    seller: str | None
    currency: str | None
    funding: tuple[Share, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A filled form, a cart, and what must come out, worked out by hand; the promotion's id is the mechanism's kind."""

    title: Words
    form: Mapping[str, object]
    """JSON values of the form's fields."""
    cart: Cart
    facts: Facts = field(default_factory=Facts)
    common: Common = field(default_factory=Common)
    beside: tuple[Promotion, ...] = ()
    """Other promotions that run at the same time."""
    root: Group = field(default_factory=Group)
    policy: Policy = field(default_factory=Policy)
    discounts: Mapping[str, int] = field(default_factory=dict)
    """Minor units that the mechanism takes off each line; a line that is not named keeps its price."""
    shipping: Mapping[str, int] = field(default_factory=dict)
    """Minor units off each way of delivery."""
    gifts: Mapping[str, int] = field(default_factory=dict)
    """Units of each product put into the cart."""
    offered: tuple[str, ...] = ()
    """Products that the shopper may still choose."""
    points: int = 0
    points_burned: int = 0
    credits: tuple[int, ...] = ()
    """Face values of coupons for the next order."""
    funding: Mapping[str, int] = field(default_factory=dict)
    """Who pays how much, where somebody beside the shop does; `""` is the shop."""
    payable: int | None = None
    """What is to be paid altogether, where the table of lines does not tell."""
    refused: Why | None = None
    """Why it gives nothing, where it does not."""


class Mechanism(ABC):
    """A kind of promotion: its form, and what a filled form means in the promotion language.

    Subclasses are frozen dataclasses; every field carries its titles and unit (`form.entry`).
    """

    kind: ClassVar[str]
    title: ClassVar[Words]
    text: ClassVar[Words]
    """One or two sentences for a merchant."""
    layer: ClassVar[Layer] = "shop"
    """Where it belongs in a marketplace."""
    examples: ClassVar[tuple[Example, ...]]
    """At least one in which it gives something and one in which it does not."""

    @abstractmethod
    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """The promotions that the filled form stands for; the first is named `id_`, others begin with it."""

    @classmethod
    def form(cls) -> tuple[FormField, ...]:
        """The fields of the form in their order."""
        return form_of(cls)

    @classmethod
    def schema(cls) -> dict[str, object]:
        """JSON Schema (draft 2020-12) of the form."""
        return {"title": cls.title.en, "x-title-zh": cls.title.zh, "description": cls.text.en, **schema(cls)}

    @classmethod
    def read(cls, values: object, at: Place | None = None) -> Self:
        """A filled form from its JSON values.

        Raises:
            DefinitionError: an unknown, missing or unfit value; the message names its place.
        """
        return read(cls, values, at)

    def written(self) -> dict[str, object]:
        """The JSON values of the form, without those that are as by default."""
        return write(self)


def only_for(common: Common, audience: Predicate) -> Common:
    """The common settings with one more condition on the audience."""
    joined: Common = {**common, "audience": everything(common.get("audience"), audience)}
    return joined


def held(common: Common) -> Common:
    """The common settings of a coupon: where no trigger is given, it needs the token that names it."""
    return {"trigger": Trigger("token"), **common}


def narrowed(common: Common, *, total: int | None = None, per_customer: int | None = None) -> Limits:
    """The common limits with those of a form, whichever are lower."""
    given = common.get("limits", Limits())
    return replace(given, total=_lower(given.total, total), per_customer=_lower(given.per_customer, per_customer))


def _lower(one: int | None, other: int | None) -> int | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)


def promotions_of(mechanism: type[Mechanism], example: Example) -> tuple[Promotion, ...]:
    """All promotions of an example: the mechanism's own, named by its kind, then those beside it."""
    return (*mechanism.read(dict(example.form)).build(mechanism.kind, **example.common), *example.beside)


MECHANISMS: Registry[Mechanism] = Registry("netlift.promotions.mechanisms", Mechanism, "netlift.mechanisms")  # type: ignore[type-abstract]
