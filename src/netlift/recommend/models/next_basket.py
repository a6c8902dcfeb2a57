"""What is in the next basket: trees that learn from earlier moments who came back for what (boosting, Friedman 2001).

At several moments of the past it is known what each customer had until then and what their next basket held. Trees
learn from habits (`habits`) how likely each product is to be in it; each basket weighs the same however many products
it holds, as it does in the mean recall of lists: counts that weigh lines alike learn from the large ones.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.recommend.habits import (
    CUSTOMER,
    GOODS,
    OWN,
    SIGNS,
    Baskets,
    Signs,
    baskets,
    customers,
    goods,
    lines_of,
    own,
    signs,
)
from netlift.recommend.ids import Ints
from netlift.recommend.interactions import Interactions
from netlift.recommend.popularity import Popularity
from netlift.recommend.recommender import RECOMMENDERS, Recommender, Scores

if TYPE_CHECKING:
    import pyarrow as pa
    from lightgbm import Booster

_DAY = 86_400_000_000
_CROWD, _LINES = 50_000, 5_000_000
"""Customers, and about how many of their events, from whom products are learned, at most: some 100 bytes an event."""
_BLOCK = 256
"""Customers whose habits are looked at a time."""
_CODES = [["nothing_known"], ["popular"], ["bought_again"], ["bought_again", "due"]]


@dataclass(kw_only=True)
class NextBasket(Recommender):
    """Chance of each product to be in a customer's next basket, by trees that were taught at earlier moments.

    Looked at are what the customer had lately and what is popular; all else comes behind them in the order of `repeat`.
    Where too little was bought again to learn from, `repeat` answers. Scores of one customer rise with the chance, but
    are none: baskets were weighed by their size. What is bought again must be allowed in lists, as for `repeat`. Learn
    from purchases alone: whatever else was done is taken for a basket. Learning holds up to some 600 MB for 3,000
    customers, and as much for the receipts of the crowd from which products are learned, however many there are.

    Args:
        moments: of the past to learn from, the latest first.
        every_days: between them; less where the past is short. Each asks for the first basket within twice as long.
        customers: whose baskets teach, at most, evenly spread over the ids.
        had: products of each customer that are looked at, those that they had often and lately.
        popular: products that are looked at for everybody.
        trees: that are added up.
        leaves: of a tree, at most.
        rate: share of each tree's answer that is added.
        least: products bought again in the baskets that teach; with fewer `repeat` answers.
        threads: for learning and asking; the answer is the same for every number.
        seed: of the draws of signs for each tree.
    """

    kind = "next_basket"
    again = purchases = True

    moments: int = 6
    every_days: float = 14.0
    customers: int = 3_000
    had: int = 60
    popular: int = 20
    trees: int = 150
    leaves: int = 15
    rate: float = 0.08
    least: int = 200
    threads: int = 1
    seed: int = 0

    def _fit(self) -> None:
        self._check()
        seen = self.seen_
        self.repeat_ = RECOMMENDERS["repeat"]().fit(seen, self.about_)
        self.now_ = int(seen.at.max()) + 1 if len(seen) else 0
        self.goods_, self.liked_ = self._goods(self.now_)
        self.trees_ = self._taught()

    def _check(self) -> None:
        counts = ("moments", "customers", "had", "popular", "trees", "threads")
        if min(getattr(self, name) for name in counts) < 1 or self.leaves < 2 or self.least < 1:
            raise ConfigError(f"{', '.join(counts)} and least of next_basket are 1 or more, leaves 2 or more")
        if not 0 < self.every_days < np.inf or not 0 < self.rate <= 1:
            raise ConfigError(
                f"every_days of next_basket is above 0 and its rate within 0..1, got {self.every_days} and {self.rate}"
            )

    def _taught(self) -> "Booster | None":
        """Trees; None where too little came true."""
        import lightgbm

        lessons = [self._lesson(moment, until) for moment, until in self._moments()]
        again = [right[X[:, SIGNS.index("times")] > 0] for X, right, _ in lessons]
        if sum(int(one.sum()) for one in again) < self.least:
            return None
        X, right, weight = (np.concatenate(part) for part in zip(*lessons, strict=True))
        settings = {
            "objective": "binary", "learning_rate": self.rate, "num_leaves": self.leaves, "feature_fraction": 0.6,
            "min_data_in_leaf": max(5, min(200, len(right) // 500)), "lambda_l2": 5.0, "seed": self.seed,
            "num_threads": self._threads(len(right)), "deterministic": True, "force_row_wise": True, "verbosity": -1,
        }  # fmt: skip
        data = lightgbm.Dataset(X, right, weight=weight, params={"verbosity": -1}, feature_name=list(SIGNS))
        return lightgbm.train(settings, data, num_boost_round=self.trees)

    def _threads(self, rows: int) -> int:
        """For few rows one: LightGBM's threads wait for each other longer than they work."""
        return min(self.threads, 1 + rows // 50_000)

    def _moments(self) -> list[tuple[int, int]]:
        """When to learn, the latest first, and until when the first basket counts."""
        if not len(self.seen_):
            return []
        past = self.now_ - int(self.seen_.at.min())
        step = int(min(self.every_days * _DAY, past / (self.moments + 2)))
        begins = [self.now_ - step * back for back in range(1, self.moments + 1)]
        return [(begin, min(begin + 2 * step, self.now_)) for begin in begins]

    def _lesson(self, moment: int, until: int) -> tuple[Signs, NDArray[np.float32], NDArray[np.float32]]:
        """Signs, whether it came true, and weights."""
        seen = self.seen_
        known, liked = self._goods(moment)
        users = _evenly(seen, self.customers)
        users = users[seen.at[seen.starts[users]] < moment]
        line, row = lines_of(seen, users, moment, until)
        first = np.full(len(users), until)
        np.minimum.at(first, row, seen.at[line])
        kept = seen.at[line] == first[row]
        came = np.unique(row[kept] * len(known) + seen.item[line[kept]])
        size = np.bincount(came // len(known), minlength=len(users))
        row, item, X = self._looked_at(baskets(seen, users[size > 0], moment), known, liked)
        row = np.flatnonzero(size > 0)[row]
        right = np.isin(row * len(known) + item, came).astype(np.float32)
        return X, right, (1 / size[row]).astype(np.float32)

    def _goods(self, moment: int) -> tuple[Signs, Ints]:
        """What is known of products, and the popular ones, as of a moment."""
        seen = self.seen_
        active = int(np.count_nonzero(np.diff(seen.starts)))
        most = min(_CROWD, max(1, active * _LINES // max(len(seen), 1)))
        known = goods(baskets(seen, _evenly(seen, most), moment))
        lately = known[:, GOODS.index("popular_alone")]
        best = np.lexsort((np.arange(len(known)), -lately))
        return known, best[: min(self.popular, int((lately > 0).sum()))]

    def _looked_at(self, told: Baskets, known: Signs, liked: Ints) -> tuple[Ints, Ints, Signs]:
        """Customers who have receipts and products to look at, in order, and their signs."""
        mine, many = own(told, known), max(len(known), 1)
        near = mine.signs[:, OWN.index("place")] < self.had
        had = mine.row[near] * many + mine.item[near]
        keys = np.unique(np.concatenate([had, np.add.outer(np.unique(told.of) * many, liked).ravel()]))
        row, item = keys // many, keys % many
        return row, item, signs(mine, customers(told), known, row, item)

    def _score(self, users: Ints) -> Scores:
        scores = self.repeat_._score(users)
        if self.trees_ is None:
            return scores
        for start in range(0, len(users), _BLOCK):
            self._put(self.trees_, users[start : start + _BLOCK], scores[start : start + _BLOCK])
        return scores

    def _put(self, trees: "Booster", users: Ints, scores: Scores) -> None:
        """Chances of what is looked at; the scores of all else are brought below them."""
        row, item, X = self._looked_at(baskets(self.seen_, users, self.now_), self.goods_, self.liked_)
        if not len(row):
            return
        chance = np.asarray(trees.predict(X, num_threads=self._threads(len(X))), np.float32)
        least = np.full(len(users), np.inf, np.float32)
        np.minimum.at(least, row, chance)
        scores *= np.where(np.isfinite(least), least, 1)[:, None]
        scores[row, item] = chance

    def popularity(self) -> Popularity:
        """That of `repeat`."""
        return self.repeat_.popularity()

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """Bought again, and due where at the next basket as much time as usual will have passed; or popular."""
        told = self.reason_lists(np.array([user]), items, np.array([0, len(items)]))
        return [tuple(why) for why in told.to_pylist()]

    def reason_lists(self, users: Ints, items: Ints, starts: Ints) -> "pa.ListArray":
        """The same of many lists."""
        import pyarrow as pa

        code = (self.popularity().everybody[items] > 0).astype(np.int64)
        for start in range(0, len(users), _BLOCK):
            ends = starts[start : start + _BLOCK + 1]
            row = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
            told = baskets(self.seen_, users[start : start + _BLOCK], self.now_)
            mine, between = own(told, self.goods_), customers(told)[:, CUSTOMER.index("between")]
            place, had = mine.find(row, items[ends[0] : ends[-1]])
            its = mine.signs[place[had]]
            due = its[:, OWN.index("since")] + between[row[had]] >= its[:, OWN.index("gap")]
            code[ends[0] : ends[-1]][had] = 2 + due
        return pa.array(_CODES, pa.list_(pa.string())).take(pa.array(code))


def _evenly(seen: Interactions, most: int) -> Ints:
    """So many customers who did something, at most, evenly spread over their ids."""
    known = np.flatnonzero(np.diff(seen.starts) > 0)
    return known[np.unique(np.linspace(0, len(known) - 1, min(most, len(known))).astype(np.int64))]
