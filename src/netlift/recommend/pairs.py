"""Steps of Bayesian personalised ranking, compiled."""

import numpy as np
from numba import njit


@njit(cache=True)
def _next(state):  # type: ignore[no-untyped-def]
    """The next of a sequence of 64 random bits (xorshift: Marsaglia 2003, doi:10.18637/jss.v008.i14)."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    return state ^ (state << np.uint64(17))


@njit(cache=True)
def _below(state, number):  # type: ignore[no-untyped-def]
    """A whole number below `number` from the upper bits."""
    return np.int64(((state >> np.uint64(32)) * np.uint64(number)) >> np.uint64(32))


@njit(cache=True)
def _has(places, item):  # type: ignore[no-untyped-def]
    at = np.searchsorted(places, item)
    return at < len(places) and places[at] == item


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"})
def passes(done, learned, times, pace, state):  # type: ignore[no-untyped-def]
    """Move factors and inclinations in place.

    Args:
        done: `indptr` and `indices` of the matrix, and the user of each interaction.
        learned: factors of users, of items, and inclinations to items.
        times: steps for each interaction.
        pace: rate and ridge.
        state: 64 bits, not all 0.
    """
    (starts, places, user), (users, items, inclined), (rate, ridge) = done, learned, pace
    one = np.float32(1)
    for _ in range(times * len(user)):
        state = _next(state)
        at = _below(state, len(user))
        state = _next(state)
        u, i, j = user[at], places[at], _below(state, len(items))
        if _has(places[starts[u] : starts[u + 1]], j):
            continue
        x, liked, other = users[u], items[i], items[j]
        ahead = inclined[i] - inclined[j]
        for k in range(len(x)):
            ahead += x[k] * (liked[k] - other[k])
        pull = one / (one + np.exp(ahead))
        for k in range(len(x)):
            own, good, bad = x[k], liked[k], other[k]
            x[k] += rate * (pull * (good - bad) - ridge * own)
            liked[k] += rate * (pull * own - ridge * good)
            other[k] += rate * (-pull * own - ridge * bad)
        inclined[i] += rate * (pull - ridge * inclined[i])
        inclined[j] += rate * (-pull - ridge * inclined[j])
