"""The how-to for a new family of models is run as it is printed, and held to the contract of all families."""

import re
import sys
from types import ModuleType

import pytest

from netlift.profiles.propensity.choose import choose
from netlift.profiles.propensity.family import FAMILIES, Task

from . import test_propensity_explain as explained
from . import test_propensity_families as contract
from .propensity_worlds import made, purchases


@pytest.fixture
def kind(repository, monkeypatch):
    """The family that the page prints, known to the program as if it lay in the folder."""
    page = (repository / "docs" / "howto" / "new-model-family.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert found is not None
    module = ModuleType("new_model_family")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # dataclasses look their module up
    exec(compile(found[1], "new-model-family.md", "exec"), module.__dict__)  # noqa: S102 - our own page
    family = module.NaiveBayes
    monkeypatch.setitem(FAMILIES._load(), family.kind, family)
    return family.kind


def test_the_example_keeps_the_contract(kind):
    task = Task.CLASSIFICATION
    contract.test_answers_are_finite_probabilities_in_range_and_the_same_for_the_same_seed(kind, task)
    contract.test_a_planted_tendency_is_found(kind)
    contract.test_on_noise_it_stays_near_one_number_for_everybody(kind, task)
    contract.test_a_constant_column_a_single_column_and_nothing_but_constants(kind, task)
    contract.test_a_handful_of_rows_is_enough_to_answer(kind, task)
    contract.test_what_cannot_be_answered_is_refused(kind, task)
    contract.test_one_class_is_nothing_to_learn_from(kind)
    contract.test_inputs_are_left_as_they_were(kind, task)
    contract.test_the_search_space_names_settings_and_holds_those_it_starts_with(kind)
    contract.test_a_family_that_scales_gives_the_same_answer_in_any_unit(kind, task)
    explained.test_contributions_sum_to_the_raw_score(kind, task)
    for high in (False, True):
        contract.test_both_ends_of_the_search_space_can_be_fitted(kind, high)


def test_the_example_is_chosen_among_the_others(kind):
    table = choose([made(kind), made("logistic")], purchases(3)).table
    assert {row.family.kind for row in table} == {"naive_bayes", "logistic"}
