"""Plans in sentences: which looks best, how much to spend, how sure that is, what is not shown, what to do next."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from netlift.plan.artefact import Head, Plan, Rival
from netlift.plan.explore import PILOTS
from netlift.report.amounts import Amounts, count, percent
from netlift.report.plan_limits import limit, quantity
from netlift.report.plan_offer import offer
from netlift.report.plan_values import (
    Outlook,
    advised,
    amount,
    best,
    customers,
    gap,
    outlook,
    quoted,
    said,
    shows,
    unbeaten,
)
from netlift.types import Grade

if TYPE_CHECKING:
    from netlift.plan.curve import Curve
    from netlift.plan.make import Made

LEADS = ("lead_plan", "lead_budget", "lead_plan_sure", "lead_plan_open")
"""Codes of the headings of the headline's four texts."""
POWER = 0.8
"""Power of the read-out that `HoldOut.detectable_minor` is given for."""


def headline(made: "Made", write: Amounts) -> tuple[str, str, str, str]:
    """Best estimate, how much to spend, how sure, what is not shown; texts without an answer are empty.

    Args:
        made: the plans, with the curve.
        write: how numbers are written.
    """
    chosen = best(made.plans)
    lead = next_step(made, write) if chosen is None else _lead(chosen, write)
    return lead, budget(made, write), _sure(made, chosen, write), _left_open(made, chosen, write)


def next_step(made: "Made", write: Amounts) -> str:
    """What to do next in one sentence: carry the best plan out where it is shown to pay, else test, else wait."""
    chosen = advised(made.plans)
    if chosen is None:
        return write.words.say("plan_lead_none")
    pays = outlook(chosen.head) is Outlook.PAYS
    if not pays and chosen.head.code not in PILOTS:
        return _lead(chosen, write)
    called = [write.words.say("name", name=offer(part.candidate, write)) for part in chosen.head.parts]
    return write.words.say(
        "plan_step_do" if pays else "plan_step_test", offers=write.words.listed(called),
        name=quoted(chosen.head, write), customers=_reached(chosen, write), cost=amount(cost(chosen.head), write),
        net=said(chosen.head.worth.net, write),
    )  # fmt: skip


def budget(made: "Made", write: Amounts) -> str:
    """Beyond which budget the next coin returns less than one, and what one more earns at the budget asked for."""
    curve, say = made.curve, write.words.say
    if curve is None or not curve.points or not made.plans:
        return ""
    asked = amount(made.plans[0].head.budget_minor, write)
    return (
        write.words.say("sentences")
        .join([_until(curve, asked, write), _next_coin(made, asked, write)])
        .strip(say("sentences"))
    )


def not_shown(made: "Made", write: Amounts) -> tuple[str, ...]:
    """Everything that a reader might take for shown and that is not, one sentence each."""
    told = []
    for plan in made.plans:
        told += _open_claims(plan.head, write)
    return tuple(told)


def against(head: Head, rival: Rival, write: Amounts) -> str:
    """Whether a plan is shown to beat a simple answer, with the difference."""
    difference = rival.difference
    numbers = {"name": quoted(head, write), "rival": write.words.label("rival", rival.code)}
    if difference.lower == difference.upper == 0:
        return write.words.say("plan_same_rival", **numbers)
    code = "beats" if difference.lower > 0 else "loses" if difference.upper < 0 else "open"
    code = code if shows(head) else "open"
    return write.words.say(f"plan_{code}_rival", **numbers, difference=said(difference, write))


def hold_out(head: Head, write: Amounts) -> tuple[str, ...]:
    """How it will be proved: how many are withheld, when it is read, what that finds, what it costs."""
    say, held = write.words.say, head.hold_out
    if held is None or not held.customers:
        return (say("plan_hold_out_none"),) if head.parts else ()
    told = [
        say(
            "plan_hold_out", share=percent(held.share), n=count(held.customers), day=_day(held.read_out, write),
            detectable=amount(held.detectable_minor, write), price=amount(held.price_minor, write),
            power=percent(POWER),
        )
    ]  # fmt: skip
    if not held.enough:
        told.append(say("plan_hold_out_short"))
    if held.global_share > 0:
        told.append(say("plan_hold_out_global", share=percent(held.global_share, digits=1)))
    return (*told, *exploration(head, write))


def exploration(head: Head, write: Amounts) -> tuple[str, ...]:
    """Offers given by chance, where there are some."""
    found = head.exploration
    if found is None or not found.customers:
        return ()
    share, price = percent(found.share, digits=1), amount(found.price_minor, write)
    return (write.words.say("plan_explore", n=count(found.customers), share=share, price=price),)


def certificate(head: Head, write: Amounts) -> tuple[str, ...]:
    """How near it is to the best that the limits allow, and which limits had to give way."""
    say, found = write.words.say, head.certificate
    if found is None:
        return (say("plan_certificate_none"),) if head.parts else ()
    numbers = {"value": amount(found.value, write), "bound": amount(found.bound, write), "gap": gap(head)}
    own = [code for code in head.notes if code.startswith("certificate_")]  # it counts something else than money
    told = [write.words.text("plan_proof", own[0], gap=gap(head)) if own else say("plan_certificate", **numbers)]
    if found.gap <= 0 and not own:
        told.append(say("plan_certificate_best"))
    told += [
        say("plan_relaxed", limit=limit(row, head, write), amount=quantity(row, by, write))
        for row, by in found.relaxed.items()
    ]
    return tuple(told)


def notes(head: Head, write: Amounts) -> tuple[str, ...]:
    """What to know before choosing it; a code without words is left out."""
    numbers = {code: _number(code, number, write) for code, number in head.numbers.items()}
    texts = [_note(code, {**numbers, "name": quoted(head, write)}, write) for code in head.notes]
    return tuple(text for text in texts if text)


def _number(code: str, number: float, write: Amounts) -> str:
    return amount(number, write) if code.endswith("_minor") else f"{number:,.4g}"


def dropped(code: str, note: str, write: Amounts) -> str:
    """A plan that was left out, and why."""
    called = write.words.say("name", name=write.words.label("plan", code))
    return _note(note, {"name": called}, write) or called


def _lead(chosen: Plan, write: Amounts) -> str:
    head, place = chosen.head, outlook(chosen.head)
    form = {Outlook.PAYS: "plan_lead", Outlook.ASSUMED: "plan_lead_assumed", Outlook.WEAK: "plan_lead_weak"}
    told = write.words.say(
        form.get(place, "plan_lead_open"), name=quoted(head, write), net=said(head.worth.net, write),
        cost=amount(cost(head), write), p_loss=percent(head.worth.p_loss), customers=_reached(chosen, write),
    )  # fmt: skip
    if place is Outlook.OPEN and head.grade is Grade.WEAK:
        told = write.words.say("sentences").join([told, write.words.say("plan_lead_doubt")])
    return told


def whom_reached(plan: Plan, write: Amounts) -> str:
    """How many get something; everybody where there are only promotions for all."""
    n = customers(plan)
    return count(n) if n or not plan.head.public else write.words.say("plan_everybody")


def _reached(plan: Plan, write: Amounts) -> str:
    n = customers(plan)
    if n == 0 and plan.head.public:
        return write.words.say("plan_everybody")
    return write.words.say("customers", n=n if n == 1 else count(n))


def cost(head: Head) -> float:
    """Expected spend of all parts, minor units."""
    return math.fsum(part.cost_minor for part in (*head.parts, *head.public))


def _until(curve: "Curve", asked: str, write: Amounts) -> str:
    """Where the next coin stops returning one."""
    say = write.words.say
    if max((point.value_minor for point in curve.points), default=0) <= 0:
        return say("plan_curve_none")
    if curve.one is not None and curve.one < 1:
        return say("plan_curve_free", asked=asked)
    if curve.one is None:
        return say("plan_curve_room", budget=amount(curve.points[-1].budget_minor, write), asked=asked)
    return say("plan_curve_until", budget=amount(curve.one, write), asked=asked)


def _next_coin(made: "Made", asked: str, write: Amounts) -> str:
    """What one more coin earns at the budget asked for, by the certificate of the plan of most profit."""
    proofs = [one.head.certificate for one in made.plans if one.head.certificate is not None]
    prices = [one.prices["budget"] for one in proofs if "budget" in one.prices]
    if not prices:
        return ""
    code = "plan_curve_price" if prices[0] >= 0.005 else "plan_curve_flat"
    return write.words.say(code, asked=asked, coin=write.unit, price=write.named(f"{prices[0]:,.2f}"))


def _sure(made: "Made", chosen: Plan | None, write: Amounts) -> str:
    if chosen is None:
        return ""
    words, head = write.words, chosen.head
    told = [words.say("plan_sure", name=quoted(head, write), grade=words.label("grade", head.grade.value))]
    beaten = [one for one in head.rivals if one not in unbeaten(head)]
    if beaten:
        told.append(words.say("plan_beaten", name=quoted(head, write), rivals=_rivals(beaten, write)))
    if gap(head):
        proved = "plan_proved" if head.certificate and head.certificate.gap > 0 else "plan_certificate_best"
        told.append(words.say(proved, name=quoted(head, write), gap=gap(head)))
    if len(made.plans) > 1 and math.isfinite(made.mean_overlap):
        told.append(words.say("plan_overlap", share=percent(made.mean_overlap)))
    return words.say("sentences").join(told)


def _left_open(made: "Made", chosen: Plan | None, write: Amounts) -> str:
    say = write.words.say
    if chosen is None:
        return ""
    told, beside = [], unbeaten(chosen.head)
    if beside:
        told.append(say("plan_open_rivals", name=quoted(chosen.head, write), rivals=_rivals(beside, write)))
    listed = not_shown(made, write)
    if listed:
        told.append(say("respond_open_more", n=len(listed)))
    return say("sentences").join(told) or say("respond_open_none")


def _rivals(listed: Sequence[Rival], write: Amounts) -> str:
    return write.words.listed([write.words.label("rival", one.code) for one in listed])


def _open_claims(head: Head, write: Amounts) -> list[str]:
    say, place, called = write.words.say, outlook(head), quoted(head, write)
    if place is Outlook.NOTHING:
        return []
    if place in {Outlook.ASSUMED, Outlook.WEAK}:
        told = [say("plan_open_grade", name=called, grade=write.words.label("grade", head.grade.value))]
    else:
        told = [say("plan_open_net", name=called, net=said(head.worth.net, write))] if place is Outlook.OPEN else []
        beside = [one for one in unbeaten(head) if one.code != "nothing"]
        told += [say("plan_open_rivals", name=called, rivals=_rivals(beside, write))] if beside else []
    if head.hold_out is not None and not head.hold_out.enough and head.hold_out.customers:
        detectable = amount(head.hold_out.detectable_minor, write)
        told.append(say("plan_open_hold_out", name=called, n=count(head.hold_out.customers), detectable=detectable))
    return told


def _note(code: str, numbers: dict[str, str], write: Amounts) -> str:
    head, _, of = code.partition(":")
    try:
        return write.words.text("plan_note", head, **{**numbers, "of": of})
    except KeyError:
        return ""


def _day(iso: str, write: Amounts) -> str:
    from datetime import UTC, datetime

    return write.day(datetime.fromisoformat(iso).replace(tzinfo=UTC))
