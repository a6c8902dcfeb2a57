"""What is written of products: keywords, and texts as points that lie near each other where they mean alike."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError

_RUNS = re.compile(r"[\u3400-\u9fff]+|[^\W\d_\u3400-\u9fff]+|\d+")


def words(text: str) -> list[str]:
    """Words in small letters; where no spaces are written, every two signs that follow each other.

    >>> words("Grüner TEE, 250 g"), words("绿茶杯")
    (['grüner', 'tee', '250', 'g'], ['绿茶', '茶杯'])
    """
    found = []
    for run in _RUNS.findall(unicodedata.normalize("NFKC", text).casefold()):
        ideographs = "\u3400" <= run[0] <= "\u9fff" and len(run) > 1
        found += [run[i : i + 2] for i in range(len(run) - 1)] if ideographs else [run]
    return found


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts by the weights of their words."""

    vocabulary: tuple[str, ...]
    """Words in order."""
    rare: NDArray[np.float64]
    """What each word counts, 1 where all texts have it, shape (words,)."""
    matrix: Any
    """Weight of each word, CSR, shape (texts, words); rows have length 1, or 0 without words."""

    @classmethod
    def of(cls, texts: Sequence[str | None], least: int = 1, most: int = 20_000) -> "Texts":
        """Weigh words: `(1 + log count) log((1 + texts) / (1 + texts with it)) + 1`, rare ones counting more.

        Args:
            texts: such as name and description; None counts as empty.
            least: texts that a word must be in.
            most: words that are kept, those in most texts.

        Raises:
            ConfigError: least or most is below 1.
        """
        import scipy.sparse as sp

        if least < 1 or most < 1:
            raise ConfigError(f"least and most are at least 1, got {least} and {most}")
        counted = [Counter(words(text or "")) for text in texts]
        often = Counter(word for row in counted for word in row)
        wanted = (word for word in often if often[word] >= least)
        kept = sorted(sorted(wanted, key=lambda word: (-often[word], word))[:most])
        column = {word: k for k, word in enumerate(kept)}
        start, place, number = [0], [], []
        for row in counted:
            mine = sorted((column[word], count) for word, count in row.items() if word in column)
            place += [k for k, _ in mine]
            number += [count for _, count in mine]
            start.append(len(place))
        rare = np.array([np.log((1 + len(counted)) / (1 + often[word])) + 1 for word in kept])
        weight = (1 + np.log(np.array(number, np.float64))) * rare[np.array(place, np.int64)]
        row_of = np.repeat(np.arange(len(counted)), np.diff(start))
        length = np.sqrt(np.bincount(row_of, weight**2, minlength=len(counted)))
        data = weight / np.where(length > 0, length, 1.0)[row_of]
        matrix = sp.csr_array((data, np.array(place, np.int64), np.array(start)), shape=(len(counted), len(kept)))
        return cls(tuple(kept), rare, matrix)

    def keywords(self, n: int = 5) -> list[list[str]]:
        """What tells each text from others: its heaviest words, of equals the first; what all have counts nothing."""
        found = []
        weight = self.matrix.data * (1 - 1 / self.rare)[self.matrix.indices]
        for start, end in zip(self.matrix.indptr[:-1], self.matrix.indptr[1:], strict=True):
            order = np.lexsort((self.matrix.indices[start:end], -weight[start:end]))[:n]
            found.append([self.vocabulary[k] for k in self.matrix.indices[start:end][order]])
        return found

    def vectors(self, dimensions: int = 64) -> NDArray[np.float32]:
        """Texts as points by truncated singular values (Deerwester et al. 1990), of length 1, or 0 without words.

        Each axis points to where its largest part is positive, and figures are rounded to six digits, so that the same
        texts have the same vectors. Texts are near each other whose words are the same, or stand beside the same words.

        Args:
            dimensions: at most; fewer where texts or words are few.

        Returns:
            Shape (texts, dimensions).

        Raises:
            ConfigError: dimensions is below 1.
        """
        if dimensions < 1:
            raise ConfigError(f"vectors have a dimension at least, got {dimensions}")
        texts, known = self.matrix.shape
        count = min(dimensions, texts, known)
        if not count:
            return np.zeros((texts, 0), np.float32)
        if count == min(texts, known) or min(texts, known) <= 100:
            import scipy.linalg as la

            left, size, right = la.svd(self.matrix.toarray(), full_matrices=False)
        else:
            from scipy.sparse.linalg import svds

            left, size, right = svds(self.matrix, k=count, v0=np.ones(min(texts, known)))
        order = np.argsort(-size, kind="stable")[:count]
        left, size, right = left[:, order], size[order], right[order]
        # of parts that are equal but for rounding the first decides
        largest = np.argmax(np.round(np.abs(right), 9), axis=1)
        found = left * size * np.where(right[np.arange(count), largest] < 0, -1.0, 1.0)
        length = np.sqrt((found**2).sum(axis=1, keepdims=True))
        vectors: NDArray[np.float32] = np.round(found / np.where(length > 1e-9, length, np.inf), 6).astype(np.float32)
        return vectors + np.float32(0)  # no negative zeros
