"""Self-attention over what a customer did: from each thing, and all before it, to what may come next.

Kang and McAuley 2018, doi:10.1109/ICDM.2018.00035, with two changes. How far back a thing lies counts by a learned
number for each distance (Raffel et al. 2020, arXiv:1910.10683), which begins as a slope (Press et al. 2022,
arXiv:2108.12409): a rule about the last thing but one is then found. And it learns by cross entropy over all goods, or
over very many drawn ones, not over one: with few it ranks worse (Klenitskiy and Vasilev 2023,
doi:10.1145/3604915.3610644; Petrov and Macdonald 2023, doi:10.1145/3604915.3608783).
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.recommend.deep.framework import Framework, Tensor

Arrays = Mapping[str, NDArray[np.float32]]
WIDER = 2
"""Times as many numbers inside a block's second half."""
NEAR = 0.1
"""Spread of the first points of goods."""


class Shape(NamedTuple):
    """Of the network."""

    items: int
    length: int
    factors: int
    blocks: int
    heads: int
    """Of each block; `factors` are a multiple."""


def beginning(shape: Shape, rng: np.random.Generator) -> Arrays:
    """Weights before anything was learned, by name."""
    d = shape.factors
    found = {"items": _drawn(rng, (shape.items, d), NEAR), "places": _drawn(rng, (shape.length, d), NEAR)}
    for block in range(shape.blocks):
        found |= {
            f"ask {block}": _drawn(rng, (d, 3 * d)), f"answer {block}": _drawn(rng, (d, d)),
            f"widen {block}": _drawn(rng, (d, WIDER * d)), f"widen by {block}": np.zeros(WIDER * d, np.float32),
            f"narrow {block}": _drawn(rng, (WIDER * d, d)), f"narrow by {block}": np.zeros(d, np.float32),
            f"far {block}": _nearer(shape),
        }  # fmt: skip
    for name in [f"{half} {block}" for block in range(shape.blocks) for half in ("heard", "thought")] + ["end"]:
        found |= {f"{name} scale": np.ones(d, np.float32), f"{name} shift": np.zeros(d, np.float32)}
    return found


def _nearer(shape: Shape) -> NDArray[np.float32]:
    """What is far back counts less: by half a step each in the first head, in each further one by a quarter of that."""
    slope = 0.5 ** (1 + 2 * np.arange(shape.heads))
    found: NDArray[np.float32] = (-slope[:, None] * np.arange(shape.length)).astype(np.float32)
    return found


def _drawn(rng: np.random.Generator, size: tuple[int, int], spread: float | None = None) -> NDArray[np.float32]:
    return rng.normal(0.0, spread or 1 / math.sqrt(size[0]), size).astype(np.float32)


class Network(NamedTuple):
    """Weights where the work is done, and how they are used."""

    on: Framework
    weights: Mapping[str, Tensor]
    shape: Shape
    dropout: float = 0.0
    """Share of numbers that a step leaves out; 0 outside of steps."""

    def states(self, lines: Tensor) -> Tensor:
        """What is known after each thing of each line, shape (lines, length, factors).

        Nothing looks ahead, so that what fills a line up behind its end changes nothing before it.

        Args:
            lines: places of goods, shape (lines, length).
        """
        w = self.weights
        x = w["items"][lines] * math.sqrt(self.shape.factors) + w["places"][: lines.shape[1]]
        x = self._some(x)
        place = self.on.torch.arange(lines.shape[1], device=self.on.device)
        back = place[:, None] - place
        for block in range(self.shape.blocks):
            x = x + self._some(self._heard(self._even(x, f"heard {block}"), block, back))
            wide = (self._even(x, f"thought {block}") @ w[f"widen {block}"] + w[f"widen by {block}"]).relu()
            x = x + self._some(self._some(wide) @ w[f"narrow {block}"] + w[f"narrow by {block}"])
        return self._even(x, "end")

    def _heard(self, x: Tensor, block: int, back: Tensor) -> Tensor:
        """Sums of what was there before, weighted by how it answers what is asked, and by how far back it lies."""
        lines, length, d = x.shape
        heads, far = self.shape.heads, self.weights[f"far {block}"]
        asks, answers, says = (
            (x @ self.weights[f"ask {block}"]).view(lines, length, 3, heads, d // heads).permute(2, 0, 3, 1, 4)
        )
        fits = (asks @ answers.transpose(-1, -2)) / math.sqrt(d // heads) + far[:, back.clamp(min=0)]
        share = self._some(fits.masked_fill(back < 0, -math.inf).softmax(-1))
        return (share @ says).transpose(1, 2).reshape(lines, length, d) @ self.weights[f"answer {block}"]

    def _even(self, x: Tensor, name: str) -> Tensor:
        scale, shift = self.weights[f"{name} scale"], self.weights[f"{name} shift"]
        return self.on.torch.nn.functional.layer_norm(x, x.shape[-1:], scale, shift)

    def _some(self, x: Tensor) -> Tensor:
        """Without the share that is left out, and the rest as much larger."""
        if not self.dropout:
            return x
        kept = self.on.torch.rand(x.shape, generator=self.on.chance, device=self.on.device) >= self.dropout
        return x * kept / (1 - self.dropout)

    def surprise(self, states: Tensor, came: Tensor, others: Tensor | None) -> Tensor:
        """Minus the logarithm of the chance that was given to what came, shape (states,).

        With drawn others, the sum over all goods is put as (goods - 1) / drawn times the sum over those.

        Args:
            states: shape (states, factors).
            came: places of goods, shape (states,).
            others: places of different goods to tell it from; None: all.
        """
        torch, items = self.on.torch, self.weights["items"]
        if others is None:
            return torch.nn.functional.cross_entropy(states @ items.T, came, reduction="none")
        right = (states * items[came]).sum(-1, keepdim=True)
        same = others == came[:, None]
        often = torch.log((len(items) - 1) / (~same).sum(-1, keepdim=True))
        wrong = (states @ items[others].T + often).masked_fill(same, -math.inf)
        return torch.cat([right, wrong], -1).logsumexp(-1) - right[:, 0]
