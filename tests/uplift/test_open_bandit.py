"""Policy values on a public log of 80 arms: what Thompson sampling would have earned where chance chose (ZOZO 2019)."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from netlift.uplift.estimate import mean_of
from netlift.uplift.policy import Log, influence, policy_value, policy_values

Floats = NDArray[np.float64]
Integers = NDArray[np.integer]
Drawer = np.random.Generator | np.random.RandomState
FOLDER = Path(__file__).parent / "data" / "open_bandit"
ARMS, POSITIONS, DRAWS = 80, 3, 100_000

RELATIVE = 1.198126
"""Value of Bernoulli Thompson sampling by inverse propensity weighting on the random log, divided by the mean clicks
of that log, as the quickstart of the Open Bandit Pipeline prints it (https://zr-obp.readthedocs.io, "1.198126...")."""

ON_POLICY = 42 / 10_000
"""Clicks per impression in the other log of the same days, obd/bts/all, which Thompson sampling itself gathered."""


class Bandit(NamedTuple):
    log: Log
    position: Integers
    """1, 2 or 3, shape (n,)."""
    policy: Floats
    """Chance of each arm under Thompson sampling, shape (n, 80)."""


def policy(position: Integers, rng: Drawer) -> Floats:
    """Chance of each arm at each impression's position, shape (n, 80).

    All arms are ordered by one draw each from their published prior, and this is simulated 100,000 times.
    """
    alpha, beta = prior()
    counts = np.zeros((ARMS, POSITIONS))
    for _ in range(10):
        drawn = rng.beta(alpha, beta, size=(DRAWS // 10, ARMS))
        best = np.argsort(-drawn, axis=1)[:, :POSITIONS]
        counts += np.column_stack([np.bincount(best[:, p], minlength=ARMS) for p in range(POSITIONS)])
    return (counts / DRAWS)[:, position - 1].T


def prior() -> tuple[Floats, Floats]:
    read = json.loads((FOLDER / "prior.json").read_text())
    return np.array(read["alpha"], dtype=np.float64), np.array(read["beta"], dtype=np.float64)


@pytest.fixture(scope="module")
def bandit() -> Bandit:
    table = pq.read_table(FOLDER / "random_all.parquet")
    action, position, click, propensity = (table[name].to_numpy() for name in table.column_names)
    assert set(propensity) == {1 / ARMS}  # the uniform policy gives every arm this chance, not only the logged one
    alpha, beta = prior()
    prediction = np.tile(alpha / (alpha + beta), (len(click), 1))  # known before the log began
    log = Log.of(click, action, np.full(ARMS, 1 / ARMS), prediction)
    # the quickstart's frozen generator and seed: drawing in batches gives the same stream
    published = np.random.RandomState(12345)
    return Bandit(log, position, policy(position, published))


def test_the_published_value_of_thompson_sampling(bandit):
    """Every printed digit, since the generator and seed are the published ones."""
    found = policy_value(bandit.log, bandit.policy, "ips")
    assert found.value.estimate / bandit.log.outcome.mean() == pytest.approx(RELATIVE, abs=1e-6)


def test_the_published_value_is_within_its_noise(bandit):
    """38 clicks do not show that the policy is better than chance, and do not contradict what it then earned."""
    y = bandit.log.outcome
    ratio = influence(bandit.log, bandit.policy, "ips").mean() / y.mean()
    terms = ratio + (influence(bandit.log, bandit.policy, "ips") - ratio * y) / y.mean()  # delta method
    relative = mean_of(terms, level=0.95, method="ips, relative")
    assert relative.estimate == pytest.approx(RELATIVE, abs=1e-6)
    assert relative.lower < 1 < relative.upper
    for found in policy_values(bandit.log, bandit.policy, ("ips", "snips", "dr", "switch-dr", "dros")).values():
        assert found.value.lower < ON_POLICY < found.value.upper


def test_weights_say_how_little_the_log_knows(bandit):
    """(sum w)^2 / sum w^2 by hand; no weight can pass 80 times the greatest chance."""
    found = policy_value(bandit.log, bandit.policy, "ips")
    w = ARMS * bandit.policy[np.arange(len(bandit.log.arm)), bandit.log.arm]
    assert found.effective == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert found.effective < len(w) / 6
    assert found.max_weight <= ARMS * bandit.policy.max()


def test_random_itself_is_worth_its_mean(bandit):
    same = np.full(bandit.policy.shape, 1 / ARMS)
    found = policy_value(bandit.log, same, "ips").value
    assert found.estimate == pytest.approx(38 / 10_000)
    assert found.se == pytest.approx(np.sqrt(0.0038 * 0.9962 / 9_999))


@pytest.mark.parametrize("seed", [1, 2])
def test_another_generator_gives_the_same_up_to_the_noise_of_its_draws(bandit, seed):
    """100,000 draws leave about .4 % of the ratio open (sd .0044 over 20 seeds), far less than the log itself does."""
    again = policy_value(bandit.log, policy(bandit.position, np.random.default_rng(seed)), "ips").value.estimate
    assert again / bandit.log.outcome.mean() == pytest.approx(RELATIVE, rel=0.02)
