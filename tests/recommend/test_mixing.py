"""Scores on one scale, beside NumPy."""

import numpy as np

from netlift.recommend.mixing import add_spread, moments


def test_rows_are_added_by_their_spread() -> None:
    rng = np.random.default_rng(1)
    to, scores = (rng.normal(3, 9, (20, 5_000)).astype(np.float32) for _ in range(2))
    scores[3] = np.float32(0.1)  # says nothing
    wanted = to.astype(np.float64)
    exact = scores.astype(np.float64)
    exact -= exact.mean(axis=1)[:, None]
    exact[3] = 0
    wanted += 0.25 * exact / np.maximum(np.sqrt((exact**2).mean(axis=1)), 1e-9)[:, None]
    before = to[3].copy()
    add_spread(to, scores, 0.25)
    np.testing.assert_allclose(to, wanted, rtol=1e-5, atol=1e-6)
    assert np.array_equal(to[3], before)


def test_equal_scores_and_no_scores_have_no_spread() -> None:
    middle, scale = moments(np.array([[2, 4], [7, 7]], np.float32))
    assert (middle.tolist(), scale.tolist()) == ([3, 7], [1, 0])
    assert moments(np.empty((2, 0), np.float32))[1].tolist() == [0, 0]
