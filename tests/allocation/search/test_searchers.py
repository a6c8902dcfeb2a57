"""Searchers against everything there is, against coordinate ascent, and against a proved bound."""

import numpy as np
import pytest

from netlift.allocation.optimiser import OPTIMISERS
from netlift.allocation.problem import Problem
from netlift.allocation.search.plain import PlainQuestion
from netlift.allocation.search.question import Question
from netlift.allocation.search.searcher import SEARCHERS, Found
from netlift.allocation.search.searchers.greedy import Greedy
from netlift.allocation.verify import recount
from netlift.errors import ConfigError, EstimationError
from tests.allocation.instances import instance
from tests.allocation.search.worlds import large, small

KINDS = ("genetic", "annealing")


def hits(kind: str, seeds: range, evaluations: int) -> float:
    """Share of small calendars whose best is found."""
    found = 0
    for seed in seeds:
        question = small(seed)
        best = SEARCHERS["exhaustive"]().search(question)
        assert best.proved
        assert best.feasible
        mine = SEARCHERS[kind]().search(question, seed=seed, evaluations=evaluations)
        assert mine.feasible
        assert mine.value <= best.value + 1e-9 * abs(best.value)
        found += mine.value >= best.value - 1e-9 * abs(best.value)
    return found / len(seeds)


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_of_small_calendars_is_found(kind):
    assert hits(kind, range(12), 1_500) >= 11 / 12


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_best_of_a_hundred_small_calendars_is_found_95_times(kind):
    assert hits(kind, range(100), 2_500) >= 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_large_calendars_come_out_better_than_by_coordinate_ascent(kind):
    gains = []
    for seed in range(3):
        question = large(seed, count=5, weeks=6)
        climbed = Greedy().search(question, seed=seed, evaluations=3_000)
        found = SEARCHERS[kind]().search(question, seed=seed, evaluations=3_000)
        assert found.feasible
        assert found.evaluations <= 3_000
        gains.append(found.value / climbed.value - 1)
    assert np.mean(gains) > 0


@pytest.mark.parametrize("kind", ["greedy", *KINDS])
def test_the_same_seed_gives_the_same_answer_and_the_trace_rises(kind):
    def once(seed: int) -> Found:
        return SEARCHERS[kind]().search(large(7, count=4, weeks=6), seed=seed, evaluations=1_200)

    one, again = once(3), once(3)
    assert one.best.tolist() == again.best.tolist()
    assert (one.value, one.evaluations, one.trace) == (again.value, again.evaluations, again.trace)
    values = [value for _, value in one.trace]
    assert values == sorted(values)
    assert values[-1] == one.value


@pytest.mark.parametrize("kind", ["greedy", *KINDS])
def test_what_it_begins_with_is_not_made_worse(kind):
    question = small(2)
    best = SEARCHERS["exhaustive"]().search(question)
    found = SEARCHERS[kind]().search(question, evaluations=40, begin=best.best)
    assert found.value == best.value


@pytest.mark.parametrize("kind", ["greedy", *KINDS])
@pytest.mark.parametrize("evaluations", [1, 2, 60])
def test_no_more_is_judged_than_was_allowed(kind, evaluations):
    found = SEARCHERS[kind]().search(small(5), evaluations=evaluations)
    assert found.evaluations <= evaluations
    assert found.feasible


@pytest.mark.parametrize("kind", sorted(SEARCHERS))
def test_nothing_to_choose(kind):
    class Empty(Question):
        def value(self, population):
            return np.zeros(len(population))

    for question in (Empty(np.zeros(0, np.int64)), Empty(np.ones(3, np.int64))):
        found = SEARCHERS[kind]().search(question, evaluations=10)
        assert (found.value, found.feasible, found.best.tolist()) == (0.0, True, [0] * question.places)


@pytest.mark.parametrize("kind", KINDS)
def test_where_nothing_is_allowed_the_least_wrong_is_said_to_be_wrong(kind):
    class Impossible(Question):
        rows = ("least",)

        def value(self, population):
            return population.sum(axis=1).astype(float)

        def use(self, population):
            return -population.sum(axis=1, keepdims=True).astype(float)

    found = SEARCHERS[kind]().search(Impossible(np.full(4, 3), limits=np.array([-20.0])), evaluations=800)
    assert not found.feasible
    assert found.best.tolist() == [2, 2, 2, 2]  # 8 of the 20 that are asked for


@pytest.mark.parametrize("kind", KINDS)
def test_optimisers_by_search_refuse_what_is_too_large_and_take_what_is_empty(kind):
    assert OPTIMISERS[kind]().solve(Problem.of(np.zeros((0, 2)))).value == 0
    with pytest.raises(EstimationError, match="use dual"):
        OPTIMISERS[kind]().solve(Problem.of(np.ones((5_000, 5))))


def test_too_large_to_look_at_all():
    with pytest.raises(EstimationError, match="too many to look at"):
        SEARCHERS["exhaustive"]().search(large(0))


def test_a_wrong_beginning_is_refused():
    with pytest.raises(ConfigError, match="whole numbers"):
        SEARCHERS["greedy"]().search(small(1), begin=np.array([99]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [3, 11, 19])
def test_plain_problems_come_near_their_proved_bound(kind, seed):
    """The dual's bound says how much could be left."""
    problem = instance(seed, customers=60)
    exact = OPTIMISERS["dual"]().solve(problem)
    found = OPTIMISERS[kind](seed=1, evaluations=4_000).solve(problem)
    assert not recount(problem, found).faults
    assert not found.relaxed
    assert exact.bound is not None
    assert 0.9 * exact.bound <= found.value <= exact.bound + 1


def test_a_plain_plan_survives_the_way_there_and_back():
    problem = instance(11, customers=40)  # two slots or more, several contacts
    chosen = OPTIMISERS["dual"]().solve(problem).chosen
    question = PlainQuestion(problem)
    genome = question.genome(chosen)
    assert question.result("same", genome).chosen.tolist() == chosen.tolist()
    assert question.value(genome[None])[0] * 1000 == problem.value[chosen].sum()


@pytest.mark.parametrize("seed", [3, 11, 17, 20])
def test_mended_plain_genomes_keep_the_plain_limits(seed):
    problem = instance(seed, customers=50)
    question = PlainQuestion(problem)
    rng = np.random.default_rng(seed)
    population = rng.integers(0, question.choices, (30, question.places))
    mended = question.mend(population, rng)
    least = np.array([row.minimum for row in problem.rows])
    use = question.use(mended)
    assert (use[:, ~least] <= question.limits[~least] + 1e-9).all()
    assert (question.broken(mended) == 0).all()
