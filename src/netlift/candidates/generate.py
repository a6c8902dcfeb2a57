"""Step 3 as one function: every idea is asked, what it drafts is made ready to run, and what differs is kept."""

import numpy as np

from netlift.candidates.asked import Asked
from netlift.candidates.candidate import Candidate
from netlift.candidates.diverse import Chosen, Proposed, Rules, chosen
from netlift.candidates.eligible import eligible
from netlift.candidates.ground import Ground
from netlift.candidates.idea import IDEAS, Draft
from netlift.candidates.making import made
from netlift.candidates.sources import Sources

LEAST_PEOPLE = 5
"""Customers whom a personal offer must have to be worth its making."""
WANTED = 0.25
"""What a goal that was asked for adds to a candidate's promise."""


def generate(sources: Sources, asked: Asked) -> tuple[Candidate, ...]:
    """Offers that could be made: diverse, within margin, stock, law and habit; the same for the same input.

    Args:
        sources: what is known of the shop (`sources.gather`).
        asked: what is wanted.

    Returns:
        At most `asked.most`, in the order of their id; none where the shop has sold nothing of late.

    Raises:
        ConfigError: there is no such festival or time zone.
    """
    found = choose(proposals(sources, asked), sources, asked).candidates
    return tuple(sorted(found, key=lambda one: one.offer.offer_id))


def proposals(sources: Sources, asked: Asked) -> tuple[Proposed, ...]:
    """Everything that ideas come up with, by id; of the same offer the first, by name of the idea."""
    ground = Ground(sources, asked)
    found: dict[str, Proposed] = {}
    if not ground.goods.size:
        return ()
    for kind in IDEAS:
        for draft in IDEAS[kind]().drafts(ground):
            candidate = made(draft, ground)
            if candidate is not None and candidate.offer.offer_id not in found:
                one = _proposed(candidate, draft, ground)
                if not draft.personal or one.people.sum() >= LEAST_PEOPLE:
                    found[candidate.offer.offer_id] = one
    return tuple(found[offer_id] for offer_id in sorted(found))


def choose(proposed: tuple[Proposed, ...], sources: Sources, asked: Asked) -> Chosen:
    """Of the proposals those that are kept."""
    rules = Rules(asked.most, asked.per_mechanism, asked.least_distance, asked.goals)
    return chosen(proposed, sources.catalogue.goods.revenue, rules)


def _proposed(candidate: Candidate, draft: Draft, ground: Ground) -> Proposed:
    goods = np.zeros(ground.goods.size, dtype=bool)
    goods[draft.choice.rows] = True
    people = eligible(candidate, ground.crowd, reached=ground.sources.reached)
    promise = (draft.promise + (WANTED if ground.wants(candidate.goal) else 0.0)) / (1 + WANTED)
    return Proposed(candidate, promise, goods, people)
