"""An offer: what a customer can be given or not, and how it is told apart from every other."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """A treatment arm: something that a customer can be given or not."""

    offer_id: str
    """`promotion`, or `promotion/arm` where a promotion had several arms."""
    name: str
    mechanism: str
    """As in PROMOTIONS: campaign, code, price_cut, ..."""
    promotion_id: str | None = None
    arm: str | None = None
    depth: float | None = None
    """Share of the price taken off; None: not a percentage."""
    face_minor: int | None = None
    """The most that one use takes off, minor units; None: no fixed face value."""
    contact_cost_minor: int = 0
    """Cost of telling one customer."""
    products: tuple[str, ...] = ()
    """Products on offer; empty: everything."""
    uses: int = 1
    """How often one customer may use it; 0: without limit."""
