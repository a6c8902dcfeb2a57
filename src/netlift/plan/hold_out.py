"""The experiment inside a plan: from how many customers an offer is withheld, by chance, to prove what it earned.

Who is withheld is a hash of the seed, the plan's code, the offer and the customer: the same on every machine, and
nobody's place depends on who else is there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from netlift.experiments.assign import position
from netlift.experiments.power import detectable
from netlift.plan.artefact import HoldOut
from netlift.plan.pool import Bools, Floats, Ints, Pool
from netlift.response.results import Learned, Source
from netlift.uplift.estimate import critical

SMALLEST, LARGEST = 0.05, 0.3
"""Shares between which a hold-out is sized: below, nothing is proved; above, proving costs more than it teaches."""
STEP = 0.01
_LINE = 2.0**64


@dataclass(frozen=True, slots=True)
class Design:
    """How much is withheld, and what that will show."""

    share: float
    detectable_minor: float
    """Smallest net lift per customer that is found with power .8; nan where the spread of outcomes is not known."""
    expected_minor: float
    """Net lift per customer that is expected."""

    @property
    def enough(self) -> bool:
        """Whether what is expected would be found."""
        return self.detectable_minor <= abs(self.expected_minor)


def design(
    pool: Pool, cells: Ints, *, value: Floats | None = None, share: float | None = None, level: float = 0.9
) -> Design:
    """The smallest hold-out that finds what is expected, between `SMALLEST` and `LARGEST`.

    Args:
        pool: pairs.
        cells: those that the plan chose.
        value: what each pair is believed to earn, minor units, shape (pairs,); None: its net margin, which promises
            too much where it was chosen for being high.
        share: asked for; None: sized.
        level: confidence level of the read-out.
    """
    believed = pool.net if value is None else value
    expected = float(believed[cells].mean()) if len(cells) else 0.0
    sd = _spread(pool, cells)
    if share is not None:
        return Design(share, _found(len(cells), share, sd, level), expected)
    low, high = round(SMALLEST / STEP), round(LARGEST / STEP)
    while low < high:  # the lift that is found shrinks as the share grows to one half
        middle = (low + high) // 2
        if _found(len(cells), middle * STEP, sd, level) <= abs(expected):
            high = middle
        else:
            low = middle + 1
    if math.isnan(sd):
        low = 2 * round(SMALLEST / STEP)
    return Design(low * STEP, _found(len(cells), low * STEP, sd, level), expected)


def withheld(pool: Pool, cells: Ints, share: float, *, seed: int, code: str) -> Bools:
    """Which of the chosen pairs are withheld, shape (chosen,)."""
    import pyarrow as pa

    limit = share * _LINE
    names = [f"{seed}/{code}/hold-out/{offer}" for offer in pool.offers]
    who = pool.eligible.customer_id.take(pa.array(pool.owner[cells])).to_pylist()
    # one hash per chosen pair: a table of them would be no shorter
    return np.array(
        [position(one, names[offer]) < limit for one, offer in zip(who, pool.offer[cells], strict=True)], np.bool_
    )


def global_hold_out(customers: Sequence[str], share: float, *, seed: int) -> Bools:
    """Customers who get nothing from any plan of this seed, shape (customers,); a larger share holds a smaller one."""
    if share <= 0:
        return np.zeros(len(customers), np.bool_)
    return np.array([position(one, f"{seed}/global-hold-out") < share * _LINE for one in customers], np.bool_)


def hold_out_of(
    pool: Pool, cells: Ints, held: Bools, made: Design, *, ends: date, washout_days: int, global_share: float
) -> HoldOut:
    """What a plan says of its experiment.

    Args:
        pool: pairs.
        cells: chosen.
        held: which of them are withheld, shape (chosen,).
        made: the design.
        ends: day after the last window.
        washout_days: counted after it.
        global_share: of customers left out of everything.
    """
    price = float(pool.net[cells[held]].sum())
    return HoldOut(
        made.share, int(held.sum()), made.detectable_minor, (ends + timedelta(days=washout_days)).isoformat(),
        price, made.enough, global_share,
    )  # fmt: skip


def _found(customers: int, share: float, sd: float, level: float) -> float:
    """Smallest lift per customer that a hold-out of this share finds with power .8."""
    control = round(customers * share)
    if math.isnan(sd) or control < 2 or customers - control < 2:
        return math.nan
    return detectable(sd, (control, customers - control), level=level)


def _spread(pool: Pool, cells: Ints) -> float:
    """Standard deviation of a customer's net margin over window and wash-out, the offers weighted by their pairs."""
    given = pool.sums(cells, np.ones(len(cells)))
    known = [(spread_of(one), n) for one, n in zip(pool.learned, given, strict=True) if one is not None and n > 0]
    squares = [(sd**2, n) for sd, n in known if not math.isnan(sd)]
    total = sum(n for _, n in squares)
    return math.sqrt(sum(square * n for square, n in squares) / total) if total else math.nan


def spread_of(learned: Learned) -> float:
    """Standard deviation of a customer's outcome, read back from what is known of an offer; nan: it is not known.

    Of a log from the error of its average; of an offer without one from the pilot that was sized for it.
    """
    net = learned.net
    if learned.source in (Source.EXPERIMENT, Source.LOG) and net.se > 0 and net.n_treated > 1 and net.n_control > 1:
        return net.se / math.sqrt(1 / net.n_treated + 1 / net.n_control)
    pilot = learned.pilot
    if pilot is None or pilot.per_arm < 2 or not pilot.effect_minor > 0:
        return math.nan
    reach = critical(pilot.level) + critical(2 * pilot.power - 1) if pilot.power > 0.5 else critical(pilot.level)
    return pilot.effect_minor / (reach * math.sqrt(2 / pilot.per_arm))
