"""What is like what somebody had, by what is known of products: goods that are new are reached as well."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.recommend.ids import Ints
from netlift.recommend.models._neighbours import Sparse, summed, weighted
from netlift.recommend.popularity import Popularity
from netlift.recommend.recommender import Recommender, Scores

if TYPE_CHECKING:
    import pyarrow as pa

_RUNS = re.compile(r"[\u3400-\u9fff]+|[^\W\d_\u3400-\u9fff]+|\d+")


@dataclass(kw_only=True)
class Content(Recommender):
    """Likeness of each product to what the customer had.

    By `words` of `text` and `tags` (rare ones count more), by `attributes` (category, brand, class of price), by
    `vector`, or by all of them; or `learned`: what they say of how people buy, as a ridge regression of the factors of
    what was bought on what is known (Gantner et al. 2010, doi:10.1109/ICDM.2010.129). A customer who has nothing yet
    is taken at the categories that they named, and at what is popular if they named none.

    Args:
        by: what is compared.
        features: words, and attributes, at most: those of most products.
        factors: of what was bought; for `learned`.
        ridge: penalty of squared weights; for `learned`.
        popular: what the most popular product gains; keeps equals from coming by their ids.
    """

    kind = "content"

    by: Literal["all", "words", "attributes", "vector", "learned"] = "all"
    features: int = 2_000
    factors: int = 32
    ridge: float = 1.0
    popular: float = 0.02

    def _fit(self) -> None:
        import scipy.sparse as sp

        if self.features < 1 or self.factors < 1 or not self.ridge > 0:
            raise ConfigError("content needs features and factors of at least 1, and a ridge above 0")
        self.popularity_ = Popularity.learned(self.seen_, self.about_)
        rows, self.categories_ = self._rows()
        matrix = self.seen_.matrix
        self.new_ = np.bincount(matrix.indices, minlength=matrix.shape[1]) == 0
        self.rows_: Any = self._learned_rows(rows) if self.by == "learned" else rows
        self.turned_: Any = sp.csr_array(self.rows_.T)
        self._name_categories(matrix)
        highest = float(self.popularity_.everybody.max(initial=0.0)) or 1.0
        self.gain_ = (self.popularity_.everybody / highest * self.popular).astype(np.float32)

    def _rows(self) -> tuple[Sparse, NDArray[np.object_]]:
        """Of each product what is known, as rows of length 1 or 0, and its category."""
        import scipy.sparse as sp

        items, about = self.seen_.items, self.about_.items
        categories = np.full(len(items), None, dtype=object)
        if about is None:
            return sp.csr_array((len(items), 0), dtype=np.float32), categories
        place = items.positions(about["product_id"])
        about, place = about.take(np.flatnonzero(place >= 0)), place[place >= 0]
        if "category" in about.column_names:
            categories[place] = about["category"].to_pylist()
        groups = []
        if self.by in ("all", "words", "learned"):
            groups.append(_table([_words(row) for row in _texts(about)], place, len(items), self.features))
        if self.by in ("all", "attributes", "learned"):
            groups.append(_table(_attributes(about), place, len(items), self.features))
        if self.by in ("all", "vector", "learned") and "vector" in about.column_names:
            groups.append(_vectors(about["vector"].to_pylist(), place, len(items)))
        if not groups:
            return sp.csr_array((len(items), 0), dtype=np.float32), categories
        return weighted(sp.hstack(groups, format="csr"), "cosine"), categories

    def _learned_rows(self, rows: Sparse) -> Sparse:
        """Factors of all products, as far as they follow from what is known of them."""
        import scipy.linalg as la
        import scipy.sparse as sp

        had = weighted(self.seen_.matrix, "cosine")
        count = min(self.factors, min(had.shape) - 1)
        if count < 1 or not had.nnz or not rows.shape[1]:
            return rows
        small = min(had.shape) <= 200
        if small:
            _, size, turned = la.svd(had.toarray().astype(np.float64), full_matrices=False)
        else:
            from scipy.sparse.linalg import svds

            _, size, turned = svds(had.astype(np.float64), k=count, v0=np.ones(min(had.shape)))
        order = np.argsort(-size, kind="stable")[:count]
        wanted = (turned[order] * size[order, None]).T[~self.new_]
        known = sp.csr_array(rows[~self.new_].astype(np.float64))
        gram = (known.T @ known).toarray()
        gram[np.diag_indices(len(gram))] += self.ridge
        weights = la.solve(gram, known.T @ wanted, assume_a="pos")
        # six digits: however sums were split among threads
        return weighted(sp.csr_array(np.round(rows @ weights, 6).astype(np.float32)), "cosine")

    def _name_categories(self, matrix: Any) -> None:
        """Which categories customers without purchases named, and what their goods are like in sum."""
        import scipy.sparse as sp

        names = sorted({str(one) for one in self.categories_ if one is not None})
        column = {name: k for k, name in enumerate(names)}
        goods = [(column[str(one)], item) for item, one in enumerate(self.categories_) if one is not None]
        kind, item = np.array(goods, np.int64).reshape(-1, 2).T
        shape = (len(names), matrix.shape[1])
        self.kinds_: Any = sp.csr_array((np.ones(len(goods), np.float32), (kind, item)), shape=shape) @ self.rows_
        users, pairs = self.about_.users, list[tuple[int, int]]()
        if users is not None and "categories" in users.column_names:
            known = np.diff(self.kinds_.indptr) > 0
            place = self.seen_.users.positions(users["customer_id"]).tolist()
            pairs = [
                (user, column[name])
                for user, named in zip(place, users["categories"].to_pylist(), strict=True)
                if user >= 0 and named and matrix.indptr[user] == matrix.indptr[user + 1]
                for name in sorted(set(named) - {None})
                if name in column and known[column[name]]
            ]
        user, kind = np.array(pairs, np.int64).reshape(-1, 2).T
        liked = (np.ones(len(pairs), np.float32), (user, kind))
        self.named_: Any = sp.csr_array(liked, shape=(matrix.shape[0], len(names)))

    def _profiles(self, users: Ints) -> Sparse:
        """What customers had, or the goods of the categories that they named, in sum; shape (users, features)."""
        return self.seen_.matrix[users] @ self.rows_ + self.named_[users] @ self.kinds_

    def _score(self, users: Ints) -> Scores:
        mine = weighted(self._profiles(users), "cosine")
        scores = summed(mine, np.arange(len(users)), self.turned_)
        scores += self.gain_
        return scores

    def knows(self, users: Ints) -> NDArray[np.bool_]:
        """Who did something, or named categories that there are."""
        return super().knows(users) | (self.named_.indptr[users + 1] > self.named_.indptr[users])

    def popularity(self) -> Popularity:
        """What newcomers are shown."""
        return self.popularity_

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """What the customer had that is most alike to each, or its category; and that it is new."""
        matrix = self.seen_.matrix
        had = matrix.indices[matrix.indptr[user] : matrix.indptr[user + 1]]
        near = (self.rows_[items] @ self.rows_[had].T).toarray() if len(had) else np.zeros((len(items), 0))
        liked = (self.rows_[items] @ self._profiles(np.array([user])).T).toarray()[:, 0] > 0
        bought = {self.categories_[item] for item in had}
        told: list[tuple[str, ...]] = []
        code: tuple[str, ...]
        for k, item in enumerate(items):
            if len(had) and near[k].max() > 0:
                code = (f"similar_to:{self.seen_.items.names_of([int(had[near[k].argmax()])])[0]}",)
                if self.categories_[item] is not None and self.categories_[item] in bought:
                    code += ("in_your_categories",)
            else:
                code = ("in_your_categories",) if liked[k] else self.popularity_.reasons(np.array([item]))[0]
            told.append((*code, "new_item") if self.new_[item] and code != ("nothing_known",) else code)
        return told


def _words(text: str) -> list[str]:
    """Words of a text: letters or digits that stand together, and pairs of signs where no spaces are written."""
    found = []
    for run in _RUNS.findall(unicodedata.normalize("NFKC", text).casefold()):
        if "\u3400" <= run[0] <= "\u9fff" and len(run) > 1:
            found += [run[i : i + 2] for i in range(len(run) - 1)]
        else:
            found.append(run)
    return found


def _texts(about: "pa.Table") -> list[str]:
    rows = [""] * about.num_rows
    for name in ("text", "tags"):
        if name in about.column_names:
            for i, told in enumerate(about[name].to_pylist()):
                rows[i] += " " + (told if isinstance(told, str) else " ".join(part for part in told or () if part))
    return rows


def _attributes(about: "pa.Table") -> list[list[str]]:
    """Category, brand, and which twofold of price."""
    rows: list[list[str]] = [[] for _ in range(about.num_rows)]
    for name in ("category", "brand", "price_minor"):
        if name in about.column_names:
            for row, told in zip(rows, about[name].to_pylist(), strict=True):
                if told is not None:
                    row.append(f"{name}:{int(told).bit_length() if name == 'price_minor' else told}")
    return rows


def _table(rows: Sequence[Iterable[str]], place: Ints, items: int, most: int) -> Sparse:
    """Which product has which word how often, rare words counting more, rows of length 1."""
    import scipy.sparse as sp

    counted = [Counter(row) for row in rows]
    often = Counter(word for row in counted for word in row)
    kept = sorted(often, key=lambda word: (-often[word], word))[:most]
    column = {word: k for k, word in enumerate(sorted(kept))}
    cells = [
        (item, column[word], number)
        for item, row in zip(place.tolist(), counted, strict=True)
        for word, number in sorted(row.items())
        if word in column
    ]
    row_of, column_of, number = np.array(cells, np.float64).reshape(-1, 3).T
    where = (row_of.astype(np.int64), column_of.astype(np.int64))
    found = sp.csr_array((1 + np.log(number), where), shape=(items, len(column)))
    return weighted(found, "tfidf")


def _vectors(rows: Sequence[Sequence[float] | None], place: Ints, items: int) -> Sparse:
    """Vectors of products, of length 1; products without one have zeros."""
    import scipy.sparse as sp

    sizes = {len(row) for row in rows if row is not None}
    if len(sizes) > 1:
        raise ConfigError(f"vectors of products have different lengths: {sorted(sizes)}")
    found = np.zeros((items, max(sizes, default=0)), np.float32)
    for item, row in zip(place.tolist(), rows, strict=True):
        if row is not None:
            found[item] = np.nan_to_num(np.asarray(row, np.float32), posinf=0.0, neginf=0.0)
    return weighted(sp.csr_array(found), "cosine")
