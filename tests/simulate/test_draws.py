"""Looked-up random numbers: uniform, independent, and the same whenever the same question is asked."""

import numpy as np

from netlift.simulate.draws import key_of, keys_of, normal, under, uniform, uniforms

N = 200_000
KEYS = keys_of(key_of(7, "test"), np.arange(N))


def test_a_number_depends_on_its_own_question_only() -> None:
    """Any part of a table of numbers is the same as in the whole table."""
    whole = uniforms(KEYS[:100], np.arange(10))
    part = uniforms(KEYS[40:50], np.arange(3, 7))
    assert np.array_equal(whole[40:50, 3:7], part)
    assert np.array_equal(uniforms(KEYS[:100], np.tile(np.arange(10), (100, 1))), whole)


def test_numbers_fill_the_open_unit_interval_evenly() -> None:
    """Mean, variance and 16 equal bins within five standard errors."""
    u = uniforms(KEYS, np.arange(8)).ravel()
    assert 0 < u.min() < u.max() < 1
    assert abs(u.mean() - 0.5) < 5 / np.sqrt(12 * len(u))
    counts = np.bincount((u * 16).astype(int), minlength=16)
    assert np.abs(counts - len(u) / 16).max() < 5 * np.sqrt(len(u) / 16)
    v = uniform(KEYS, 3)
    assert abs(v.mean() - 0.5) < 5 / np.sqrt(12 * N)


def test_lanes_words_and_neighbours_are_not_correlated() -> None:
    """All pairs of ten streams, and each with its neighbour's, within five standard errors of zero."""
    streams = np.column_stack([uniforms(KEYS, np.arange(4)), *(uniform(under(KEYS, w), 0) for w in range(6))])
    correlation = np.corrcoef(streams.T) - np.eye(10)
    assert np.abs(correlation).max() < 5 / np.sqrt(N)
    shifted = [np.corrcoef(column[:-1], column[1:])[0, 1] for column in streams.T]
    assert np.abs(shifted).max() < 5 / np.sqrt(N)


def test_keys_tell_words_seeds_and_orders_apart() -> None:
    keys = {
        key_of(1),
        key_of(2),
        key_of(1, "a"),
        key_of(1, "b"),
        key_of(1, 1),
        key_of(1, "a", "b"),
        key_of(1, "b", "a"),
    }
    assert len(keys) == 7
    assert len(np.unique(KEYS)) == N


def test_normal_numbers_have_the_normal_quantiles() -> None:
    """Standard normal: P(z < 1.6449) = 0.95."""
    z = normal(uniform(KEYS, 0))
    assert abs((z < 1.6449).mean() - 0.95) < 5 * np.sqrt(0.95 * 0.05 / N)
    assert abs(z.std() - 1) < 0.01
