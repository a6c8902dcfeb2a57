"""Segments: planted ones are found, a crowd without any is called so, and new customers get the same answer."""

import json
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from netlift.errors import ConfigError, EstimationError
from netlift.profiles.segments import choose
from netlift.profiles.segments.choose import Candidate, best, nearest, silhouette
from netlift.profiles.segments.scale import Scale
from netlift.profiles.segments.segmentation import Segmentation

Floats = NDArray[np.float64]

NAMES = ("recency_days", "orders", "discount_share")
CENTRES = np.array([[0.0, 0, 0], [6, 0, 0], [0, 6, 0], [0, 0, 6]])


def planted(sizes: tuple[int, ...], seed: int) -> tuple[Floats, NDArray[np.int64]]:
    """Round clouds of unit variance, 6 or more apart, mixed; and which cloud each customer is of."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return CENTRES[truth] + rng.normal(size=(len(truth), 3)), truth


def same_parts(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Share of customers on whom two partitions agree, if each part of one is called after its commonest in other."""
    table = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(table, (one, other), 1)
    return float(table.max(axis=1).sum() / len(one))


@pytest.mark.parametrize("sizes", [(100, 100, 100, 100), (400, 120, 60, 40), (100, 100, 100)])
def test_planted_segments_are_found_with_their_number(sizes: tuple[int, ...]) -> None:
    """Clouds of equal and of very unequal sizes; 98 % of the customers are where they were planted."""
    X, truth = planted(sizes, seed=1)
    found = Segmentation.fit(X, NAMES, counts=range(2, 6))
    assert len(found.segments) == len(sizes)
    assert found.distinct
    assert same_parts(found.assign(X), truth) > 0.98
    assert [one.customers for one in found.segments] == sorted((one.customers for one in found.segments), reverse=True)


@pytest.mark.parametrize("kind", ["round", "long", "square", "skewed", "halved", "counts"])
def test_a_crowd_without_segments_is_called_so(kind: str) -> None:
    """One cloud of each kind: normal, long and thin, uniform, log-normal, half-normal, Poisson counts; three seeds."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        cloud = rng.normal(size=(300, 2))
        X = {
            "round": cloud,
            "long": cloud * [10, 1] @ [[0.8, 0.6], [-0.6, 0.8]],
            "square": rng.uniform(size=(300, 2)),
            "skewed": np.exp(cloud + 5),
            "halved": np.abs(cloud),
            "counts": rng.poisson(8.0, size=(300, 2)),
        }[kind]
        found = Segmentation.fit(X, ["a", "b"], counts=(2, 3, 4))
        assert not found.distinct, seed
        assert "no distinct segments shown" in found.says()
        assert "未能证实" in found.says("zh-CN")


def test_segments_that_make_up_the_covariance_are_distinct() -> None:
    """Two kinds of customers, told apart by discounts alone: a long cloud is cut as well, but has no valley."""
    rng = np.random.default_rng(1)
    share = np.append(rng.beta(2, 18, 150), rng.beta(14, 6, 250))
    X = np.column_stack([rng.poisson(10, 400), share, rng.exponential(20, 400)])
    found = Segmentation.fit(X, NAMES, counts=(2, 3))
    assert len(found.segments) == 2
    assert found.distinct
    assert found.valley > choose.VALLEY
    assert found.chosen.silhouette < found.clouds


def test_one_crowd_has_no_valley() -> None:
    """Normal clouds of 200 customers in two and six columns, cut into 2 to 4: not one valley in 60 at the 1 % level."""
    with choose.one_thread():
        found = [
            choose.valley(np.random.default_rng(seed).normal(size=(200, columns)), k, seed=seed)
            for seed in range(10)
            for columns in (2, 6)
            for k in (2, 3, 4)
        ]
    assert max(found) < choose.VALLEY


def test_new_customers_are_measured_by_the_scale_of_the_fit() -> None:
    """One customer alone is put where the same customer was put among all, and absurd values move nobody else."""
    X, _ = planted((100, 100), seed=2)
    found = Segmentation.fit(X, NAMES, counts=[2])
    whole = found.assign(X, NAMES)
    assert [int(found.assign(row[None])[0]) for row in X[:20]] == whole[:20].tolist()
    wild = np.vstack([X, np.full((1, 3), 1e12)])
    assert found.assign(wild)[:-1].tolist() == whole.tolist()


def test_it_is_the_same_twice_and_after_json() -> None:
    X, _ = planted((120, 80, 60), seed=3)
    found = Segmentation.fit(X, NAMES, counts=range(2, 5))
    again = Segmentation.fit(X, NAMES, counts=range(2, 5))
    text = json.dumps(found.to_dict(), ensure_ascii=False, allow_nan=False)
    assert json.dumps(again.to_dict(), ensure_ascii=False) == text
    back = Segmentation.from_dict(json.loads(text))
    assert json.dumps(back.to_dict(), ensure_ascii=False) == text
    assert back.assign(X).tolist() == found.assign(X).tolist()
    assert (back.says(), back.distinct) == (found.says(), found.distinct)


def test_the_centres_are_the_means_of_their_customers() -> None:
    """K-means has come to rest: no customer is nearer to another centre, and the objective is that of the centres."""
    X, _ = planted((120, 80, 60), seed=4)
    found = Segmentation.fit(X, NAMES, counts=[3])
    Z, labels = found.scale.apply(X), found.assign(X)
    means = np.vstack([Z[labels == i].mean(axis=0) for i in range(3)])
    assert found.centres == pytest.approx(means, abs=1e-12)
    assert found.inertia == pytest.approx(((Z[:, None] - found.centres) ** 2).sum(axis=2).min(axis=1).sum())


def test_a_huge_order_does_not_make_a_segment() -> None:
    X, _ = planted((100, 100, 100), seed=5)
    X[0] = 1e9
    found = Segmentation.fit(X, NAMES, counts=range(2, 6))
    assert len(found.segments) == 3


def test_constant_columns_are_left_out_and_named() -> None:
    X, truth = planted((100, 100), seed=6)
    wide = np.column_stack([X, np.full(200, 7.0), np.append(np.ones(1), np.zeros(199))])
    found = Segmentation.fit(wide, [*NAMES, "channels", "contacts_30"], counts=[2, 3])
    assert found.scale.constant == ("channels", "contacts_30")
    assert same_parts(found.assign(wide), truth) > 0.95
    assert found.segments[0].mean["channels"] == 7.0
    assert set(found.segments[0].difference) == set(NAMES)


def test_the_table_adds_up() -> None:
    """Sizes, shares, means and medians are those of the customers assigned, in the features' own units."""
    X, _ = planted((150, 100, 50), seed=7)
    X[:, 1] = np.exp(X[:, 1])
    found = Segmentation.fit(X, NAMES, counts=[3])
    labels = found.assign(X)
    assert sum(one.customers for one in found.segments) == 300
    assert sum(one.share for one in found.segments) == pytest.approx(1.0)
    for one in found.describe(X):
        own = X[labels == one.number]
        assert one == found.segments[one.number]
        assert one.customers == len(own)
        assert list(one.mean.values()) == pytest.approx(own.mean(axis=0).tolist())
        assert list(one.median.values()) == pytest.approx(np.median(own, axis=0).tolist())


def test_an_empty_segment_is_described_without_a_warning() -> None:
    X, _ = planted((100, 100), seed=8)
    found = Segmentation.fit(X, NAMES, counts=[2])
    only = X[found.assign(X) == 0]
    empty = found.describe(only)[1]
    assert (empty.customers, empty.share) == (0, 0.0)
    assert np.isnan(empty.mean["orders"])


def test_many_customers_are_parted_by_a_sample_and_settled_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """With limits of 100 and 200 customers for search and starts, 2,000 customers get the same segments."""
    X, truth = planted((900, 700, 400), seed=9)
    monkeypatch.setattr(choose, "HALF", 100)
    monkeypatch.setattr(choose, "SAMPLE", 150)
    monkeypatch.setattr("netlift.profiles.segments.segmentation.STARTED", 200)
    found = Segmentation.fit(X[np.argsort(truth)], NAMES, counts=range(2, 6))
    assert len(found.segments) == 3
    assert same_parts(found.assign(X), truth) > 0.98


@pytest.mark.parametrize(
    ("X", "names", "error"),
    [
        (np.ones((49, 2)), ["a", "b"], "at least 50 customers, got 49"),
        (np.ones((60, 2)), ["a", "b"], "nothing to tell"),
        (np.ones((60, 2)), ["a"], "a column for each name"),
        (np.ones((60, 2)), ["a", "a"], "a stand more than once"),
        (np.full((60, 1), np.nan), ["a"], "'a' is NaN or infinite in row 0"),
        (np.empty((0, 1)), ["a"], "got 0"),
        ([["x"]], ["a"], "must hold numbers"),
    ],
)
def test_what_cannot_be_parted_is_refused(X: object, names: list[str], error: str) -> None:
    with pytest.raises(EstimationError, match=error):
        Segmentation.fit(X, names)  # type: ignore[arg-type]


def test_numbers_of_segments_that_make_no_sense_are_refused() -> None:
    X, _ = planted((60,), seed=1)
    for counts, error in (([], "2 or more"), ([1, 2], "2 or more"), ([9], "too few for 9 segments")):
        with pytest.raises(ConfigError, match=error):
            Segmentation.fit(X, NAMES, counts=counts)


def test_assigning_other_features_is_refused() -> None:
    X, _ = planted((60, 60), seed=1)
    found = Segmentation.fit(X, NAMES, counts=[2])
    with pytest.raises(EstimationError, match="not those of the fit"):
        found.assign(X, NAMES[::-1])
    with pytest.raises(EstimationError, match="customers, 3"):
        found.assign(X[:, :2])


def test_two_kinds_of_customers_make_two_segments() -> None:
    """Only two different rows exist: no more than two segments can be asked for, and nothing warns."""
    found = Segmentation.fit(np.repeat([[0.0, 1.0], [1.0, 0.0]], 60, axis=0), ["a", "b"])
    assert [one.customers for one in found.segments] == [60, 60]
    assert [one.k for one in found.candidates] == [2]


def test_a_rare_kind_of_customer_does_not_warn() -> None:
    """Three kinds, one of them carried by three customers of 200: halves may lack it, and nothing is shown then."""
    X = np.repeat([[0.0, 1.0], [1.0, 0.0], [5.0, 5.0]], [100, 97, 3], axis=0)
    for seed in range(5):
        found = Segmentation.fit(X, ["a", "b"], counts=[2, 3], seed=seed)
        assert sum(one.customers for one in found.segments) == 200
        with choose.one_thread():
            assert choose.valley(found.scale.apply(X), 4, seed=seed) == 0.0


def test_the_rule_of_the_number() -> None:
    """Stable ones first, then apart; without a stable one, those near the most stable; ties go to fewer segments."""
    a, b, c = Candidate(2, 0.85, 0.02, 0.3), Candidate(3, 0.81, 0.02, 0.4), Candidate(4, 0.79, 0.02, 0.9)
    assert best([a, b, c]) == b
    shaky = [Candidate(2, 0.60, 0.05, 0.3), Candidate(3, 0.56, 0.05, 0.4), Candidate(4, 0.50, 0.05, 0.9)]
    assert best(shaky).k == 3
    assert best([Candidate(2, 0.9, 0.0, 0.5), Candidate(3, 0.9, 0.0, 0.5)]).k == 2


def test_the_silhouette_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import silhouette_score

    rng = np.random.default_rng(0)
    Z, labels = rng.normal(size=(80, 3)), np.append(rng.integers(0, 4, 79), 4)  # the last one is alone
    assert silhouette(choose.distances(Z), labels) == pytest.approx(silhouette_score(Z, labels))
    assert silhouette(choose.distances(Z), np.zeros(80, dtype=np.int64)) == 0.0
    assert silhouette(np.zeros((4, 4)), np.array([0, 0, 1, 1])) == 0.0


def test_the_nearest_centre_is_the_nearest() -> None:
    rng = np.random.default_rng(0)
    Z, centres = rng.normal(size=(200, 3)), rng.normal(size=(5, 3))
    assert nearest(Z, centres).tolist() == ((Z[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1).tolist()


def test_the_scale_by_hand() -> None:
    """A skewed column is put on a logarithmic scale, a symmetric one is not; the order of customers is kept."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.lognormal(8, 1.5, 1000), rng.normal(50, 10, 1000), -rng.lognormal(0, 1, 1000)])
    scale = Scale.fit(X, ["spend_minor", "age_days", "below_zero"])
    assert [column.log for column in scale.columns] == [True, False, False]
    Z = scale.apply(X)
    assert np.abs(Z).max() <= 3.0 + 1e-12
    assert Z[:, :2].mean(axis=0) == pytest.approx([0, 0], abs=0.02)
    assert Z[:, :2].std(axis=0) == pytest.approx([1, 1], abs=0.02)
    for j in range(3):
        assert all(a <= b for a, b in pairwise(Z[np.argsort(X[:, j]), j]))
    assert Scale.from_dict(json.loads(json.dumps(scale.to_dict()))) == scale
    assert scale.apply(np.array([[-5.0, 50.0, 1.0]]))[0, 0] == pytest.approx(Z[:, 0].min())  # below 0 counts as 0
