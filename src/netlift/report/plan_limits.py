"""Limits of a plan in words: what each is about, how much of it there is, what one more unit would earn."""

import math

from netlift.plan.artefact import Head
from netlift.report.amounts import Amounts, count
from netlift.report.plan_offer import coded, offer
from netlift.report.plan_values import amount

MONEY_ROWS = frozenset({"budget", "liability", "loss", "roi"})
"""Limits that are counted in money; a unit of the others is a customer, a message or a thing."""


def limit(row: str, head: Head, write: Amounts) -> str:
    """A limit in words: `stock of coffee`; offers are named by what they are."""
    kind, _, of = row.partition(":")
    return coded("limit", f"{kind}:{limit_of(kind, of, head, write)}" if of else kind, write.words)


def one_more(row: str, earned: float, head: Head, write: Amounts) -> str:
    """What one more unit of a limit would earn, as a sentence."""
    kind, _, of = row.partition(":")
    named = limit_of(kind, of, head, write)
    text = write.words.text("limit", kind, coin=write.unit, of=named, price=price(row, earned, write))
    return text or f"{limit(row, head, write)}{write.words.say('colon')}{price(row, earned, write)}"


def quantity(row: str, used: float, write: Amounts) -> str:
    """How much of a limit: money, or a number of things."""
    if not math.isfinite(used):
        return ""
    return amount(used, write) if row.partition(":")[0] in MONEY_ROWS else count(used)


def price(row: str, earned: float, write: Amounts) -> str:
    """What one more earns: per coin as a plain number of coins; per thing as an amount."""
    if row.partition(":")[0] in MONEY_ROWS:
        return write.named(f"{earned:,.2f}")
    return write.named(write.exact(round(earned)))


def limit_of(kind: str, of: str, head: Head, write: Amounts) -> str:
    """What a limit is about: a plan, an offer, a channel, an audience, a goal, or goods by their own name."""
    words = write.words
    if kind == "differs":
        return words.label("plan", of)
    offers = {part.candidate.offer.offer_id: part.candidate for part in (*head.parts, *head.public)}
    if of in offers:
        return offer(offers[of], write)
    if kind == "channel":
        return words.label("channel", of)
    if kind == "share" and of.startswith("goal-"):
        return words.label("goal", of.removeprefix("goal-"))
    return coded("audience", of, words) if kind == "share" else of
