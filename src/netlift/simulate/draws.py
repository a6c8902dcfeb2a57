"""Random numbers that are looked up, not drawn: a pure function of (seed, customer, day, purpose, lane).

The same question always has the same answer, whatever else the shop did, in any block and on any thread: that is
what makes the shop with and the shop without a promotion comparable to the cent (common random numbers).
The mixer is SplitMix64's finaliser (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195) for keys and a
32-bit two-round xor-shift multiply for the single numbers.
"""

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Floats32 = NDArray[np.float32]

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = 2**64 - 1
_LANE = np.uint32(0x9E3779B9)


def key_of(seed: int, *words: int | str) -> int:
    """A 64-bit key for a seed and a path of words."""
    key = _finalise(seed + _GOLDEN)
    for word in words:
        for part in word.encode() if isinstance(word, str) else (word,):
            key = _finalise((key ^ part) + _GOLDEN)
    return key


def keys_of(key: int, ids: NDArray[np.integer]) -> Keys:
    """One key for each id under a common key."""
    return mixed(ids.astype(np.uint64) * np.uint64(_GOLDEN) + np.uint64(key))


def under(keys: Keys, word: int) -> Keys:
    """The keys one step further down the path: the same word for all of them."""
    return mixed(keys + np.uint64(((word + 1) * _GOLDEN) & _MASK))


def mixed(x: Keys) -> Keys:
    """SplitMix64's finaliser, in place."""
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


def uniforms(keys: Keys, lanes: NDArray[np.integer]) -> Floats32:
    """Numbers in (0, 1) for each key and lane: lanes of shape (m,) give (n, m); of shape (n, m) give (n, m)."""
    low = keys.astype(np.uint32)[:, None]
    high = (keys >> np.uint64(32)).astype(np.uint32)[:, None]
    x = lanes.astype(np.uint32) * _LANE + low
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= high
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    x >>= np.uint32(9)  # 23 bits, so that the half added below is exact and 1 is never reached
    u = x.astype(np.float32)
    u += np.float32(0.5)
    u *= np.float32(2.0**-23)
    return u


def uniform(keys: Keys, word: int) -> Floats32:
    """One number in (0, 1) for each key and a common word."""
    x = under(keys, word) >> np.uint64(41)
    u = x.astype(np.float32)
    u += np.float32(0.5)
    u *= np.float32(2.0**-23)
    return u


def normal(u: Floats32) -> Floats32:
    """Standard normal quantiles of uniforms."""
    from scipy.special import ndtri

    return ndtri(u.astype(np.float64)).astype(np.float32)


def _finalise(x: int) -> int:
    x &= _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)
