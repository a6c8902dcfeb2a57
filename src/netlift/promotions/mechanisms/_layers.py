"""The levels of a marketplace's price as a ready-made group tree."""

from typing import get_args

from netlift.promotions.mechanism import Layer
from netlift.promotions.promotion import Group, Mode, Scope

_PER_SHOP: frozenset[Layer] = frozenset({"shop", "shop_coupon"})
_ADDING_UP: frozenset[Layer] = frozenset({"red_packet", "points", "extras"})


def marketplace() -> Group:
    """The layers item, shop, shop coupon, platform, platform coupon, red packet, points and extras, in this order.

    Each sees the prices that the ones before it left. Of the promotions of a layer the best counts: for each line among
    item prices, for the goods of each shop in the shops' layers, for the order in the platform's. Red packets add up,
    and so do points, payments and deposits, and all that comes beside the price: gifts, delivery, points earned.

    >>> [layer.id for layer in marketplace().children][:3]
    ['item', 'shop', 'shop_coupon']
    """
    layers: tuple[Layer, ...] = get_args(Layer)
    return Group(children=tuple(Group(layer, _mode(layer), _scope(layer), base="running") for layer in layers))


def _mode(layer: Layer) -> Mode:
    return "stack" if layer in _ADDING_UP else "best"


def _scope(layer: Layer) -> Scope:
    return "line" if layer == "item" else "shop" if layer in _PER_SHOP else "order"
