"""What customers did, one thing after the other, cut into lines that fit the network."""

from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from netlift.recommend.ids import Ints
from netlift.recommend.interactions import Interactions


class Lines(NamedTuple):
    """Events by customer, in their order."""

    item: Ints
    """Places among the goods that anybody met, shape (events,)."""
    weight: NDArray[np.float32]
    starts: Ints
    """Where each customer's events begin, shape (customers + 1,)."""

    @classmethod
    def of(cls, seen: Interactions, met: Ints, rng: np.random.Generator | None = None) -> Self:
        """From events; what was done at one time comes by chance, or by id.

        Goods of one basket have no order. If they always came by id, the network would learn that, and nothing else.

        Args:
            seen: events of goods in `met`.
            met: places of goods, rising.
            rng: draws the order of what was done at one time; None: as in `seen`, which is by id.
        """
        order = slice(None) if rng is None else np.lexsort((rng.random(len(seen)), seen.at, seen.user))
        return cls(np.searchsorted(met, seen.item[order]), seen.weight[order], seen.starts)

    def last(self, most: int) -> "Cuts":
        """The last events of everybody who did something, at most so many."""
        ends, size = self.starts[1:], np.minimum(np.diff(self.starts), most)
        return Cuts((ends - size)[size > 0], size[size > 0])


class Cuts(NamedTuple):
    """Parts of `Lines`; each reads from `first` on, and what comes next is one further."""

    first: Ints
    size: Ints

    def batches(self, size: int) -> Iterator["Cuts"]:
        """So many at a time."""
        for start in range(0, len(self.first), size):
            yield Cuts(self.first[start : start + size], self.size[start : start + size])

    def places(self) -> tuple[Ints, NDArray[np.bool_]]:
        """Places of events, and which of them count: lines begin at the left, and what follows their end does not."""
        column = np.arange(self.size.max(initial=0))
        counts = column < self.size[:, None]
        return np.where(counts, self.first[:, None] + column, 0), counts


def cut(starts: Ints, length: int, rng: np.random.Generator) -> Cuts:
    """All that has something next, each once, in lines of at most `length`; where long ones are cut is drawn.

    Args:
        starts: as in `Lines`.
        length: of the longest line.
        rng: draws.

    Returns:
        Cuts by customer, in order.
    """
    pairs = np.maximum(np.diff(starts) - 1, 0)
    early = np.where(pairs > length, rng.integers(0, length, len(pairs)), 0)
    number = (pairs + early + length - 1) // length
    owner = np.repeat(np.arange(len(pairs)), number)
    turn = np.arange(len(owner)) - np.repeat(np.cumsum(number) - number, number)
    low = np.maximum(turn * length - early[owner], 0)
    high = np.minimum((turn + 1) * length - early[owner], pairs[owner])
    return Cuts(starts[owner] + low, high - low)
