"""The switches of the arithmetic: what is rounded where, who gets the odd cent, what a floor and a tax mean."""

from dataclasses import dataclass
from typing import Literal

Rounding = Literal["half_up", "half_even", "half_down", "down", "up"]
Granularity = Literal["unit", "line", "order"]
Remainder = Literal["largest", "first", "last", "carry"]
Base = Literal["running", "original"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How an evaluation rounds, splits and bounds; the defaults are netlift's own.

    Two shops with the same promotions and different policies may differ by cents, never by more than the
    rounding of each step.
    """

    name: str = "netlift"
    rounding: Rounding = "half_up"
    """How a fraction of a minor unit becomes a whole one."""
    rounds: Literal["discount", "price"] = "discount"
    """What is rounded: 10.50 less 15 % costs 8.92 when the discount is rounded, 8.93 when the price is."""
    granularity: Granularity = "line"
    """Where per cents are rounded: per unit, per line, or once for all lines of a benefit and then split."""
    remainder: Remainder = "largest"
    """Who gets the odd minor units of a split: the largest fractions, the first parts, the last part, or each part
    in turn what the rounding error so far amounts to (`carry`)."""
    share_rounding: Rounding = "down"
    """How each share of a split is rounded before the remainder is given out."""
    base: Base | None = None
    """What per cents are of, where a group does not say: the running price (None), or the price before promotions."""
    partial_base: Literal["units", "line"] = "units"
    """What a benefit on some units of a line sees as discounted already: those units' own discounts, or all of the
    line's."""
    ties: Literal["id", "given"] = "id"
    """How equal lines are ordered: by their id, so that the input's order cannot matter, or as given."""
    prices_include_tax: bool = True
    """Whether prices in the cart are gross."""
    tax_rounding: Rounding = "half_up"
    tax_granularity: Literal["unit", "line", "order"] = "line"
    """Whether tax is rounded per line, once per rate, or for one unit at the line's average price, times the units."""
    weights: Literal["price", "with_tax"] = "price"
    """What a sum for several lines is split by: their prices, or their prices with tax where the cart's exclude it."""
    respect_floors: bool = True
    """Whether no unit is sold below its `floor`; what a floor refuses is given to the other lines of the benefit."""
    catalog_rounds: Literal["discount", "price"] | None = None
    """What promotions on price-list level round; as `rounds` where None."""
    reclaim_on_return: bool = False
    """What a return does to a threshold it undercuts: nothing, each unit keeps its share of the discount (False);
    or the goods that are kept are priced anew and the difference is not paid out (True)."""
    node_budget: int = 200_000
    """States that the search for the best deal may look at; beyond them the answer is `best found`."""
    max_lines: int = 5_000
    """Lines that a cart may have."""
    max_units: int = 100_000
    """Units that a cart may have."""
