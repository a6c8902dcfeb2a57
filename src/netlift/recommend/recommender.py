"""What every recommender does: learn from interactions, score goods for customers, and list the best that may be shown.

A customer of whom the model knows nothing, such as one who never did anything, gets what is popular, among people like
them where their segment is known, and is told so; where nothing was ever done, goods come in the order of their ids.
Goods that score 0, for which nothing speaks, come by how popular they are. No question ends in an exception for what it
names: an unknown customer is a new one, and unknown goods have no score.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError, NotFittedError
from netlift.recommend.about import About
from netlift.recommend.ids import Ints
from netlift.recommend.interactions import Interactions
from netlift.recommend.listing import lists
from netlift.recommend.popularity import Popularity
from netlift.recommend.rank import Shelf
from netlift.recommend.rules import Rules
from netlift.registry import Registry

if TYPE_CHECKING:
    import pyarrow as pa

Scores = NDArray[np.float32]
BLOCK = 1024
"""Customers that are scored at a time."""


@dataclass(kw_only=True)
class Recommender(ABC):
    """Base of all; its fields are what can be tuned, whatever ends in `_` was learned."""

    kind: ClassVar[str]
    again: ClassVar[bool] = False
    """Whether it is about what is bought again, so that lists without what was bought before are of little use."""
    purchases: ClassVar[bool] = False
    """Whether it must learn from purchases alone."""

    def fit(self, seen: Interactions, about: About | None = None) -> Self:
        """Learn.

        Args:
            seen: what was done; may be empty.
            about: what else is known of goods and customers.
        """
        self.seen_, self.about_ = seen, about or About()
        self.__dict__.pop("counted_", None)
        self._fit()
        return self

    @abstractmethod
    def _fit(self) -> None:
        """Learn from `self.seen_` and `self.about_`."""

    @abstractmethod
    def _score(self, users: Ints) -> Scores:
        """Scores of all items for users of `seen_` by position, shape (users, items); higher is better."""

    def knows(self, users: Ints) -> NDArray[np.bool_]:
        """Of which users of `seen_` by position more can be said than of anybody, shape (users,).

        The others are newcomers in lists. Here: who did something; models that make use of what is known about
        customers say more.
        """
        starts = self._learned().starts
        return starts[users + 1] > starts[users]

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """Why these items, for one user by position: codes, some with what they are about behind a colon."""
        del user
        return [(self.kind,)] * len(items)

    def reason_lists(self, users: Ints, items: Ints, starts: Ints) -> "pa.ListArray":
        """Reasons of many items at once, for models that can tell them faster than one customer after the other.

        Args:
            users: by position.
            items: those of the first user, then those of the next.
            starts: where the items of each user begin, shape (users + 1,).

        Returns:
            Lists of strings, shape (items,).
        """
        import pyarrow as pa

        told: list[tuple[str, ...]] = []
        for user, low, high in zip(users.tolist(), starts[:-1].tolist(), starts[1:].tolist(), strict=True):
            told += self.reasons(user, items[low:high])
        return pa.array([list(why) for why in told], pa.list_(pa.string()))

    def popularity(self) -> Popularity:
        """What newcomers are shown; counted once."""
        seen = self._learned()
        counted: tuple[Interactions, Popularity] | None = getattr(self, "counted_", None)
        if counted is None or counted[0] is not seen:
            self.counted_ = counted = (seen, Popularity.learned(seen, self.about_))
        return counted[1]

    def score(self, users: Sequence[str], items: Sequence[str] | None = None) -> Scores:
        """How much customers may want goods, shape (users, items).

        Scores of different customers or models cannot be compared. What is not known scores NaN.

        Args:
            users: ids.
            items: ids; None: all, in the order of `seen_.items`.

        Raises:
            NotFittedError: `fit` was not called.
        """
        seen = self._learned()
        place = seen.users.positions(users)
        columns = np.arange(len(seen.items)) if items is None else seen.items.positions(items)
        found = np.full((len(place), len(columns)), np.nan, np.float32)
        for part in _blocks(np.flatnonzero(place >= 0), BLOCK):
            found[part] = np.where(columns >= 0, self._score(place[part])[:, columns], np.nan)
        return found

    def recommend(
        self,
        users: Sequence[str] | None = None,
        n: int = 10,
        rules: Rules | Shelf | None = None,
        *,
        block: int = BLOCK,
        had: Interactions | None = None,
    ) -> "pa.Table":
        """The best goods for customers, `n` each as long as so many may be shown.

        Args:
            users: ids, in any order; None: all that are known.
            n: length of a list.
            rules: what may be shown; a `rank.Shelf` has it looked up already, for many questions one after the other.
            block: customers that are scored at a time, at most; fewer where goods are very many.
            had: what counts as bought, of the same users and items; None: all that was learned from, views as well.

        Returns:
            `schema.RECOMMENDATIONS`, by customer in the order given, then rank.

        Raises:
            NotFittedError: `fit` was not called.
            ConfigError: `n` is below 1, or `had` has other users or items.
        """
        seen = self._learned()
        if n < 1 or block < 1:
            raise ConfigError(f"a list has at least one place and a block one customer, got n = {n}, block = {block}")
        if had is not None and (len(had.users), len(had.items)) != (len(seen.users), len(seen.items)):
            raise ConfigError("what counts as bought must have the users and items that were learned from")
        return lists(self, users, n, rules or Rules(), seen if had is None else had, block=block)

    def _learned(self) -> Interactions:
        seen: Interactions | None = getattr(self, "seen_", None)
        if seen is None:
            raise NotFittedError(f"{type(self).__name__} has learned nothing yet: call fit first")
        return seen


def _blocks(places: Ints, size: int) -> Iterator[Ints]:
    for start in range(0, len(places), size):
        yield places[start : start + size]


RECOMMENDERS: Registry[Recommender] = Registry(
    "netlift.recommend.models",
    Recommender,  # type: ignore[type-abstract]
    "netlift.recommenders",
)
"""All of them by kind."""
