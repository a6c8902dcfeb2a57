"""Steps of learning, and how many of them: as many passes as did best on the latest events, then all events anew."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.recommend.deep.framework import Framework, Tensor
from netlift.recommend.deep.lines import Cuts, Lines, cut
from netlift.recommend.deep.network import Arrays, Network, Shape, beginning
from netlift.recommend.evaluate.splits import only
from netlift.recommend.ids import Ints
from netlift.recommend.interactions import Interactions

JUDGED = 2_000
"""Customers at most by whose latest events passes are judged."""
LINES = 256
"""Lines that are read at a time where nothing is learned."""
CELLS = 20_000_000
"""Scores that are held at a time there: 80 MB."""


@dataclass(kw_only=True)
class Settings:
    """What can be tuned.

    Args:
        length: of the longest line that is read; of longer histories what is latest.
        factors: numbers of a good or of a state; a multiple of `heads`.
        blocks: one after the other.
        heads: of each block.
        dropout: share of numbers that a step leaves out.
        rate: length of steps.
        lines: of each step.
        negatives: goods at most that a step tells what came from; if there are more, they are drawn for each step.
        passes: over all events, at most.
        patience: passes without gain after which no more are tried.
        latest: share of the latest events by which the number of passes is chosen; 0: all `passes` are made.
        seed: of the first weights and of all draws.
        device: where it works, as PyTorch names it: cpu, cuda, ...
        threads: on a CPU; another number may change the last digits.
    """

    length: int = 50
    factors: int = 64
    blocks: int = 2
    heads: int = 2
    dropout: float = 0.2
    rate: float = 0.003
    lines: int = 32
    negatives: int = 4_096
    passes: int = 60
    patience: int = 5
    latest: float = 0.1
    seed: int = 0
    device: str = "cpu"
    threads: int = 1

    def check(self) -> None:
        """Before anything is learned.

        Raises:
            ConfigError: a setting is out of its range.
        """
        for name in ("length", "factors", "blocks", "heads", "lines", "negatives", "passes", "patience", "threads"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.factors % self.heads:
            raise ConfigError(f"factors must be a multiple of heads, got {self.factors} and {self.heads}")
        if not 0 <= self.dropout < 1 or not 0 <= self.latest < 1 or not 0 < self.rate < math.inf:
            raise ConfigError(
                f"dropout and latest lie between 0 and 1, below it, and rate above 0; "
                f"got {self.dropout}, {self.latest} and {self.rate}"
            )


class Learned(NamedTuple):
    """What was found."""

    weights: Arrays
    passes: int
    figures: tuple[float, ...]
    """After each pass that was judged; see `found_at`. Empty where there was nothing to judge by."""


def learn(seen: Interactions, met: Ints, settings: Settings, on: Framework) -> Learned:
    """Learn from all events, with as many passes as did best when the latest of them were held back.

    Args:
        seen: events.
        met: places of the goods in them, rising.
        settings: checked.
        on: where.
    """
    passes, figures = settings.passes, tuple[float, ...]()
    moment = _moment(seen, settings.latest)
    if moment is not None:
        figures = _judged(seen, met, settings, on, moment)
        passes = int(np.argmax(figures)) + 1 if figures else passes
    steps = Steps(seen, met, settings, on)
    for _ in range(passes):
        steps.make()
    return Learned({name: one.detach().cpu().numpy() for name, one in steps.network.weights.items()}, passes, figures)


class Steps:
    """A network that learns, pass by pass."""

    def __init__(self, seen: Interactions, met: Ints, settings: Settings, on: Framework) -> None:
        self.seen, self.met, self.settings = seen, met, settings
        self.rng = np.random.default_rng(settings.seed)
        shape = Shape(len(met), settings.length, settings.factors, settings.blocks, settings.heads)
        weights = {name: on.tensor(one).requires_grad_() for name, one in beginning(shape, self.rng).items()}
        self.network = Network(on, weights, shape, settings.dropout)
        self.optimiser = on.torch.optim.Adam(weights.values(), lr=settings.rate, betas=(0.9, 0.98))

    def make(self) -> None:
        """One pass: what came next is asked once for all that was done."""
        lines = Lines.of(self.seen, self.met, self.rng)
        cuts = cut(lines.starts, self.settings.length, self.rng)
        order = self.rng.permutation(len(cuts.first))
        for part in Cuts(cuts.first[order], cuts.size[order]).batches(self.settings.lines):
            self._step(lines, part)

    def _step(self, lines: Lines, part: Cuts) -> None:
        network, on = self.network, self.network.on
        place, counts = part.places()
        came, weight = on.tensor(lines.item[place + 1][counts]), on.tensor(lines.weight[place + 1][counts])
        weight = weight / weight.max()  # sums of very large ones would not be finite
        states = network.states(on.tensor(lines.item[place]))[on.tensor(counts)]
        surprise = network.surprise(states, came, self._others())
        self.optimiser.zero_grad()
        ((surprise * weight).sum() / weight.sum()).backward()
        self.optimiser.step()

    def _others(self) -> Tensor | None:
        if len(self.met) <= self.settings.negatives:
            return None
        drawn = self.rng.choice(len(self.met), self.settings.negatives, replace=False, shuffle=False)
        return self.network.on.tensor(drawn)


def _moment(seen: Interactions, latest: float) -> int | None:
    """When the latest events begin; None where nothing came before them."""
    if not latest or not len(seen):
        return None
    at = np.sort(seen.at)
    found = int(at[min(math.ceil((1 - latest) * len(at)), len(at) - 1)])
    return found if at[0] < found else None


def _judged(seen: Interactions, met: Ints, settings: Settings, on: Framework, moment: int) -> tuple[float, ...]:
    """Figures after each pass over what came before a moment, until they get no better."""
    past = only(seen, seen.at < moment)
    lines = Lines.of(seen, met, np.random.default_rng(settings.seed))
    cuts, late = _asked(lines, seen.at >= moment, settings)
    if not late.any() or not (np.diff(past.starts) > 1).any():
        return ()
    steps, figures = Steps(past, met, settings, on), list[float]()
    while len(figures) < settings.passes and len(figures) - _best(figures) <= settings.patience:
        steps.make()
        figures.append(found_at(steps.network, lines, cuts, late))
    return tuple(figures)


def _best(figures: list[float]) -> int:
    return int(np.argmax(figures)) if figures else 0


def _asked(lines: Lines, late: NDArray[np.bool_], settings: Settings) -> tuple[Cuts, NDArray[np.bool_]]:
    """The last line of customers who did something late, and for each of its places whether what came next is late."""
    last = lines.last(settings.length + 1)
    whole = Cuts(last.first, last.size - 1)
    some = np.flatnonzero((whole.size > 0) & late[last.first + last.size - 1])
    if len(some) > JUDGED:
        some = np.sort(np.random.default_rng(settings.seed).choice(some, JUDGED, replace=False))
    cuts = Cuts(whole.first[some], whole.size[some])
    place, counts = cuts.places()
    return cuts, late[np.minimum(place + 1, max(len(late) - 1, 0))] & counts


def found_at(network: Network, lines: Lines, cuts: Cuts, asked: NDArray[np.bool_]) -> float:
    """Mean over what came next of 1 / log2(1 + its place) in a list of all goods: nDCG of lists without an end.

    Args:
        network: that learns.
        lines: events.
        cuts: of them.
        asked: which of their places count, shape (cuts, longest).
    """
    sure, torch = network._replace(dropout=0.0), network.on.torch
    total, start = 0.0, 0
    size = CELLS // (network.shape.items * network.shape.length)
    with torch.no_grad():
        for part in cuts.batches(min(max(size, 1), LINES)):
            place, _ = part.places()
            mine = asked[start : start + len(part.first), : place.shape[1]]
            start += len(part.first)
            states = sure.states(network.on.tensor(lines.item[place]))[network.on.tensor(mine)]
            came = network.on.tensor(lines.item[place + 1][mine])
            scores = states @ network.weights["items"].T
            ahead = (scores > scores.gather(1, came[:, None])).sum(1)
            total += float((1 / torch.log2(ahead.double() + 2)).sum())
    return total / max(int(asked.sum()), 1)


def after(network: Network, items: Ints, cuts: Cuts) -> NDArray[np.float32]:
    """What is known after the last thing of each cut, shape (cuts, factors).

    Args:
        network: that has learned.
        items: of `Lines`.
        cuts: none of them empty.
    """
    found = np.empty((len(cuts.first), network.shape.factors), np.float32)
    sure, start = network._replace(dropout=0.0), 0
    with network.on.torch.no_grad():
        for part in cuts.batches(LINES):
            place, _ = part.places()
            states = sure.states(network.on.tensor(items[place])).cpu().numpy()
            found[start : start + len(place)] = states[np.arange(len(place)), part.size - 1]
            start += len(place)
    return found
