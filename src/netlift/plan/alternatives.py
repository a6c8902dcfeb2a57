"""Several plans at once that really differ, for a merchant to choose from.

nothing        nobody gets anything: what the others are measured against
most_profit    the highest expected net margin within the limits
safest         the highest mean of its worst tenth of outcomes
simple         one offer only, to those whom it pays
<a goal>       at least `GOAL_SHARE` of what is given serves it: win_back, new_buyers, stickiness, clear_stock, revenue;
               where few plans pay, one that does not is shown too, with what reaching a customer costs
most_reach     as many customers as pay for themselves
shelves        promotions that everybody meets, instead of personal offers
pilot          where little pays, or all that pays rests on weak evidence: a few customers by chance, to learn first;
               pilot_2 and pilot_3 try other mechanisms where fewer plans than `FEW` are left

Each but the first shares at most half of its pairs with every earlier one: a row of the problem, whose price says what
being different costs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from netlift.candidates.candidate import Goal
from netlift.plan.artefact import Part
from netlift.plan.build import grade_of
from netlift.plan.choose import Choice, by_worth, choose, few_offers, jaccard, sketch
from netlift.plan.errors import Errors
from netlift.plan.explore import PILOTS, hopeful
from netlift.plan.pool import Bools, Floats, Ints
from netlift.plan.rows import OVERLAP, Extra, Frame, differs, share
from netlift.plan.worth import cvar
from netlift.types import Grade

MOST = 6
"""Plans, doing nothing included."""
FEW = 4
"""Plans below which a pilot is proposed as well."""
GOAL_SHARE = 0.6
CAUTION = (0.5, 1.0, 1.645)
"""How many shared standard errors are taken off for the safest plan; the best of these is kept."""
SINGLES = 3
"""Offers that are tried as the only one."""
PRICED = 2
"""Goals that do not pay and are shown with their price, where few plans pay."""
WORTHWHILE = 0.02
"""A plan that earns less than this share of the most profitable one is not shown."""
_GOALS = (Goal.WIN_BACK, Goal.NEW_BUYERS, Goal.STICKINESS, Goal.CLEAR_STOCK, Goal.REVENUE)

Dropped = tuple[str, str]
Progress = Callable[[str, int, int], None]


def alternatives(
    frame: Frame, errors: Errors, *, public: Sequence[Part] = (), seed: int = 0, on_progress: Progress | None = None
) -> tuple[tuple[Choice, ...], tuple[Dropped, ...]]:
    """Plans to choose from, and those that were left out with the reason's code.

    Args:
        frame: pairs and limits.
        errors: of every pair.
        public: promotions that everybody meets, found by a calendar search.
        seed: of the draws behind the safest plan.
        on_progress: told which plan is being made.
    """
    made, dropped = [Choice("nothing", np.zeros(0, np.int64))], list[Dropped]()
    allowed = _allowed(frame)
    wanted = list(_wanted(frame, public))
    for number, code in enumerate(wanted):
        if len(made) == MOST - _doubtful(frame, made):
            dropped += [(left, "enough_plans") for left in wanted[number:]]
            break
        if on_progress is not None:
            on_progress(code, number, len(wanted))
        found = _Making(frame, errors, allowed, tuple(made), public, seed).plan(code)
        reason = found if isinstance(found, str) else _useless(found, made, frame, public)
        if isinstance(found, Choice) and reason is None:
            made.append(found)
        else:
            dropped.append((code, str(reason)))
    if len(made) == 1:
        made = [made[0].noted("nothing_pays")]
    if len(made) < FEW - 1:
        unpaid = [code for code, reason in dropped if reason == "goal_does_not_pay"]
        priced = _at_a_price(frame, errors, made, unpaid, public=public, seed=seed)
        made, dropped = [*made, *priced], [one for one in dropped if one[0] not in {plan.code for plan in priced}]
    if len(frame.pool) and (len(made) < FEW or _doubtful(frame, made)):
        codes = PILOTS[: min(max(1, FEW - len(made)), len(hopeful(frame)))]
        made += [Choice(code, np.zeros(0, np.int64)) for code in codes]
    return tuple(made), tuple(dropped)


def _at_a_price(
    frame: Frame, errors: Errors, made: Sequence[Choice], goals: Sequence[str], *, public: Sequence[Part], seed: int
) -> list[Choice]:
    """Plans for goals that do not pay, with what reaching a customer costs: a merchant may want them all the same."""
    found: list[Choice] = []
    for goal in goals[:PRICED]:
        plan = _Making(frame, errors, None, (*made, *found), public, seed).at_a_price(goal)
        if len(plan.cells) and not any(jaccard(plan.cells, one.cells) > OVERLAP for one in (*made, *found)):
            found.append(plan)
    return found


def _doubtful(frame: Frame, made: Sequence[Choice]) -> bool:
    """Whether the most profitable plan rests on evidence that shows nothing, so that it has to be tested first."""
    best = next((one.cells for one in made if one.code == "most_profit"), None)
    return best is not None and grade_of(frame.pool, best, ()).rank >= Grade.WEAK.rank


def _allowed(frame: Frame) -> Bools | None:
    most = frame.limits.most_offers
    return None if most is None or not len(frame.pool) else few_offers(frame, frame.value, most)


def _wanted(frame: Frame, public: Sequence[Part]) -> Iterator[str]:
    """Codes in the order in which they are tried; goals that were asked for come before the others."""
    yield "most_profit"
    asked = [Goal(goal) for goal in dict.fromkeys(frame.limits.goals) if goal != Goal.PROFIT]
    yield from map(str, asked)
    yield from ("safest", "simple")
    if public:
        yield "shelves"
    there = {one.goal for one in frame.pool.candidates}
    yield from (str(goal) for goal in _GOALS if goal in there and goal not in asked)
    yield "most_reach"


class _Making:
    """One plan after those that there are."""

    def __init__(
        self, frame: Frame, errors: Errors, allowed: Bools | None, made: tuple[Choice, ...], public: Sequence[Part],
        seed: int,
    ) -> None:  # fmt: skip
        self.frame, self.errors, self.allowed, self.public, self.seed = frame, errors, allowed, public, seed
        self.made = made
        self.before = [differs(frame.pool, one.code, one.cells) for one in made if len(one.cells)]

    def plan(self, code: str) -> Choice | str:
        """The plan, or why there is none."""
        if not len(self.frame.pool) and code != "shelves":
            return "nothing_pays"
        special = {
            "most_profit": self._profit, "safest": self._safest, "simple": self._simple, "most_reach": self._reach,
            "shelves": self._shelves,
        }  # fmt: skip
        return special[code]() if code in special else self._goal(code)

    def _apart(self, code: str, value: Floats, extra: Sequence[Extra] = (), only: Bools | None = None) -> Choice:
        """The best choice that differs from the earlier ones, and what the difference costs."""
        free = sketch(self.frame, value, extra=extra, only=only)
        if not self._too_near(free):
            found = choose(self.frame, code, value, extra=extra, only=only)
            if not self._too_near(found.cells):
                return found.noted(diversity_cost_minor=0.0)
        found = choose(self.frame, code, value, extra=[*extra, *self.before], only=only)
        lost = float(self.frame.value[free].sum() - self.frame.value[found.cells].sum())
        return found.noted("kept_different", diversity_cost_minor=max(0.0, lost))

    def _too_near(self, cells: Ints) -> bool:
        return any(jaccard(cells, one.cells) > OVERLAP for one in self.made)

    def _profit(self) -> Choice:
        return self._apart("most_profit", self.frame.value, only=self.allowed)

    def _safest(self) -> Choice:
        """The lower bound that leads to the best worst tenth, then apart from the other plans."""
        pool, tried = self.frame.pool, dict[float, float]()
        for caution in CAUTION:
            cells = sketch(self.frame, self._lower(caution), only=self.allowed)
            tried[caution] = cvar(pool, cells, self.errors, value=self.frame.value, seed=self.seed)
        caution = max(tried, key=lambda c: tried[c])
        found = self._apart("safest", self._lower(caution), only=self.allowed)
        worst = cvar(pool, found.cells, self.errors, value=self.frame.value, seed=self.seed)
        return found.noted("certificate_of_lower_bound", caution=caution, cvar_minor=worst)

    def _lower(self, caution: float) -> Floats:
        """Net margin less so many standard errors of what is wrong for everybody at once."""
        return self.frame.value - caution * np.hypot(self.errors.shared, self.errors.slope)

    def _simple(self) -> Choice | str:
        """One offer, to those whom it pays; of the best few, the one that earns most apart from the other plans."""
        pool, value = self.frame.pool, self.frame.value
        best = by_worth(self.frame, value)[:SINGLES]
        if not best:
            return "nothing_pays"
        apart = [sketch(self.frame, value, only=pool.offer == one, extra=self.before) for one in best]
        earned = [float(value[cells].sum()) for cells in apart]
        return self._apart("simple", value, only=pool.offer == best[int(np.argmax(earned))])

    def _goal(self, goal: str) -> Choice | str:
        serving = self._serving(goal)
        if not serving.any():
            return "no_candidate_serves_it"
        if not (self.frame.value[serving] > 0).any():
            return "goal_does_not_pay"
        row = share(f"goal-{goal}", serving, GOAL_SHARE)
        return self._apart(goal, self.frame.value, [row], only=self.allowed)

    def at_a_price(self, goal: str) -> Choice:
        """As many customers as the limits allow with offers for a goal, the cheapest first, though none pays."""
        pool, serving = self.frame.pool, self._serving(goal)
        value = 1.0 + 0.1 * pool.net / max(1.0, float(np.abs(pool.net).max()))
        found = self._apart(goal, value, only=serving)
        price = -float(pool.net[found.cells].sum()) / max(1, len(found.cells))
        told = replace(found, money=False).noted("certificate_in_customers")
        return told.noted("goal_at_a_price", goal_price_minor=price) if price > 0 else told

    def _serving(self, goal: str) -> Bools:
        pool = self.frame.pool
        return np.array([str(one.goal) == goal for one in pool.candidates], np.bool_)[pool.offer]

    def _reach(self) -> Choice:
        """Customers count, money only where two offers reach as many."""
        believed = self.frame.value
        largest = max(1.0, float(np.abs(believed).max()))
        value = np.where(believed > 0, 1.0 + 0.1 * believed / largest, -1.0)
        found = self._apart("most_reach", value, only=self.allowed)
        return replace(found, money=False).noted("certificate_in_customers")

    def _shelves(self) -> Choice | str:
        """Public promotions alone: personal offers on the same goods would be counted twice."""
        limits, spent = self.frame.limits, sum(part.cost_minor for part in self.public)
        if limits.budget_minor is not None and spent > limits.budget_minor:
            return "public_exceeds_budget"
        return Choice("shelves", np.zeros(0, np.int64)).noted("public_only")


def _useless(found: Choice, made: Sequence[Choice], frame: Frame, public: Sequence[Part]) -> str | None:
    """Why a plan is not worth showing, if it is not."""
    net = frame.value
    if found.code == "shelves":
        return None if sum(part.net.estimate for part in public) > 0 else "nothing_pays"
    if not len(found.cells):
        return "nothing_pays"
    if any(np.array_equal(found.cells, one.cells) for one in made):
        return "equal_to_another"
    if found.result is not None and any(name.startswith("differs:") for name in found.result.relaxed):
        return "not_different"
    best = next((float(net[one.cells].sum()) for one in made if one.code == "most_profit"), None)
    if best is not None and float(net[found.cells].sum()) < WORTHWHILE * best:
        return "earns_too_little"
    return None
