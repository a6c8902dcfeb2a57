"""Responses in sentences: who is moved, by what, how sure, and what is not shown."""

import math
from collections import Counter
from collections.abc import Iterable

from netlift.report import sentences
from netlift.report.amounts import count, percent
from netlift.report.respond_values import Outlook, Values, as_effect, names, outlooks
from netlift.response.results import Learned, Pilot, Responses, Source, Test
from netlift.uplift.compare import BEST_ARM, NO_OFFER, RANDOM, RESPONSE

NAMED = 2
"""At most so many offers, or tests, are told of in one sentence of the headline."""
LEADS = ("lead_who", "lead_what", "lead_sure", "lead_open")
"""Codes of the headings of the headline's four texts."""
SIMPLE = {NO_OFFER: "none", BEST_ARM: "best", RESPONSE: "response", RANDOM: "random"}
"""Code of each simple answer."""


def headline(responses: Responses, value: Values) -> tuple[str, str, str, str]:
    """Who is moved, by what, how sure, what is not shown: four texts, honest when nothing is shown.

    Args:
        responses: what was found.
        value: how its numbers are written.

    Returns:
        One text for each of the four; those without an answer are empty.
    """
    if not responses.learned:
        say = value.write.words.say
        return say("respond_nothing"), "", "", _joined([say("respond_learn"), *_unknown(responses, value)], value)
    return _who(responses, value), _what(responses, value), _sure(responses, value), _left_open(responses, value)


def not_shown(responses: Responses, value: Values) -> tuple[str, ...]:
    """Everything that a reader might take for shown and that is not, one sentence each."""
    listed = [text for test in responses.tests for text in _open_answers(test, value)]
    for name, one, outlook in _judged(responses, value):
        listed += _open_claims(name, one, outlook, responses, value)
    return tuple(listed)


def answers(test: Test, value: Values) -> dict[str, str]:
    """One sentence for each simple answer: whether personalisation is shown to beat it."""
    return {key: _answer(test, key, value) for key in test.comparison.differences}


def simple(test: Test, key: str, value: Values) -> str:
    """What a simple answer does, in words: `"Mens E-Mail" to all`."""
    say, words = value.write.words.say, value.write.words
    best = test.comparison.best_arm
    if key == BEST_ARM:
        if best == 0:
            return words.label("simple", "none")
        return say("to_all", name=say("name", name=test.arms[best])) if best < len(test.arms) else _label(value, key)
    return _label(value, key)


def pilot(one: Pilot, value: Values) -> str:
    """The experiment that would tell: its size, its time, what it finds, what it costs."""
    say, write = value.write.words.say, value.write
    effect = f"{one.effect_minor * value.factor:,.3g}"
    said = say(
        "pilot", n=sentences.units(one.per_arm, "customer", write), days=say("days", n=one.days),
        effect=write.named(effect) if value.money else effect, power=percent(one.power),
        cost=write.named(write.brief(one.cost_minor)) if value.money else f"{one.cost_minor:,.3g}",
    )  # fmt: skip
    return said if one.enough else f"{said} {say('pilot_too_large')}"


def pilots(responses: Responses, value: Values) -> tuple[str, ...]:
    """Which offers a test would tell of, one sentence each; tests that the shop can run come first."""
    say = value.write.words.say
    asked = [(name, one.pilot) for name, one, _ in _judged(responses, value) if one.pilot is not None]
    asked.sort(key=lambda pair: not pair[1].enough)
    return tuple(say("to_know", name=name, pilot=pilot(test, value)) for name, test in asked)


def differences(one: Learned, value: Values) -> str:
    """Whether customers are shown to differ, with the calibration slope."""
    say = value.write.words.say
    if one.slope is None or not math.isfinite(one.slope.estimate):
        return say("slope_none")
    return say("slope_shown" if one.personal else "slope_open", slope=_plain(value).said(one.slope, sign=False))


def failed_checks(one: Learned, value: Values) -> str:
    """Names of the checks that failed, as one phrase; empty if none did."""
    words = value.write.words
    return words.listed([words.label("check", check.code) for check in one.checks if check.passed is False])


def share(part: int, whole: int) -> str:
    """A share in percent; empty where there is no whole."""
    return percent(part / whole) if whole > 0 else ""


def _who(responses: Responses, value: Values) -> str:
    """Offers that move customers apart, then those that pay for all alike, then whom an offer harms."""
    measured = [row for row in _judged(responses, value) if row[2] in {Outlook.PAYS, Outlook.LOSES, Outlook.OPEN}]
    apart = [(name, one) for name, one, _ in measured if one.personal and one.moved > 0]
    alike = [(name, one) for name, one, outlook in measured if not one.personal and outlook is Outlook.PAYS]
    told = [_counted("moved", name, one, one.moved, responses, value) for name, one in apart[:NAMED]]
    if alike:
        told.append(_alike(alike, responses, value))
    if not apart and not alike:
        told.append(_say(value, "moved_none" if value.money else "none"))
    harmful = [(name, one) for name, one, _ in measured if one.personal and one.harmed > 0]
    told += [_counted("harmed", name, one, one.harmed, responses, value) for name, one in harmful[:1]]
    return _joined(told, value)


def _counted(code: str, name: str, one: Learned, n: int, responses: Responses, value: Values) -> str:
    numbers = {"name": name, "scored": count(one.scored), "share": share(n, one.scored), "outcome": responses.outcome}
    return _say(value, code, **{code: count(n)}, **numbers)


def _alike(paying: list[tuple[str, Learned]], responses: Responses, value: Values) -> str:
    """One sentence for all offers that pay on average without telling customers apart."""
    called = [name for name, _ in paying[:NAMED]]
    rest = len(paying) - len(called)
    listed = value.write.words.listed([*called, value.write.words.say("more_names", n=rest)] if rest else called)
    scored = count(max(one.scored for _, one in paying))
    return _say(value, "moved_all" if value.money else "all", name=listed, scored=scored, outcome=responses.outcome)


def _what(responses: Responses, value: Values) -> str:
    judged = _judged(responses, value)
    told = []
    for wanted, code in ((Outlook.PAYS, "pays"), (Outlook.LOSES, "loses")):
        chosen = [(name, one) for name, one, outlook in judged if outlook is wanted]
        chosen.sort(key=lambda pair: -abs(pair[1].net.estimate))
        for name, one in chosen[: NAMED if wanted is Outlook.PAYS else 1]:
            cost, net = value.shown(one.cost, sign=False).estimate, value.said(one.net, each=True)
            bare = "_bare" if code == "pays" and value.money and not cost else ""
            numbers = {"name": name, "net": net, "cost": value.write.named(cost), "outcome": responses.outcome}
            told.append(_say(value, code + bare, **numbers))
    if not any(outlook is Outlook.PAYS for _, _, outlook in judged):
        name, one, _ = max(judged, key=lambda row: (row[2] is not Outlook.ASSUMED, _order(row[1])))
        code = "best_open" if value.money else "open"
        told.insert(0, _say(value, code, name=name, net=value.said(one.net, each=True), outcome=responses.outcome))
    return _joined(told, value)


def _sure(responses: Responses, value: Values) -> str:
    say, words, learned = value.write.words.say, value.write.words, responses.learned
    sources = Counter(one.source for one in learned)
    parts = [
        words.text("source", source.value, "many", n=count(sources[source])) for source in Source if sources[source]
    ]
    offers = say("respond_offers" if value.money else "respond_arms", n=len(learned))
    told = [say("respond_sure", offers=offers, parts=words.listed(parts))]
    failed = sum(any(check.passed is False for check in one.checks) for one in learned)
    if failed:
        told.append(say("respond_failed", n=failed))
    differ = sum(one.personal for one in learned)
    told.append(say("respond_differ" if differ else "respond_differ_none", n=differ, of=offers))
    told += [_answer(test, BEST_ARM, value) for test in responses.tests if _beaten(test)][:NAMED]
    return _joined(told, value)


def _left_open(responses: Responses, value: Values) -> str:
    """The best single arms that personalisation does not beat, then how many things are open in all."""
    tests = [test for test in responses.tests if BEST_ARM in test.comparison.differences and not _beaten(test)]
    told, listed = [_answer(test, BEST_ARM, value) for test in tests[:NAMED]], not_shown(responses, value)
    if len(listed) > len(told):
        told.append(value.write.words.say("respond_open_more", n=len(listed)))
    told += _unknown(responses, value)
    return _joined(told, value) or value.write.words.say("respond_open_none")


def _unknown(responses: Responses, value: Values) -> list[str]:
    n = len(responses.unknown)
    return [value.write.words.say("respond_open_unknown", n=n)] if n else []


def _beaten(test: Test) -> bool:
    """Whether personalisation is shown to beat the best single arm."""
    found = test.comparison.differences.get(BEST_ARM)
    return found is not None and found.lower > 0


def _open_answers(test: Test, value: Values) -> Iterable[str]:
    """Sentences for the simple answers that are not beaten, each once."""
    for key in test.comparison.not_shown_to_beat:
        if not (key == NO_OFFER and test.comparison.best_arm == 0 and BEST_ARM in test.comparison.differences):
            yield _answer(test, key, value)


def _answer(test: Test, key: str, value: Values) -> str:
    found, say = test.comparison.differences[key], value.write.words.say
    told = simple(test, key, value)
    if found.estimate == 0 and found.se == 0:
        return say("same_simple", simple=told)
    code = "beats_simple" if found.lower > 0 else "loses_simple" if found.upper < 0 else "open_simple"
    return say(code, simple=told, difference=value.said(found, each=True))


def _open_claims(name: str, one: Learned, outlook: Outlook, responses: Responses, value: Values) -> Iterable[str]:
    say, net = value.write.words.say, value.said(one.net, each=True)
    if outlook is Outlook.ASSUMED:
        yield say("open_assumed", name=name)
        return
    if outlook is Outlook.WEAK:
        yield say("open_weak", name=name, checks=failed_checks(one, value))
        return
    if outlook is Outlook.UNKNOWN:
        yield say("open_unknown", name=name)
    elif outlook is Outlook.OPEN:
        yield say("open_net" if value.money else "open_plain", name=name, net=net, outcome=responses.outcome)
    if one.slope is None or not math.isfinite(one.slope.estimate):
        yield say("open_personal", name=name)
    elif not one.personal:
        yield say("open_personal_slope", name=name, slope=_plain(value).said(one.slope, sign=False))


def _judged(responses: Responses, value: Values) -> list[tuple[str, Learned, Outlook]]:
    """Offers with their names in quotation marks and what may be said of them."""
    said = (value.write.words.say("name", name=name) for name in names(responses.learned))
    return list(zip(said, responses.learned, outlooks(responses.learned), strict=True))


def _say(value: Values, code: str, **numbers: str) -> str:
    """A phrase in its form for money or for a plain outcome."""
    return value.write.words.say(f"respond_{code}" if value.money else f"respond_plain_{code}", **numbers)


def _label(value: Values, key: str) -> str:
    return value.write.words.label("simple", SIMPLE.get(key, key))


def _plain(value: Values) -> Values:
    return Values(value.write, money=False)


def _order(one: Learned) -> float:
    return one.net.estimate if math.isfinite(as_effect(one.net).estimate) else -math.inf


def _joined(told: list[str], value: Values) -> str:
    return value.write.words.say("sentences").join(told)
