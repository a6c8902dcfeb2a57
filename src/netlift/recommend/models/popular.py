"""What most people want, of late, among people alike."""

from dataclasses import dataclass

from netlift.recommend.ids import Ints
from netlift.recommend.popularity import Popularity
from netlift.recommend.recommender import Recommender, Scores


@dataclass(kw_only=True)
class Popular(Recommender):
    """Sums of weights, halved for every half-life that lies between an event and the last one.

    Args:
        half_life_days: None: what is old counts as much.
        least: events of a segment from which on it has a list of its own; below, everybody's counts in proportion.
    """

    kind = "popular"

    half_life_days: float | None = 30.0
    least: int = 200

    def _fit(self) -> None:
        self.popularity_ = Popularity.learned(
            self.seen_, self.about_, half_life_days=self.half_life_days, least=self.least
        )

    def _score(self, users: Ints) -> Scores:
        return self.popularity_.shares[self.popularity_.of[users]]

    def popularity(self) -> Popularity:
        """Its own."""
        return self.popularity_

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """Popular, or nothing known where nobody ever did anything."""
        del user
        return self.popularity_.reasons(items)
