"""Too much in stock: goods that last for months at the pace of late, cheaper the longer they last."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from netlift.candidates.candidate import Goal
from netlift.candidates.catalogue import Ints
from netlift.candidates.ground import Ground
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.rounding import percent_above, price
from netlift.types import Window

LONG = 12.0
"""Weeks of cover from which stock counts as too much."""
VERY_LONG = 26.0
TAGS = ("clearance", "clear", "outlet", "清仓")
"""Tags by which shops mark what they want to be rid of."""


class Stock(Idea):
    """Named goods down in price, a flash sale of the worst, and what the shop has tagged for clearance."""

    kind = "stock"
    mechanisms: ClassVar = {
        "percent_off": "stock",
        "flash_sale": "stock",
        "clearance": "goods that the shop has tagged clearance",
    }

    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """Below cost only if clearing stock was asked for."""
        cover = ground.goods.cover
        _, usual, deep = ground.depths
        with np.errstate(invalid="ignore"):
            long = np.flatnonzero((cover >= LONG) & (cover < VERY_LONG)).astype(np.int64)
            longest = np.flatnonzero(cover >= VERY_LONG).astype(np.int64)
        yield from _cheaper(ground, long, usual)
        yield from _cheaper(ground, longest, _worst(ground, longest))
        yield from _flash(ground, np.concatenate([long, longest]), deep)
        yield from _tagged(ground)


def _worst(ground: Ground, rows: Ints) -> int:
    """Somewhat below cost where stock is to be cleared, else what nearly all goods bear."""
    if ground.wants(Goal.CLEAR_STOCK) and len(rows):
        return percent_above(float(np.median(ground.goods.margin[rows])))
    return ground.depths[2]


def _figures(ground: Ground, rows: Ints) -> Mapping[str, float]:
    cover, stock = ground.goods.cover[rows], ground.goods.stock[rows]
    return {"weeks": round(float(np.median(cover)), 2), "units": float(round(stock.sum())), "products": len(rows)}


def _cheaper(ground: Ground, rows: Ints, off: int) -> Iterator[Draft]:
    clear = ground.wants(Goal.CLEAR_STOCK)
    choice = ground.pick(rows, off / 100, named=True, clear=clear, least=0.05) if off and len(rows) else None
    if choice is not None:
        yield Draft(
            kind="percent_off", form=filled(choice, off=str(off)), choice=choice, goal=Goal.CLEAR_STOCK, cut=off / 100,
            depth=off / 100, why=("lasts_for_months",), numbers=_figures(ground, choice.rows), promise=0.7,
        )  # fmt: skip


def _flash(ground: Ground, rows: Ints, off: int) -> Iterator[Draft]:
    """A day's sale of what has most money in stock."""
    if not len(rows) or not off:
        return
    goods = ground.goods
    held: NDArray[np.float64] = goods.stock[rows] * goods.cost[rows]
    order = np.lexsort((goods.product_id[rows].astype(str), -held))
    for row in rows[order][:5]:
        listed = int(goods.price[row])
        lower = price(listed * (1 - off / 100))
        choice = ground.pick(
            ground.everything[row : row + 1], 1 - lower / listed, named=True, clear=ground.wants(Goal.CLEAR_STOCK)
        )
        if choice is not None and 0 < lower < listed:
            start = choice.window.start
            end = min(choice.window.end, start + timedelta(days=1))
            form = filled(
                choice, price=lower, start=start.isoformat(), end=end.isoformat(), units_per_order=2,
                orders=max(1, int(goods.stock[row] // 2)),
            )  # fmt: skip
            yield Draft(
                kind="flash_sale", form=form, choice=replace(choice, window=Window(start, end)), goal=Goal.CLEAR_STOCK,
                cut=1 - lower / listed, depth=1 - lower / listed, why=("lasts_for_months", "one_day_only"),
                numbers={**_figures(ground, choice.rows), "price_minor": lower, "list_minor": listed}, promise=0.6,
            )  # fmt: skip
            return


def _tagged(ground: Ground) -> Iterator[Draft]:
    marks = [{part.strip() for part in str(tags).split(",")} for tags in ground.goods.tags]
    for tag in TAGS:
        rows = np.flatnonzero([tag in mark for mark in marks]).astype(np.int64)
        clear, off = ground.wants(Goal.CLEAR_STOCK), _worst(ground, rows)
        choice = ground.pick(rows, off / 100, named=True, clear=clear) if len(rows) and off else None
        if choice is not None and len(choice.rows) == len(rows):
            yield Draft(
                kind="clearance", form={"off": str(off), "tag": tag}, choice=choice, goal=Goal.CLEAR_STOCK,
                cut=off / 100, depth=off / 100, why=("tagged_for_clearance",), numbers={"products": len(rows)},
                promise=0.6,
            )  # fmt: skip
