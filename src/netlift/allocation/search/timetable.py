"""Where each promotion of a calendar may start, and which of them may not stand together: tables of whole numbers."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from netlift.allocation.search.public import PublicOffer, Rules
from netlift.allocation.search.question import Bools, Floats, Ints
from netlift.allocation.search.shelves import Shelves
from netlift.errors import ConfigError


class Offers(NamedTuple):
    """Offers as arrays; the first stands for nothing."""

    keep: Floats
    """1 - depth."""
    bear: Floats
    """1 - given."""
    lift: Floats
    fixed: Floats
    weeks: Ints
    reach: Bools
    """Shape (offers + 1, shelves)."""
    together: Bools


LINE, SITE_FIRST, SITE_LAST = 0, 1, 2


class Near(NamedTuple):
    """Pairs that stand too near."""

    kind: int
    """LINE: both on one line; SITE_FIRST, SITE_LAST: one is on the site's line, and the earlier or the later."""
    hit: Bools
    """At the place of the earlier one (LINE) or on the shelf (else), shape (k, lines or shelves, weeks - lag)."""
    lag: int
    """Weeks from one start to the other."""


class Timetable:
    """What stands where."""

    def __init__(self, shelves: Shelves, offers: tuple[PublicOffer, ...], rules: Rules) -> None:
        check(shelves, offers, rules)
        self.offers, self.shelves, self.weeks = offers, len(shelves.names), shelves.weeks
        self.of = arrays(shelves, offers)
        self.site = bool(self.of.together.any())
        """Whether there is a line for what runs on several shelves at once; it is the last."""
        self.lines = self.shelves + self.site
        self.table, self.choices = table_of(shelves, offers, self.of, (self.lines, rules.guard))
        self.conflict, self.phases = conflicts(offers, self.of, rules.guard), phases(offers)

    def starts(self, population: Ints) -> Ints:
        """Offer that starts at each place, 1 for the first, 0: none; shape (k, lines, weeks)."""
        return self.table[np.arange(len(self.table)), population].reshape(len(population), self.lines, self.weeks)

    def running(self, starts: Ints) -> Ints:
        """Offer that runs on each line in each week; of two that overlap, the later one."""
        found, weeks = np.zeros_like(starts), starts.shape[2]
        for t in range(min(weeks, int(self.of.weeks.max())) - 1, -1, -1):
            going = np.where(self.of.weeks[starts] > t, starts, 0)[..., : weeks - t]
            found[..., t:] = np.where(going > 0, going, found[..., t:])
        return found

    def broken(self, starts: Ints) -> Floats:
        """How many rules are broken: too near to each other, too often, out of the order of a festival; shape (k,)."""
        found = np.zeros(len(starts))
        for pairs in self.near(starts):
            found += pairs.hit.reshape(len(starts), -1).sum(axis=1)
        for number, offer in enumerate(self.offers, start=1):
            if offer.times:
                often = (starts == number).reshape(len(starts), -1).sum(axis=1)
                found += np.maximum(often - offer.times, 0)
        for early, late in self.phases:
            over, begun = self.bounds(starts, early, late)
            found += begun <= over
        return found

    def bounds(self, starts: Ints, early: Bools, late: Bools) -> tuple[Ints, Ints]:
        """Last week of the early phase (-1: there is none) and first week of the late one; shape (k,)."""
        weeks = np.arange(starts.shape[2])
        ends = np.where(early[starts], weeks + self.of.weeks[starts] - 1, -1)
        begun = np.where(late[starts], weeks, len(weeks))
        return ends.max(axis=(1, 2), initial=-1), begun.min(axis=(1, 2), initial=len(weeks))

    def near(self, starts: Ints) -> Iterator[Near]:
        """Pairs of promotions that stand too near on some shelf, by how they lie."""
        n, weeks = self.shelves, starts.shape[2]
        for lag in range(1, min(len(self.conflict), weeks)):
            yield Near(LINE, self.conflict[lag][starts[..., : weeks - lag], starts[..., lag:]], lag)
        if not self.site:
            return
        shelf, site = starts[:, :n], starts[:, n:]
        reach = self.of.reach[starts[:, n]].transpose(0, 2, 1)
        for lag in range(min(len(self.conflict), weeks)):
            end = weeks - lag
            yield Near(SITE_FIRST, self.conflict[lag][site[..., :end], shelf[..., lag:]] & reach[..., :end], lag)
            if lag:
                yield Near(SITE_LAST, self.conflict[lag][shelf[..., :end], site[..., lag:]] & reach[..., lag:], lag)


def check(shelves: Shelves, offers: tuple[PublicOffer, ...], rules: Rules) -> None:
    """Whether offers, shelves and rules fit together.

    Raises:
        ConfigError: two offers of one name, an unknown shelf, or more quiet weeks than there are.
    """
    names = [offer.offer_id for offer in offers]
    if len(set(names)) < len(names):
        raise ConfigError(f"two offers of one name: {next(n for n in names if names.count(n) > 1)!r}")
    for offer in offers:
        if unknown := set(offer.shelves) - set(shelves.names):
            raise ConfigError(
                f"offer {offer.offer_id!r}: no shelf {min(unknown)!r}; there are {', '.join(shelves.names)}"
            )
    if rules.quiet > shelves.weeks:
        raise ConfigError(f"{rules.quiet} quiet weeks are more than the calendar's {shelves.weeks}")


def arrays(shelves: Shelves, offers: tuple[PublicOffer, ...]) -> Offers:
    """The offers as arrays."""

    def column(values: list[float]) -> Floats:
        return np.array(values, dtype=np.float64)

    reach = [[not o.shelves or name in o.shelves for name in shelves.names] for o in offers]
    return Offers(
        column([1.0, *(1 - o.depth for o in offers)]),
        column([1.0, *(1 - (o.depth if o.given is None else o.given) for o in offers)]),
        column([0.0, *(o.lift for o in offers)]), column([0.0, *(o.fixed_minor for o in offers)]),
        np.array([0, *(o.weeks for o in offers)], dtype=np.int64),
        np.array([[False] * len(shelves.names), *reach], dtype=np.bool_),
        np.array([False, *(o.together for o in offers)], dtype=np.bool_),
    )  # fmt: skip


def table_of(
    shelves: Shelves, offers: tuple[PublicOffer, ...], of: Offers, shape: tuple[int, int]
) -> tuple[Ints, Ints]:
    """Offer of each place and number, shape (places, offers + 1), and how many numbers each place has."""
    (lines, guard), n = shape, len(shelves.names)
    open_from = _open_from(shelves, guard)
    held: list[list[int]] = []
    for line in range(lines):
        for week in range(shelves.weeks):
            may = [
                number for number, offer in enumerate(offers, start=1)
                if offer.first <= week
                and week + offer.weeks <= min(shelves.weeks, shelves.weeks if offer.last is None else offer.last + 1)
                and offer.together == (line == n)
                and (of.reach[number, line] if line < n else True)
                and week >= (open_from[line] if line < n else open_from[of.reach[number]].max(initial=0))
            ]  # fmt: skip
            held.append([0, *may])
    table = np.zeros((len(held), len(offers) + 1), np.int64)
    for place, numbers in enumerate(held):
        table[place, : len(numbers)] = numbers
    return table, np.array([len(numbers) for numbers in held], dtype=np.int64)


def _open_from(shelves: Shelves, guard: int) -> Ints:
    """First week in which something can start on each shelf, for what ran before the calendar."""
    ran = shelves.before > 0
    ago = np.where(ran.any(axis=1), np.argmax(ran[:, ::-1], axis=1), shelves.before.shape[1] + guard)
    return np.maximum(0, guard - ago)


def conflicts(offers: tuple[PublicOffer, ...], of: Offers, guard: int) -> Bools:
    """Whether b may not start so many weeks after a on one line, shape (lags, offers + 1, offers + 1)."""
    longest = max((offer.weeks for offer in offers), default=0)
    found = np.zeros((longest + guard, len(offers) + 1, len(offers) + 1), np.bool_)
    for a, one in enumerate(offers, start=1):
        for b, other in enumerate(offers, start=1):
            kin = one.festival is not None and one.festival == other.festival
            apart = kin or not (of.reach[a] & of.reach[b]).any()
            found[: one.weeks + (0 if apart else guard), a, b] = True
    return found


def phases(offers: tuple[PublicOffer, ...]) -> tuple[tuple[Bools, Bools], ...]:
    """For each festival and two of its phases, which offers are of the earlier and which of the later."""
    found = []
    for festival in sorted({offer.festival for offer in offers if offer.festival is not None}):
        of = [offer.phase if offer.festival == festival else None for offer in offers]
        ranks = sorted({rank for rank in of if rank is not None})
        for early, late in ((a, b) for i, a in enumerate(ranks) for b in ranks[i + 1 :]):
            found.append(tuple(np.array([False, *(rank == which for rank in of)]) for which in (early, late)))
    return tuple((early, late) for early, late in found)
