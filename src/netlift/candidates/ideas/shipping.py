"""Free delivery from a basket on that is just above what most spend."""

from collections.abc import Iterator
from typing import ClassVar

from netlift.candidates.candidate import Goal
from netlift.candidates.ground import Ground
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.rounding import threshold


class FreeShipping(Idea):
    """For everybody, and for new customers."""

    kind = "shipping"
    mechanisms: ClassVar = {"cheap_shipping": "orders with a charge for delivery"}

    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """Delivery is taken to cost the shop what it charges."""
        if ground.baskets is None or not ground.baskets.shipping_minor:
            return
        fee = ground.baskets.shipping_minor
        for quartile, personal in ((1, False), (2, False), (0, True)):
            spend = threshold(ground.baskets.spend_minor[quartile])
            audience = ground.audiences.get("new" if personal else "everybody")
            choice = ground.pick(ground.everything, fee / spend, personal=personal, cut=False)
            if audience is not None and choice is not None:
                yield Draft(
                    kind="cheap_shipping", form=filled(choice, spend=spend), choice=choice,
                    goal=Goal.NEW_BUYERS if personal else Goal.REVENUE, cut=fee / spend, face_minor=fee,
                    uses=int(personal), personal=personal, audience=audience, why=("delivery_free_above_usual",),
                    numbers={"spend_minor": spend, "shipping_minor": fee}, promise=0.6,
                )  # fmt: skip
