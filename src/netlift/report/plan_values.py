"""How a report of plans writes money, and what it may say of a plan."""

import math
from collections.abc import Sequence
from enum import StrEnum

from netlift.plan.artefact import Head, Plan, Rival
from netlift.plan.explore import PILOTS
from netlift.report.amounts import Amounts, percent
from netlift.types import Effect, Grade, Verdict

GIVEN = ("treatment", "explore")
"""Arms of those who get an offer."""


class Outlook(StrEnum):
    """What may be said of what a plan is expected to earn."""

    PAYS = "pays"
    LOSES = "loses"
    OPEN = "open"
    """The interval holds zero."""
    WEAK = "weak"
    """A check failed of what more than a tenth of it rests on."""
    ASSUMED = "assumed"
    NOTHING = "nothing"
    """Nothing is done."""

    @property
    def verdict(self) -> Verdict:
        """Colour and shape: keep for a gain, stop for a loss, test for all else."""
        return {Outlook.PAYS: Verdict.KEEP, Outlook.LOSES: Verdict.STOP}.get(self, Verdict.TEST)


def outlook(head: Head) -> Outlook:
    """What may be said of a plan; a gain is said only where its whole interval is one and its evidence can carry it."""
    if not head.parts and not head.public:
        return Outlook.NOTHING
    net = head.worth.net
    if head.grade is Grade.ASSUMED:
        return Outlook.ASSUMED
    if not net.excludes_zero:
        return Outlook.OPEN
    if head.grade is Grade.WEAK:
        return Outlook.WEAK
    return Outlook.PAYS if net.lower > 0 else Outlook.LOSES


def name(head: Head, write: Amounts) -> str:
    """What a plan is called."""
    return write.words.label("plan", head.code)


def quoted(head: Head, write: Amounts) -> str:
    """Its name in the quotation marks of the language, for the running text."""
    return write.words.say("name", name=name(head, write))


def said(effect: Effect, write: Amounts, *, sign: bool = True) -> str:
    """An effect in money with its interval: `+1,230 USD (90% interval +300 to +2,100)`; a sure one without."""
    if not known(effect):
        return write.words.say("no_interval")
    if not _wide(effect):
        return amount(effect.estimate, write, sign=sign)
    shown = write.money(effect, sign=sign)
    interval = write.interval(effect, shown)
    if not shown.estimate:
        return interval
    return write.words.say("with_interval", estimate=write.named(shown.estimate), interval=interval)


def estimate(effect: Effect, write: Amounts) -> str:
    """The estimate alone, without its currency."""
    if not known(effect):
        return brief(effect.estimate, write, sign=True) or write.words.page("unknown")
    if not _wide(effect):
        return brief(effect.estimate, write, sign=True)
    return write.money(effect).estimate or write.words.page("limits")


def span(effect: Effect, write: Amounts) -> str:
    """The interval without its level, for a column whose heading names it; empty for what is sure."""
    if not known(effect):
        return write.words.say("no_interval")
    return write.range(write.money(effect)) if _wide(effect) else ""


def amount(minor: float, write: Amounts, *, sign: bool = False) -> str:
    """An amount as people read it, with its currency; `unknown` where it is not finite."""
    text = brief(minor, write, sign=sign)
    return write.named(text) if text else write.words.page("unknown")


def brief(minor: float, write: Amounts, *, sign: bool = False) -> str:
    """An amount without its currency; empty where it is not finite."""
    return write.brief(round(minor), sign=sign) if math.isfinite(minor) else ""


def gap(head: Head) -> str:
    """How much more any plan could earn, in percent; empty where nothing was proved."""
    if head.certificate is None or not math.isfinite(head.certificate.gap):
        return ""
    return percent(head.certificate.gap, digits=2)


def unbeaten(head: Head) -> tuple[Rival, ...]:
    """The simple answers that a plan is not shown to beat: all, where failed checks or assumptions carry it."""
    return tuple(one for one in head.rivals if not (shows(head) and one.difference.lower > 0))


def shows(head: Head) -> bool:
    """Whether anything can be shown by what a plan rests on."""
    return head.grade not in {Grade.WEAK, Grade.ASSUMED}


def customers(plan: Plan) -> int:
    """Different customers who get something, those given by chance among them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    given = pc.is_in(plan.rows["arm"], pa.array(GIVEN))
    return int(pc.count_distinct(plan.rows["customer_id"].filter(given)).as_py())


def offers(plan: Plan) -> int:
    """Different offers that are given for what they earn, or all of a pilot; what everybody meets among them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    arm = "explore" if plan.head.code in PILOTS else "treatment"
    given = plan.rows["offer_id"].filter(pc.equal(plan.rows["arm"], pa.scalar(arm)))
    return int(pc.count_distinct(given).as_py()) + len(plan.head.public)


def best(plans: Sequence[Plan]) -> Plan | None:
    """The plan with the best estimate above zero; None where no plan is expected to earn anything."""
    doing = [one for one in plans if outlook(one.head) is not Outlook.NOTHING and one.head.worth.net.estimate > 0]
    return max(doing, key=lambda one: (one.head.worth.net.estimate, one.head.code), default=None)


def advised(plans: Sequence[Plan]) -> Plan | None:
    """The plan to carry out next: the best where it is shown to pay, else the pilot that would tell, else the best."""
    chosen = best(plans)
    if chosen is not None and outlook(chosen.head) is Outlook.PAYS:
        return chosen
    return next((one for one in plans if "pilot_finds" in one.head.notes), chosen)


def known(effect: Effect) -> bool:
    """Whether its interval could be computed."""
    return math.isfinite(effect.lower + effect.upper)


def _wide(effect: Effect) -> bool:
    """Whether there is an interval at all."""
    return not effect.lower == effect.upper == effect.estimate
