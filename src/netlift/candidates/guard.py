"""Guard windows: goods rest for some days after a promotion, so that shoppers do not learn to wait for the next.

A past promotion that everybody met, or a large part of the customers, guards its goods against whatever is public; one
that everybody met guards them against personal offers too. A personal one guards the people whom it reached: personal
offers on the same goods leave them out (`Candidate.resting`).
"""

from collections.abc import Sequence

import numpy as np

from netlift.candidates.catalogue import Bools, Goods, Ints
from netlift.candidates.past import Past

BROAD = 0.2
"""Share of active customers from which on a past promotion counts as met by everybody."""


class Guard:
    """Past promotions beside the goods of a catalogue.

    Args:
        goods: of the catalogue.
        past: promotions that had begun.
        days: for which goods rest after a promotion.
    """

    def __init__(self, goods: Goods, past: Sequence[Past], days: int) -> None:
        self.days = days
        self._past, self._goods = tuple(past), goods
        names = goods.product_id.astype(str)
        self._on = {one.offer_id: _rows(one, names) for one in self._past}
        self._free = {personal: self._free_from(personal) for personal in (False, True)}

    def free_from(self, *, personal: bool) -> Ints:
        """First day on which each of the goods may be on offer again, shape (n,); 0: any."""
        return self._free[personal]

    def resting(self, rows: Ints, day: int) -> tuple[str, ...]:
        """Personal promotions on any of these goods whose customers still rest on a day, by id."""
        found = {
            one.promotion_id
            for one in self._past
            if one.personal and one.end_day + self.days > day and self._on[one.offer_id][rows].any()
        }
        return tuple(sorted(found))

    def _free_from(self, personal: bool) -> Ints:
        free = np.zeros(self._goods.size, dtype=np.int64)
        for one in self._past:
            if one.reach >= BROAD and not (personal and one.personal):
                on = self._on[one.offer_id]
                free[on] = np.maximum(free[on], one.end_day + self.days)
        return free


def _rows(one: Past, names: "np.ndarray[tuple[int], np.dtype[np.str_]]") -> Bools:
    if not one.products:
        return np.ones(len(names), dtype=bool)
    found: Bools = np.isin(names, np.array(sorted(one.products), dtype=str))
    return found
