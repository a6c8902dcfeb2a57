"""Plain problems by a genetic algorithm and by simulated annealing: to compare with, not to plan with.

They begin with the most value per use and prove nothing. Where values are sums over customers, prices (`dual`) are
quicker and better; where they are not, write a `search.question.Question` of your own.
"""

from netlift.allocation.optimiser import Optimiser
from netlift.allocation.problem import Problem
from netlift.allocation.result import Result
from netlift.allocation.search.plain import PlainQuestion
from netlift.allocation.search.searcher import EVALUATIONS, SEARCHERS
from netlift.errors import EstimationError

LARGEST = 20_000
"""Candidates above which a search of this kind does not get anywhere."""


def _searched(kind: str, problem: Problem, seed: int, evaluations: int) -> Result:
    """A plan by one of the searchers; limits that it does not keep are listed as relaxed."""
    if problem.candidates > LARGEST:
        raise EstimationError(f"{problem.candidates} candidates are too many for {kind} (at most {LARGEST}): use dual")
    question = PlainQuestion(problem)
    found = SEARCHERS[kind]().search(question, seed=seed, evaluations=evaluations, begin=question.packed())
    return question.result(kind, found.best)


class Genetic(Optimiser):
    """See `search.searchers.genetic`."""

    kind = "genetic"

    def __init__(self, *, seed: int = 0, evaluations: int = EVALUATIONS) -> None:
        self.seed, self.evaluations = seed, evaluations

    def solve(self, problem: Problem) -> Result:
        """See `Optimiser`."""
        return _searched(self.kind, problem, self.seed, self.evaluations)


class Annealing(Optimiser):
    """See `search.searchers.annealing`."""

    kind = "annealing"

    def __init__(self, *, seed: int = 0, evaluations: int = EVALUATIONS) -> None:
        self.seed, self.evaluations = seed, evaluations

    def solve(self, problem: Problem) -> Result:
        """See `Optimiser`."""
        return _searched(self.kind, problem, self.seed, self.evaluations)
