"""The weather of trade: week, year, trend, festivals, weekly shocks and stock-outs, the same with any promotion."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netlift.simulate.catalogue import Catalogue
from netlift.simulate.config import ShopConfig
from netlift.simulate.draws import Floats32, key_of, keys_of, normal, uniform

YEAR = 364.0
"""Days of the yearly season: 52 whole weeks."""


@dataclass(frozen=True)
class Weather:
    """Everything that moves demand and is nobody's promotion."""

    traffic: Floats32
    """Visits per week as a factor of the customer's own rate, by day and region, divided by 7; shape (D, R)."""
    demand: Floats32
    """Added to the logit of a category, by day; shape (D, C)."""
    empty_day: NDArray[np.int64]
    """Days of the empty shelves, aligned with `empty_product`, sorted by product and day."""
    empty_product: NDArray[np.int64]
    """Products of the empty shelves."""


def make_weather(config: ShopConfig, goods: Catalogue) -> Weather:
    """Draw the weather of a shop from its seed."""
    day = np.arange(config.days)
    shop = _weekly(config, "shop", 1) * config.shop_shock
    region = _weekly(config, "region", config.regions) * config.region_shock
    traffic = np.exp(_calendar(config, day)[:, None] + shop + region) / 7
    days, products = _empty_shelves(config, goods)
    return Weather(traffic.astype(np.float32), _demand(config, goods, day), days, products)


def _calendar(config: ShopConfig, day: NDArray[np.int64]) -> NDArray[np.float64]:
    """Log factor on all visits by day: weekday, time of year, trend, festivals."""
    week = np.log(np.asarray(config.week))[(day + config.start.weekday()) % 7]
    yearly = config.season * np.cos(2 * np.pi * (day - 0.95 * YEAR) / YEAR)
    trend = config.trend_per_year * (day - config.days / 2) / YEAR
    feasts = sum(f.lift * np.exp(-0.5 * ((day - f.day) / f.width) ** 2) for f in config.festivals)
    return np.asarray(week + yearly + trend + feasts, dtype=np.float64)


def _demand(config: ShopConfig, goods: Catalogue, day: NDArray[np.int64]) -> Floats32:
    """Seasons, drifts and shocks of the categories; a dear competitor sends its shoppers here."""
    aisle = keys_of(key_of(config.seed, "season"), np.arange(goods.categories))
    height, phase = config.category_season * uniform(aisle, 0), YEAR * uniform(aisle, 1)
    yearly = height * np.cos(2 * np.pi * (day[:, None] - phase) / YEAR)
    drift = config.trend_per_year * normal(uniform(aisle, 2)) * (day[:, None] - config.days / 2) / YEAR
    shock = config.category_shock * _weekly(config, "category", goods.categories)
    rivals = config.competitor_prices * _weekly(config, "rivals", goods.categories)
    pulled = config.nest * float(goods.classes.sensitivity.mean()) * rivals
    return (yearly + drift + shock + pulled).astype(np.float32)


def _weekly(config: ShopConfig, what: str, series: int) -> NDArray[np.float64]:
    """Stationary first-order autoregressions of unit variance, one step a week, spread over the days."""
    weeks = -(-config.days // 7)
    rho = config.shock_memory
    keys = keys_of(key_of(config.seed, "shock", what), np.arange(series))
    noise = np.stack([normal(uniform(keys, w)) for w in range(weeks)]).astype(np.float64)
    for w in range(1, weeks):
        noise[w] = rho * noise[w - 1] + np.sqrt(1 - rho**2) * noise[w]
    return np.repeat(noise, 7, axis=0)[: config.days]


def _empty_shelves(config: ShopConfig, goods: Catalogue) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Spells of geometric length that start by chance; the share of empty product-days is `stock_outs`."""
    if config.stock_outs <= 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    product, begin, length = _spells(config, goods)
    spell = np.repeat(np.arange(len(begin)), length)
    offset = np.arange(len(spell)) - np.repeat(np.cumsum(length) - length, length)
    day, who = begin[spell] + offset, product[spell]
    flat = np.unique((who * config.days + day)[day < config.days])
    return flat % config.days, flat // config.days


def _spells(config: ShopConfig, goods: Catalogue) -> tuple[NDArray[np.int64], ...]:
    """Product, first day and length of each spell; their number for a product is Poisson by inversion."""
    from scipy.special import pdtrik

    item = keys_of(key_of(config.seed, "empty"), np.arange(goods.products))
    mean = config.stock_outs * config.days / config.stock_out_days
    number = np.ceil(pdtrik(uniform(item, 0).astype(np.float64), mean)).astype(np.int64)
    product = np.repeat(np.arange(goods.products), number)
    nth = np.arange(len(product)) - np.repeat(np.cumsum(number) - number, number)
    keys = keys_of(key_of(config.seed, "spell"), product * 1_000 + nth)
    begin = (uniform(keys, 0) * config.days).astype(np.int64)
    length = 1 + np.floor(np.log(uniform(keys, 1)) / np.log1p(-1 / max(1.001, config.stock_out_days))).astype(np.int64)
    return product, begin, length
