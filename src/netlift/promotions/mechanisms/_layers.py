"""The levels of a marketplace's price as a ready-made group tree."""

from typing import get_args

from netlift.promotions.mechanism import Layer
from netlift.promotions.promotion import Group, Mode, Scope

_PER_SHOP: frozenset[Layer] = frozenset({"shop", "shop_coupon"})


def marketplace() -> Group:
    """Item price, shop promotion, shop coupon, platform promotion, platform coupon, red packet, points.

    Each level sees the prices that the levels before it left. Of the promotions of a level the best one counts: for
    each line on the item level, for the goods of each shop on the shop's levels, for the order on the platform's.
    Red packets add up.

    >>> [layer.id for layer in marketplace().children][:3]
    ['item', 'shop', 'shop_coupon']
    """
    layers: tuple[Layer, ...] = get_args(Layer)
    return Group(children=tuple(Group(layer, _mode(layer), _scope(layer), base="running") for layer in layers))


def _mode(layer: Layer) -> Mode:
    return "stack" if layer in ("red_packet", "points") else "best"


def _scope(layer: Layer) -> Scope:
    return "line" if layer == "item" else "shop" if layer in _PER_SHOP else "order"
