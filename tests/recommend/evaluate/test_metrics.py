"""Figures by hand, against a slow writing-down of their definitions, and at their edges."""

import math

import numpy as np
import pytest
import scipy.sparse as sp

from netlift.errors import ConfigError
from netlift.recommend.evaluate.metrics import Measures, measure


def slowly(
    lists: list[list[int]], right: list[set[int]], had: list[set[int]], k: int, items: int
) -> dict[str, list[float]]:
    """Each definition, written with sets."""
    told: dict[str, list[float]] = {
        name: [] for name in ("precision", "recall", "ndcg", "average_precision", "f1", "accuracy")
    }
    told |= {"repeat_recall": [], "explore_recall": []}
    for row, good, old in zip(lists, right, had, strict=True):
        hits = [item in good for item in row]
        gains = sum(hit / math.log2(place + 2) for place, hit in enumerate(hits))
        best = sum(1 / math.log2(place + 2) for place in range(min(k, len(good))))
        told["precision"].append(sum(hits) / k if good else math.nan)
        told["recall"].append(sum(hits) / len(good) if good else math.nan)
        told["ndcg"].append(gains / best if good else math.nan)
        precisions = [sum(hits[: place + 1]) / (place + 1) for place, hit in enumerate(hits) if hit]
        told["average_precision"].append(sum(precisions) / len(good) if good else math.nan)
        told["f1"].append(2 * sum(hits) / (k + len(good)) if good else math.nan)
        decided = [(item in row) == (item in good) for item in range(items)]
        told["accuracy"].append(sum(decided) / items if good else math.nan)
        for name, part in (("repeat_recall", good & old), ("explore_recall", good - old)):
            told[name].append(len(part & set(row)) / len(part) if part else math.nan)
    return told


def matrix(sets: list[set[int]], items: int) -> "sp.csr_array":
    dense = np.zeros((len(sets), items))
    for row, some in zip(dense, sets, strict=True):
        row[list(some)] = 1
    return sp.csr_array(dense)


def test_figures_are_what_their_definitions_say() -> None:
    rng = np.random.default_rng(3)
    people, items, k = 200, 30, 7
    right = [set(rng.choice(items, rng.integers(0, 12), replace=False).tolist()) for _ in range(people)]
    had = [set(rng.choice(items, rng.integers(0, 9), replace=False).tolist()) for _ in range(people)]
    lists = [rng.choice(items, rng.integers(0, k + 1), replace=False).tolist() for _ in range(people)]
    padded = np.array([row + [-1] * (k - len(row)) for row in lists])
    found = measure(padded, matrix(right, items), matrix(had, items))
    for name, told in slowly(lists, right, had, k, items).items():
        np.testing.assert_allclose(getattr(found, name), told, rtol=1e-12, err_msg=name)
    shown = [item for row in lists for item in row]
    often = [sum(item in old for old in had) for item in range(items)]
    assert found.coverage == len(set(shown)) / items
    bits = [-math.log2((often[item] + 1) / (people + 1)) for item in shown]
    assert found.novelty == pytest.approx(sum(bits) / len(bits))


def test_a_perfect_list_has_every_figure_at_its_best() -> None:
    right, none = matrix([{4, 2}], 5), matrix([set()], 5)
    means = measure(np.array([[2, 4]]), right, none).means()
    assert [means[name] for name in ("precision", "recall", "f1", "accuracy", "ndcg", "map", "explore_recall")] == [
        1.0
    ] * 7
    assert math.isnan(means["repeat_recall"])


def test_order_counts_for_gain_and_average_precision_only() -> None:
    right, none = matrix([{4}], 5), matrix([set()], 5)
    first, last = (measure(np.array([row]), right, none).means() for row in ([4, 0, 1], [0, 1, 4]))
    assert last["ndcg"] == pytest.approx(first["ndcg"] / 2)
    assert last["map"] == pytest.approx(first["map"] / 3)
    assert (first["precision"], first["recall"]) == (last["precision"], last["recall"])


def test_who_has_nothing_right_counts_in_no_mean() -> None:
    right = matrix([{0}, set()], 3)
    found: Measures = measure(np.array([[0], [0]]), right, matrix([set(), set()], 3))
    assert found.means()["precision"] == 1.0
    nobody = measure(np.empty((0, 3), np.int64), sp.csr_array((0, 3)), sp.csr_array((0, 3)))
    assert math.isnan(nobody.means()["ndcg"])
    assert nobody.coverage == 0.0
    assert math.isnan(measure(np.empty((0, 3), np.int64), sp.csr_array((0, 0)), sp.csr_array((0, 0))).coverage)
    ended = measure(np.array([[-1, -1]]), matrix([{1}], 3), matrix([set()], 3))
    assert ended.means()["recall"] == 0.0


def test_lists_that_do_not_fit_are_refused() -> None:
    right = matrix([{0}], 3)
    for lists in (np.array([[0], [1]]), np.empty((1, 0), np.int64), np.array([0])):
        with pytest.raises(ConfigError, match="do not fit"):
            measure(lists, right, right)
    with pytest.raises(ConfigError, match="twice"):
        measure(np.array([[2, 2]]), right, right)
