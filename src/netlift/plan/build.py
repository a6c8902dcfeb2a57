"""From a choice to a plan: chance decides who is held out and who is explored, then everything is valued."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from netlift.plan.artefact import Certificate, Head, Part, Plan, Rival
from netlift.plan.choose import Choice, at_prices
from netlift.plan.errors import Errors
from netlift.plan.explore import PILOTS, Drawn, Trial, drawn, exploration_of, trial
from netlift.plan.hold_out import Design, design, hold_out_of, withheld
from netlift.plan.limits import to_json
from netlift.plan.pool import GRADES, Bools, Floats, Ints, Pool
from netlift.plan.rivals import Answers, rivals_of
from netlift.plan.rows import Frame
from netlift.plan.winner import Correction, judged_correction, shrinkage
from netlift.plan.worth import effect_of, value_of, worth_of
from netlift.response.results import Judged, Source
from netlift.types import Grade

if TYPE_CHECKING:
    import pyarrow as pa

PILOT = 0.1
"""Share of eligible customers who take part in a pilot at least."""
TENTH = 0.1
"""Share of the profit that evidence must carry to count."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all plans of one making say of themselves."""

    shop: str
    currency: str
    as_of: str
    """ISO date: nothing of this day or later was known."""
    seed: int = 0
    goal: str = "profit"
    washout_days: int = 28
    """Counted after the last window before the read-out."""
    inputs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Hash of each table that the plans are made from."""
    versions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    level: float = 0.9
    """Of all intervals."""


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What becomes of the pairs of a choice."""

    cells: Ints
    """Chosen, ascending."""
    held: Bools
    """Of them, withheld."""
    drawn: Drawn
    design: Design
    trial: Trial | None = None
    """Of a pilot."""

    @property
    def treated(self) -> Ints:
        """Pairs given for what they earn."""
        return self.cells[~self.held]

    @property
    def all(self) -> Ints:
        """Pairs that somebody gets, the explored included, ascending."""
        return np.sort(np.concatenate([self.treated, self.drawn.given]))


@dataclass(frozen=True, slots=True, eq=False)
class Builder:
    """Makes plans of one frame."""

    frame: Frame
    errors: Errors
    setting: Setting
    judged: Mapping[str, Judged]
    answers: Answers
    public: Sequence[Part]

    def plan(self, choice: Choice) -> tuple[Plan, Given]:
        """The plan of a choice, and who gets what in it."""
        given, correction = self._given(choice), self._correction(choice)
        public = tuple(self.public) if choice.code == "shelves" else ()
        return Plan(self._head(choice, given, correction, public), plan_rows(self.frame.pool, given)), given

    def _given(self, choice: Choice) -> Given:
        frame, seed, code = self.frame, self.setting.seed, choice.code
        made = design(
            frame.pool, choice.cells, value=frame.value, share=frame.limits.hold_out, level=self.setting.level
        )
        held = withheld(frame.pool, choice.cells, made.share, seed=seed, code=code)
        share = {"nothing": 0.0, "shelves": 0.0}.get(code, frame.limits.explore)
        tried = trial(frame, code, least=PILOT, level=self.setting.level) if code in PILOTS else None
        share = share if tried is None else tried.share
        few = bool(len(choice.cells)) and (code == "simple" or frame.limits.most_offers is not None)
        extra = drawn(
            frame, choice.cells, choice.cells[~held], share=share, seed=seed, code=code, known_offers=few,
            one=None if tried is None else tried.offer,
        )  # fmt: skip
        return Given(choice.cells, held, extra, made, tried)

    def _correction(self, choice: Choice) -> Correction:
        pool = self.frame.pool
        begin = shrinkage(pool)
        if not self.judged or choice.value is None or not choice.money:
            return begin
        worth = at_prices(self.frame, choice, choice.value)
        return judged_correction(pool, worth, choice.prices.get("budget", 0.0), self.judged, begin)

    def _head(self, choice: Choice, given: Given, correction: Correction, public: tuple[Part, ...]) -> Head:
        pool, setting, limits = self.frame.pool, self.setting, self.frame.limits
        grade = grade_of(pool, given.all, public)
        worth = worth_of(
            pool, given.all, self.errors, correction, public=public, level=setting.level, seed=setting.seed, grade=grade
        )
        parts = tuple(self._parts(given, correction))
        hold_out = exploration = None
        rivals: tuple[Rival, ...] = ()
        if len(given.cells):
            ends = max(one.candidate.window.end for one in parts).date()
            hold_out = hold_out_of(
                pool, given.cells, given.held, given.design, ends=ends, washout_days=setting.washout_days,
                global_share=limits.global_hold_out,
            )  # fmt: skip
            rivals = rivals_of(
                pool, given.cells, self.answers(given.cells), self.errors, correction, level=setting.level, grade=grade
            )
        if len(given.drawn.given) or len(given.drawn.control):
            share = limits.explore if given.trial is None else given.trial.share
            exploration = exploration_of(self.frame, choice, given.drawn, share)
        return Head(
            choice.code, setting.shop, setting.currency, setting.as_of, setting.goal, setting.seed,
            dict(setting.versions), dict(setting.inputs), limits.budget_minor or 0, to_json(limits), parts, public,
            worth, choice.certificate, rivals, hold_out, exploration, grade,
            tuple(_notes(pool, choice, given, correction)), {**(choice.numbers or {}), **_size(given)},
        )  # fmt: skip

    def _parts(self, given: Given, correction: Correction) -> "list[Part]":
        pool, cells = self.frame.pool, given.all
        held = given.cells[given.held]
        named = np.bincount(pool.offer[np.concatenate([cells, held, given.drawn.control])], minlength=len(pool.offers))
        found = []
        for number, candidate in enumerate(pool.candidates):
            here, kept_back = cells[pool.offer[cells] == number], int((pool.offer[held] == number).sum())
            if not named[number]:  # every offer that a row names is here, also where chance gave it to nobody
                continue
            value = value_of(pool, here, self.errors, correction)
            grade = grade_of(pool, here, ())
            net = effect_of(value.total, value.se, len(here), level=self.setting.level, grade=grade)
            found.append(
                Part(
                    candidate, grade, len(here), kept_back, net, float(pool.cost[here].sum()),
                    float(pool.liability[here].sum()),
                )
            )  # fmt: skip
        return found


def plan_rows(pool: Pool, given: Given) -> "pa.Table":
    """Rows of a plan, ordered by customer, then offer."""
    import pyarrow as pa

    from netlift.schema import PLAN

    held, share = given.cells[given.held], given.design.share
    parts = (
        (given.treated, "treatment", 1 - share), (held, "control", share), (given.drawn.given, "explore", 0.5),
        (given.drawn.control, "explore_control", 0.5),
    )  # fmt: skip
    cells = np.concatenate([one for one, _, _ in parts])
    order = np.argsort(cells, kind="stable")
    arm = np.repeat(np.arange(len(parts)), [len(one) for one, _, _ in parts])[order]
    cells = cells[order]

    def named(names: Sequence[object], places: "np.ndarray", kind: "pa.DataType") -> "pa.Array":
        return pa.array(list(names), kind).take(pa.array(places.astype(np.int64)))

    columns = [
        pool.eligible.customer_id.take(pa.array(pool.owner[cells])), named(pool.offers, pool.offer[cells], pa.string()),
        named([one for _, one, _ in parts], arm, pa.string()),
        pa.array(np.array([one for _, _, one in parts], np.float64)[arm]),
        *(pa.array(one[cells]) for one in (pool.net, pool.se, pool.cost, pool.liability)),
        named([str(one) for one in GRADES], pool.grade[cells], pa.string()),
        named([list(one) for one in pool.reasons], pool.reason[cells], pa.list_(pa.string())),
    ]  # fmt: skip
    return pa.Table.from_arrays(columns, schema=PLAN)


def grade_of(pool: Pool, cells: Ints, public: Sequence[Part]) -> Grade:
    """The weakest evidence that a tenth of the profit rests on, weaker evidence included; of nothing, the strongest."""
    carried: Floats = np.bincount(pool.grade[cells], np.maximum(pool.net[cells], 0.0), len(GRADES)).astype(np.float64)
    for part in public:
        carried[part.grade.rank] += max(part.net.estimate, 0.0)
    if carried.sum() > 0:
        from_weakest = np.cumsum(carried[::-1]) / carried.sum()
        return GRADES[len(GRADES) - 1 - int(np.argmax(from_weakest >= TENTH))]
    ranks = [*pool.grade[cells].tolist(), *(part.grade.rank for part in public)]
    return GRADES[max(ranks, default=0)]


def _size(given: Given) -> dict[str, float]:
    """What a pilot would find."""
    found = math.nan if given.trial is None else given.trial.detectable_minor
    return {} if math.isnan(found) else {"finds_minor": found}


def _beyond_seen(pool: Pool, cells: Ints, correction: Correction) -> bool:
    """Whether a coin of spend is expected to earn more than any measured offer earned on a coin."""
    net = float(pool.net[cells].sum() + correction.shift[pool.offer[cells]].sum())
    seen = [
        one.net.estimate / one.cost.estimate
        for one in pool.learned
        if one is not None and one.source in (Source.EXPERIMENT, Source.LOG) and one.cost.estimate > 0
    ]
    return net > max([0.0, *seen]) * float(pool.cost[cells].sum())


def _notes(pool: Pool, choice: Choice, given: Given, correction: Correction) -> "list[str]":
    found = [*choice.notes, *(["pilot_finds"] if _size(given) else [])]
    if len(given.cells):
        found.append({"cross_fit": "corrected_by_folds", "shrinkage": "corrected_by_shrinkage"}.get(
            correction.method, "not_corrected"
        ))  # fmt: skip
        if np.isnan(given.design.detectable_minor):
            found.append("spread_unknown")
        elif not given.design.enough:
            found.append("hold_out_too_small")
        if _beyond_seen(pool, given.all, correction):
            found.append("return_beyond_seen")
    certificate: Certificate | None = choice.certificate
    if certificate is not None and certificate.relaxed:
        found.append("limits_gave_way")
    return found
