"""Where the work of a plan is done: on this machine, or on Spark's executors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from netlift.response.scoring import Scorer, here

if TYPE_CHECKING:
    from netlift.allocation.crowd import Counter

MEMORY_MB = 2048
"""Of the driver's Java process."""


class Work(NamedTuple):
    """Who does what can be done elsewhere; results are the same."""

    scorer: Scorer = here
    """Asks models about customers."""
    passes: "Counter | None" = None
    """Counts passes over everybody in an allocation; None: whoever asks."""


@contextmanager
def work_on(kind: str) -> Iterator[Work]:
    """The workers of an engine, for as long as they are needed.

    Where Spark runs already in this process its context is used and left running.

    Args:
        kind: of the engine; any but spark works here.

    Raises:
        EngineError: Spark cannot run here (says what to install).
    """
    if kind != "spark":
        yield Work()
        return
    from netlift.allocation.spark import Executors
    from netlift.engines import Settings
    from netlift.engines.spark import Spark
    from netlift.response.spark import away

    with Spark(Settings(memory_mb=MEMORY_MB)) as opened, Executors(opened.session) as passes:
        yield Work(away(opened.session), passes)
