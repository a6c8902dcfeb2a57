"""Words: keywords tell texts apart, and vectors bring together what is written alike."""

import numpy as np
import pytest

from netlift.catalog.words import Texts, words
from netlift.errors import ConfigError

TOPICS = (
    ("tea", "green", "leaf", "cup", "aroma"),
    ("drill", "screw", "steel", "torque", "bit"),
    ("茶叶", "绿茶", "杯子"),
)


def written(seed: int = 0, texts: int = 300) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    of = rng.integers(0, 3, texts)
    rows = [
        " ".join([*rng.choice(TOPICS[topic], 3), *rng.choice(["the", "of", "new", "our"], 3), f"no{rng.integers(60)}"])
        for topic in of
    ]
    return rows, of


@pytest.mark.parametrize("dimensions", [3, 10, 500])
def test_texts_of_one_topic_lie_near_each_other(dimensions: int) -> None:
    texts, of = written()
    vectors = Texts.of(texts).vectors(dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose((vectors**2).sum(axis=1), 1, atol=1e-4)
    like = vectors @ vectors.T
    np.fill_diagonal(like, -1)
    assert np.mean(of[like.argmax(axis=1)] == of) > (
        0.97 if dimensions < 100 else 0.85
    )  # chance: a third; all dimensions keep the noise


def test_all_dimensions_keep_all_likeness() -> None:
    rows = Texts.of(written(1, 60)[0])
    vectors = rows.vectors(1000)
    np.testing.assert_allclose(vectors @ vectors.T, (rows.matrix @ rows.matrix.T).toarray(), atol=1e-4)


def test_vectors_are_the_same_again_and_follow_their_texts() -> None:
    texts, _ = written(2)
    rows = Texts.of(texts)
    assert rows.vectors(8).tobytes() == Texts.of(texts).vectors(8).tobytes()
    turned = Texts.of(texts[::-1]).vectors(8)[::-1]
    np.testing.assert_allclose(turned @ turned.T, rows.vectors(8) @ rows.vectors(8).T, atol=1e-3)


def test_keywords_are_rare_elsewhere_and_often_here() -> None:
    texts = ["the tea of the house", "the cup of the house", "the pot of the house, a teapot", None]
    assert [row[:1] for row in Texts.of(texts).keywords()] == [["tea"], ["cup"], ["a"], []]
    assert Texts.of(texts, least=3).vocabulary == ("house", "of", "the")
    assert Texts.of(texts, most=1).vocabulary == ("house",)
    assert words("a_b-c9") == ["a", "b", "c", "9"]


def test_nothing_written() -> None:
    for texts in ([], [None, ""], ["...", "!"]):
        rows = Texts.of(texts)
        assert rows.vectors(4).shape == (len(texts), 0)
        assert rows.keywords() == [[]] * len(texts)
    same = Texts.of(["tea", "tea", ""]).vectors(4)
    assert same.tolist() == [[1.0], [1.0], [0.0]]


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        Texts.of(["tea"], least=0)
    with pytest.raises(ConfigError, match="dimension"):
        Texts.of(["tea"]).vectors(0)
