"""Assignment by salted hash: stable, fair, independent between tests."""

import hashlib

import numpy as np
import pytest

from netlift.errors import ConfigError
from netlift.experiments.assign import assign, assign_all, held_out, position
from netlift.experiments.srm import sample_ratio


def test_position_is_the_first_eight_bytes_of_sha256():
    """The rule in the docstring, so that another system can reproduce an assignment."""
    digest = hashlib.sha256(b"spring\x1fcustomer-7").hexdigest()
    assert position("customer-7", "spring") == int(digest[:16], 16)


def test_the_same_unit_always_gets_the_same_arm():
    """Fixed answers: a change here would reshuffle running tests."""
    arms = {"control": 1, "coupon": 1}
    assert [a.arm for a in assign_all(["1", "2", "3", "4", "5"], "spring", arms)] == [
        "control",
        "coupon",
        "coupon",
        "coupon",
        "coupon",
    ]


def test_shares_follow_the_weights():
    arms = {"control": 2, "small": 3, "large": 5}
    drawn = assign_all(map(str, range(20_000)), "t", arms)
    names = [a.arm for a in drawn]
    assert sample_ratio({arm: names.count(arm) for arm in arms}, arms).p_value > 0.001
    assert {a.arm: a.propensity for a in drawn} == {"control": 0.2, "small": 0.3, "large": 0.5}


def test_two_tests_do_not_share_their_arms():
    """Correlation of two assignments of 20,000 units is zero within 3.5 standard errors."""
    both = [[assign(str(i), salt, {"a": 1, "b": 1}).arm == "a" for i in range(20_000)] for salt in ("x", "y")]
    assert abs(np.corrcoef(both)[0, 1]) < 3.5 / np.sqrt(20_000)


def test_a_growing_hold_out_keeps_its_members():
    small = {i for i in range(5000) if held_out(str(i), "g", 50)}
    large = {i for i in range(5000) if held_out(str(i), "g", 100)}
    assert small < large
    assert not any(held_out(str(i), "g", 0) for i in range(100))
    assert all(held_out(str(i), "g", 1000) for i in range(100))


@pytest.mark.parametrize("arms", [{}, {"a": 0}, {"a": 0.5}, {"a": True}])
def test_weights_must_be_positive_whole_numbers(arms):
    with pytest.raises(ConfigError, match="positive whole"):
        assign("1", "s", arms)


def test_hold_out_is_between_nothing_and_all():
    with pytest.raises(ConfigError, match="thousandths"):
        held_out("1", "s", 1001)
