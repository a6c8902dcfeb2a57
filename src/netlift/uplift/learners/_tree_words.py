"""The leaves of a tree as sentences that a planner can read, in English and Chinese."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from netlift.uplift.estimate import Estimate
from netlift.uplift.learners._tree_grow import Bools, Shape

Language = Literal["en", "zh-CN"]

_WORDS = {
    "en": {"and": " and ", "or unknown": "{} or unknown", "unknown": "{} unknown", "known": "{} known",
           "all": "everybody", "rule": "{}: {} ({:g} % interval, n = {:,})", "offers": ", "},
    "zh-CN": {"and": " 且 ", "or unknown": "{} 或未知", "unknown": "{} 未知", "known": "{} 已知",
              "all": "全部客户", "rule": "{}：{}（{:g} % 区间，n = {:,}）", "offers": "，"},
}  # fmt: skip


class Condition(NamedTuple):
    """What a leaf asks of one covariate: `low <= x < high`."""

    name: str
    low: float = -math.inf
    high: float = math.inf
    unknown: bool = True
    """Whether customers of whom it is unknown belong here too."""

    def text(self, language: Language, *, lacking: bool) -> str:
        """In words; `lacking`: the covariate is unknown of some customers, so it has to be said where they go."""
        words = _WORDS[language]
        if self.high == -math.inf:
            return words["unknown"].format(self.name)
        if self.low == -math.inf and self.high == math.inf:
            return words["known"].format(self.name)
        if self.high == math.inf:
            return f"{self.name} >= {_number(self.low)}"
        if self.low > -math.inf:
            return f"{_number(self.low)} <= {self.name} < {_number(self.high)}"
        below = f"{self.name} < {_number(self.high)}"
        return words["or unknown"].format(below) if lacking and self.unknown else below


class Rule(NamedTuple):
    """A leaf: who belongs to it, and what each offer does to them."""

    conditions: tuple[Condition, ...]
    effects: tuple[Estimate, ...]
    """Of each offer against control, measured on customers who did not help to find the leaf."""
    text: str
    """Both in words; what follows +- is half of the interval's width, and n counts the customers who measured it."""


def rules(
    shape: Shape, effects: Sequence[Sequence[Estimate]], names: Sequence[str], offers: Sequence[str],
    lacking: Bools, language: Language,
) -> list[Rule]:  # fmt: skip
    """All leaves, those of the largest effect of the first offer first.

    Args:
        shape: the tree.
        effects: of each node.
        names: of the covariates.
        offers: names of the offers; one alone is not named in the text.
        lacking: which covariates are unknown of some customers.
        language: of the text.
    """
    words, found = _WORDS[language], []
    for node, conditions in _paths(shape, names):
        asked = [c.text(language, lacking=bool(lacking[names.index(c.name)])) for c in conditions]
        who, here = words["and"].join(asked) or words["all"], tuple(effects[node])
        said = [
            _effect(one) if len(offers) == 1 else f"{name} {_effect(one)}"
            for name, one in zip(offers, here, strict=True)
        ]
        text = words["rule"].format(who, words["offers"].join(said), 100 * here[0].level, here[0].n)
        found.append(Rule(conditions, here, text))
    return sorted(found, key=lambda rule: -rule.effects[0].estimate)


def _paths(shape: Shape, names: Sequence[str]) -> list[tuple[int, tuple[Condition, ...]]]:
    """Each leaf with its conditions, one per covariate, in the order in which they were asked first."""
    found, waiting = [], [(0, dict[str, Condition]())]
    while waiting:
        node, known = waiting.pop()
        if shape.column[node] < 0:
            found.append((node, tuple(known.values())))
            continue
        name, at = names[int(shape.column[node])], float(shape.threshold[node])
        here = known.get(name, Condition(name))
        below = here._replace(high=min(here.high, at))
        above = here._replace(low=max(here.low, at), unknown=False)
        waiting += [(int(shape.right[node]), {**known, name: above}), (int(shape.left[node]), {**known, name: below})]
    return found


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:.4g}"


def _effect(one: Estimate) -> str:
    """With as many digits as its interval supports: two of half the interval's width."""
    half = (one.upper - one.lower) / 2
    places = max(0, 1 - math.floor(math.log10(half))) if half > 0 and np.isfinite(half) else 4
    return f"{one.estimate:+,.{places}f} ± {half:,.{places}f}"
