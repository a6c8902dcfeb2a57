"""How much of a budget may be spent by a moment: in equal shares from a first moment to a last one."""

from datetime import datetime, timedelta
from typing import NamedTuple

from netlift.service.core.refusals import Refused

PACED = """
    (pace_from IS NULL OR credit IS NULL OR (pace_from <= %(second)s AND held + spent + %(amount)s <=
        credit / pace_steps * CASE WHEN (%(second)s - pace_from) / pace_step < pace_steps
            THEN (%(second)s - pace_from) / pace_step + 1 ELSE pace_steps END
        + credit %% pace_steps * CASE WHEN (%(second)s - pace_from) / pace_step < pace_steps
            THEN (%(second)s - pace_from) / pace_step + 1 ELSE pace_steps END / pace_steps))"""
"""The condition of `released`, for the statement that holds an amount; whole numbers, and none larger than credit."""


class Pace(NamedTuple):
    """Equal shares of a credit that become spendable one after the other."""

    start: datetime
    """The first share is spendable from this moment on."""
    step: timedelta
    """From one share to the next; a second: evenly, a day: by day."""
    steps: int
    """Number of shares; the last one makes the whole credit spendable."""

    @classmethod
    def linear(cls, start: datetime, end: datetime) -> "Pace":
        """Evenly, second by second."""
        return cls(start, timedelta(seconds=1), int((end - start).total_seconds())).checked()

    @classmethod
    def daily(cls, start: datetime, end: datetime) -> "Pace":
        """One share for each 24 hours that begin before the end."""
        return cls(start, timedelta(days=1), -((start - end) // timedelta(days=1))).checked()

    def checked(self) -> "Pace":
        """The same pace.

        Raises:
            Refused: it has no step, or none that takes a whole second.
        """
        if self.steps < 1 or self.step < timedelta(seconds=1) or self.step % timedelta(seconds=1):
            raise Refused("a pace needs an end after its start, and steps of whole seconds", "invalid_pace")
        return self

    def released(self, credit: int, now: datetime) -> int:
        """How much of a credit may be held and spent by a moment.

        >>> from datetime import UTC
        >>> june = [datetime(2026, 6, day, tzinfo=UTC) for day in range(1, 5)]
        >>> pace = Pace.daily(june[0], june[3])
        >>> [pace.released(1000, day) for day in june]
        [333, 666, 1000, 1000]
        """
        second, start = int(now.timestamp()), int(self.start.timestamp())
        if second < start:
            return 0
        share = min((second - start) // int(self.step.total_seconds()) + 1, self.steps)
        whole, rest = divmod(credit, self.steps)
        return whole * share + rest * share // self.steps
