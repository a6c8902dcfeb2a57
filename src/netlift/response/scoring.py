"""Asking models about customers, a part of them at a time: the same on this machine and on any other."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from netlift.response.features import Moment, Part, Space
from netlift.response.score import Model, score

if TYPE_CHECKING:
    import pyarrow as pa

Asked: TypeAlias = tuple[Model, Space]
"""Models of one log, and the columns that they know."""
Scorer: TypeAlias = Callable[[Moment, Sequence[Asked]], "Iterator[pa.RecordBatch]"]
"""Rows of RESPONSE for everybody known at a moment: customers in order, within a part of them model after model, and
each batch of one offer."""


def here(now: Moment, asked: Sequence[Asked]) -> "Iterator[pa.RecordBatch]":
    """A `Scorer`: in this process."""
    for part in now.parts(interests=wanted(asked)):
        yield from answers(part, asked)


def answers(part: Part, asked: Sequence[Asked]) -> "Iterator[pa.RecordBatch]":
    """What all models say of some customers."""
    ids = part.profiles["customer_id"].combine_chunks()
    for model, space in asked:
        yield from score(model, ids, part.features(space))


def wanted(asked: Sequence[Asked]) -> bool:
    """Whether any model asks for interests."""
    return any(space.vocabulary.categories for _, space in asked)
