"""Small changes of genomes and mixtures of two, for many at a time."""

import numpy as np

from netlift.allocation.search.question import Bools, Floats, Ints, Question

MOVES = ("change", "clear", "shift", "swap", "trade")
"""Kinds of neighbours; see `neighbours`."""


def drawn(question: Question, count: int, rng: np.random.Generator, filled: float = 0.3) -> Ints:
    """Genomes by chance in which a share of the places holds something, shape (count, places)."""
    held = 1 + np.floor(rng.random((count, question.places)) * (question.choices - 1)).astype(np.int64)
    kept = (rng.random((count, question.places)) < filled) & (question.choices > 1)
    return np.where(kept, held, 0)


def neighbours(question: Question, population: Ints, rng: np.random.Generator) -> Ints:
    """One neighbour of each genome, shape as given.

    change: one place holds something else. clear: one that held something holds nothing. shift: what one place holds
    moves along its line by one or two. swap: two places exchange what they hold. trade: one place is cleared and
    another filled. A number that the new place may not hold is cut to what it may.
    """
    count, places = population.shape
    found, who = population.copy(), np.arange(count)
    kind = rng.integers(0, len(MOVES), count)
    full = _some(population > 0, rng)
    place = np.where(kind == 0, rng.integers(0, places, count), full)
    other = np.where(kind == 2, _along(question, place, rng), rng.integers(0, places, count))
    held, there = population[who, place], population[who, other]
    new = _another(question, held, place, rng)
    found[who, place] = np.choose(kind, [new, 0, 0, there, 0])
    moves = (kind == 2) | (kind == 3)
    found[who[moves], other[moves]] = held[moves]
    trade = kind == 4
    fresh = 1 + np.floor(rng.random(count) * (question.choices[other] - 1)).astype(np.int64)
    found[who[trade], other[trade]] = fresh[trade]
    return np.minimum(found, question.choices - 1)


def _another(question: Question, held: Ints, place: Ints, rng: np.random.Generator) -> Ints:
    """Another number that a place may hold; the same where there is no other."""
    room = question.choices[place]
    step = 1 + np.floor(rng.random(len(held)) * np.maximum(room - 1, 1)).astype(np.int64)
    return (held + step) % room


def _some(mask: Bools, rng: np.random.Generator) -> Ints:
    """One place of each row by chance, of those that are marked if there are any."""
    key: Floats = np.where(mask, 1.0, 0.0) + rng.random(mask.shape)
    return np.asarray(np.argmax(key, axis=1), dtype=np.int64)


def _along(question: Question, place: Ints, rng: np.random.Generator) -> Ints:
    """A place one or two further on the same line, or before; the line's end stops it."""
    length = question.places // question.lines
    step = rng.choice(np.array([-2, -1, 1, 2]), len(place))
    return place // length * length + np.clip(place % length + step, 0, length - 1)


def crossed(question: Question, one: Ints, other: Ints, rng: np.random.Generator) -> Ints:
    """A child of each pair: place by place, or whole columns (weeks) or whole lines (shelves) from either parent."""
    count, places = one.shape
    length = places // question.lines
    each = rng.random((count, places)) < 0.5
    columns = np.tile(_span(count, length, rng), (1, question.lines))
    lines = np.repeat(rng.random((count, question.lines)) < 0.5, length, axis=1)
    way = rng.integers(0, 3, (count, 1))
    return np.where(np.where(way == 0, each, np.where(way == 1, columns, lines)), one, other)


def _span(count: int, length: int, rng: np.random.Generator) -> Bools:
    """A stretch of columns, shape (count, length)."""
    ends = np.sort(rng.integers(0, length + 1, (count, 2)), axis=1)
    column = np.arange(length)
    return (column >= ends[:, :1]) & (column < ends[:, 1:])
