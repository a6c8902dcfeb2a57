"""The best of a block of customers under the rules, compiled; each row by itself: one answer on any number of threads.

One pass over a row holds each score against the worst of those taken so far; what variety needs is chosen among the
best of the row, and among more of them only where these do not do.
"""

import os
from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads rest between blocks; see `allocation.kernel`

Ints = NDArray[np.int64]
Places = NDArray[np.int32]
Bools = NDArray[np.bool_]
POOL = 10
"""Where variety counts, so many times n of the best are looked at."""
CHUNK = 8
"""Customers that a thread takes at a time; so many or fewer are answered without waking others."""
ALLOW, EXCLUDE, ONLY = range(3)


class Goods(NamedTuple):
    """What rules say of goods, shape (items,) each."""

    allowed: Bools
    again: Bools
    """Goods that having been bought does not leave out."""
    category: Ints
    """-1: unknown, which is like no other."""
    margin: NDArray[np.float32]
    """0..1."""


class Own(NamedTuple):
    """What concerns customers of a block, row by row; `x_starts` says where the x of each row begin."""

    starts: Places
    """Where the goods of each user of the matrix begin, shape (users + 1,)."""
    had: Places
    user: Ints
    """Place of each row in the matrix; -1: nothing bought."""
    hidden_starts: Ints
    hidden: Ints
    """Goods that one customer is not shown."""
    tired_starts: Ints
    tired: Ints
    """Goods shown without an answer."""
    faded: NDArray[np.float64]
    """What these times leave of each score."""


class Knobs(NamedTuple):
    """The rules' numbers."""

    bought: int
    diversity: float
    most: int
    """Of one category; 0: no limit."""
    margin: float
    scaled: bool
    """Whether scores are brought to 0..1 first."""


@njit(cache=True)
def worse(values, a, b):  # type: ignore[no-untyped-def]
    """Whether the value at `a` comes after that at `b`; of equals the later place does."""
    return values[a] < values[b] or (values[a] == values[b] and a > b)


@njit(cache=True)
def sink(values, heap, at, size):  # type: ignore[no-untyped-def]
    """Put the place at `at` where it belongs below; the worst is on top."""
    while True:
        low = 2 * at + 1
        if low >= size:
            return
        if low + 1 < size and worse(values, heap[low + 1], heap[low]):
            low += 1
        if not worse(values, heap[low], heap[at]):
            return
        heap[at], heap[low] = heap[low], heap[at]
        at = low


@njit(cache=True)
def highest(values, may, heap):  # type: ignore[no-untyped-def]
    """Write the places of the highest values that may be taken to `heap`, best first, and give their number.

    Of equal values the first comes first; NaN is never taken.
    """
    size, i = 0, 0
    while size < len(heap) and i < len(values):
        if may[i] and not np.isnan(values[i]):
            heap[size] = i
            size += 1
        i += 1
    for at in range(size // 2 - 1, -1, -1):
        sink(values, heap, at, size)
    if size:
        worst = values[heap[0]]
        for k in range(i, len(values)):
            if values[k] > worst and may[k]:
                heap[0] = k
                sink(values, heap, 0, size)
                worst = values[heap[0]]
    for end in range(size - 1, 0, -1):
        heap[0], heap[end] = heap[end], heap[0]
        sink(values, heap, 0, end)
    return size


@njit(cache=True)
def _worths(scores, may, goods, mine, knobs, to):  # type: ignore[no-untyped-def]
    """Scores at 0..1 among what may be shown, changed by margin and fatigue."""
    low, high, (own, row) = np.inf, -np.inf, mine
    for i in range(len(scores)):
        if may[i] and not np.isnan(scores[i]):
            low, high = min(low, np.float64(scores[i])), max(high, np.float64(scores[i]))
    for i in range(len(scores)):
        to[i] = scores[i]
        if knobs.scaled and not np.isnan(scores[i]):
            to[i] = (to[i] - low) / (high - low) if high > low else 1.0
            if knobs.margin > 0:
                to[i] = (1 - knobs.margin) * to[i] + knobs.margin * goods.margin[i]
    for k in range(own.tired_starts[row], own.tired_starts[row + 1]):
        to[own.tired[k]] *= own.faded[k]


@njit(cache=True)
def _pick(order, state, worth, category, knobs, seen):  # type: ignore[no-untyped-def]
    """Which of the first `window` that are free adds most, -1 if none is, and at how many was looked."""
    count, window = seen
    at, best, looked = -1, -np.inf, 0
    for k in range(len(order)):
        if looked == window:
            break
        if not state[k]:
            looked += 1
            kind = category[order[k]]
            alike = 1.0 if kind >= 0 and count[kind] > 0 else 0.0
            value = (1 - knobs.diversity) * worth[order[k]] - knobs.diversity * alike
            if at < 0 or value > best:
                at, best = k, value
    return at, looked


@njit(cache=True)
def _varied(order, whole, worth, category, knobs, taken):  # type: ignore[no-untyped-def]
    """Maximal marginal relevance, with goods of one category as alike; -1 if more than `order` must be looked at.

    What a category's limit struck out comes back where the list would not be full.
    """
    count = np.zeros(category.max() + 1 if len(category) else 0, np.int64)
    state = np.zeros(len(order), np.int8)  # 0 free, 1 taken, 2 struck out by the limit
    size, window = 0, POOL * len(taken)
    for relaxed in range(2):
        first = 0
        while size < len(taken):
            while first < len(order) and state[first]:
                first += 1
            at, looked = _pick(order[first:], state[first:], worth, category, knobs, (count, window))
            if looked < window and not whole:
                return -1
            if at < 0:
                break
            at += first
            kind = category[order[at]]
            if relaxed == 0 and knobs.most and kind >= 0 and count[kind] >= knobs.most:
                state[at] = 2
                continue
            state[at], taken[size] = 1, order[at]
            size += 1
            if kind >= 0:
                count[kind] += 1
        state[state == 2] = 0
    return size


@njit(cache=True)
def _mark(may, goods, own, row, knobs):  # type: ignore[no-untyped-def]
    """Strike out, or with `ONLY` let in, what concerns this customer alone."""
    user = own.user[row]
    if user >= 0 and knobs.bought != ALLOW:
        for k in range(own.starts[user], own.starts[user + 1]):
            i = own.had[k]
            may[i] = goods.allowed[i] and (knobs.bought == ONLY or goods.again[i])
    for k in range(own.hidden_starts[row], own.hidden_starts[row + 1]):
        may[own.hidden[k]] = False


@njit(cache=True)
def _unmark(may, goods, own, row, knobs):  # type: ignore[no-untyped-def]
    user = own.user[row]
    if user >= 0 and knobs.bought != ALLOW:
        for k in range(own.starts[user], own.starts[user + 1]):
            may[own.had[k]] = goods.allowed[own.had[k]] and knobs.bought != ONLY
    for k in range(own.hidden_starts[row], own.hidden_starts[row + 1]):
        may[own.hidden[k]] = goods.allowed[own.hidden[k]] and knobs.bought != ONLY


@njit(cache=True)
def part(span, scores, goods, own, knobs, found):  # type: ignore[no-untyped-def]
    """Rows from one to before another of `rank`."""
    (low, high), (best, worth) = span, found
    may = goods.allowed.copy()
    if knobs.bought == ONLY:
        may[:] = False
    plain = not (knobs.scaled or knobs.most)
    worths = np.empty(0 if plain else scores.shape[1])
    for row in range(low, high):
        mine = scores[row]
        _mark(may, goods, own, row, knobs)
        if plain:
            size = highest(mine, may, best[row])
            for k in range(size):
                worth[row, k] = mine[best[row, k]]
        else:
            _worths(mine, may, goods, (own, row), knobs, worths)
            size = _chosen(worths, may, goods, knobs, best[row])
            for k in range(size):
                worth[row, k] = worths[best[row, k]]
        best[row, size:] = -1
        _unmark(may, goods, own, row, knobs)


@njit(cache=True)
def _chosen(worths, may, goods, knobs, best):  # type: ignore[no-untyped-def]
    if not (knobs.diversity > 0 or knobs.most):
        return highest(worths, may, best)
    items, look = len(worths), 3 * POOL * len(best)
    can = 0
    for i in range(items):
        can += may[i] and not np.isnan(worths[i])
    while True:
        heap = np.empty(min(look, items), np.int64)
        found = highest(worths, may, heap)
        size = _varied(heap[:found], found == can, worths, goods.category, knobs, best[: min(len(best), can)])
        if size >= 0:
            return size
        look *= 8


@njit(cache=True, parallel=True)
def _together(scores, goods, own, knobs, best, worth):  # type: ignore[no-untyped-def]
    rows = len(scores)
    for chunk in prange((rows + CHUNK - 1) // CHUNK):
        part((chunk * CHUNK, min(rows, (chunk + 1) * CHUNK)), scores, goods, own, knobs, (best, worth))


@njit(cache=True, parallel=True)
def _leading(scores, more, may, best):  # type: ignore[no-untyped-def]
    for chunk in prange((len(scores) + CHUNK - 1) // CHUNK):
        whole = np.empty(scores.shape[1], np.float32)
        for row in range(chunk * CHUNK, min(len(scores), (chunk + 1) * CHUNK)):
            whole[:] = scores[row]
            if len(more):
                whole += more[row]
            best[row, highest(whole, may, best[row]) :] = -1


def leading(scores: NDArray[np.float32], n: int, more: NDArray[np.float32] | None = None) -> Ints:
    """Places of the n highest of each row, of equals the first, without any rules.

    Args:
        scores: shape (rows, items); NaN is left out.
        n: length of the lists.
        more: is added to them; None: nothing.

    Returns:
        Shape (rows, n), best first; -1 where nothing is left.

    >>> leading(np.array([[1, 3, np.nan, 3, 2]], np.float32), 5).tolist()
    [[1, 3, 4, 0, -1]]
    """
    best = np.empty((len(scores), n), np.int64)
    added = np.empty((0, scores.shape[1]), np.float32) if more is None else more
    _leading(np.ascontiguousarray(scores, np.float32), added, np.ones(scores.shape[1], np.bool_), best)
    return best


def rank(scores: NDArray[np.float32], goods: Goods, own: Own, knobs: Knobs, n: int) -> tuple[Ints, NDArray[np.float32]]:
    """Places of the best goods of each row, and what they are worth.

    Args:
        scores: shape (customers, items); NaN is never shown, and nothing else than numbers may stand there.
        goods: of all items.
        own: of these customers.
        knobs: the rules' numbers.
        n: as many at most.

    Returns:
        Shape (customers, min(n, items)) each, best first; where nothing is left -1, with any worth.
    """
    shape = (len(scores), min(n, scores.shape[1]))
    best, worth = np.empty(shape, np.int64), np.zeros(shape, np.float32)
    if len(scores) > CHUNK:
        _together(scores, goods, own, knobs, best, worth)
    else:
        part((0, len(scores)), scores, goods, own, knobs, (best, worth))
    return best, worth
