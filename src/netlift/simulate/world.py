"""A shop ready to open: goods, weather, promotions and shelves, all that its customers share."""

from dataclasses import dataclass
from functools import cached_property

from netlift.simulate.catalogue import Catalogue, stock_shelves
from netlift.simulate.config import ShopConfig
from netlift.simulate.offers import Offer, Shelves, build_shelves, resolve, tiring
from netlift.simulate.seasons import Weather, make_weather
from netlift.simulate.targeting import Usual, usual


@dataclass(frozen=True)
class World:
    """Everything that is the same for all blocks of customers."""

    config: ShopConfig
    goods: Catalogue
    weather: Weather
    offers: tuple[Offer, ...]
    shelves: Shelves
    norm: Usual
    """What whoever targets a campaign takes for usual."""

    @cached_property
    def tiring(self) -> dict[int, tuple[int, ...]]:
        """Contacts that tire for a later one, by promotion number."""
        return tiring(self.offers)

    @cached_property
    def basket_minor(self) -> float:
        """A rough mean basket: the unit in which recent spend is read by whoever targets a campaign."""
        return float(self.goods.price[:-1].mean()) * 1.4 * self.config.basket_lines


def open_shop(config: ShopConfig) -> World:
    """Prepare a shop from its configuration."""
    goods = stock_shelves(config)
    weather = make_weather(config, goods)
    offers = resolve(config, goods)
    return World(config, goods, weather, offers, build_shelves(config, goods, weather, offers), usual(config))
