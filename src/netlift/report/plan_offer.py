"""An offer in words: what it gives, on what, to whom, and when; from the form of its mechanism."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from netlift.candidates.candidate import Candidate, Scope
from netlift.candidates.reasons import said as reasons
from netlift.promotions.form import Entry, form_of
from netlift.promotions.mechanism import MECHANISMS
from netlift.report.amounts import Amounts, count
from netlift.report.words import Words

MOST = 3
"""At most so many products or categories are named; of the others only how many."""
TELLING = frozenset({"take", "pay", "buy", "get", "number", "off"})
"""Fields that are told even where they are as by default: without them the offer is not said."""


def offer(candidate: Candidate, write: Amounts) -> str:
    """What it gives: `Spend threshold: from 40.00, 5.00 off, on coffee`."""
    words, say = write.words, write.words.say
    if candidate.kind not in MECHANISMS:
        return candidate.offer.name or candidate.offer.offer_id
    called, parts = title(candidate.kind, words), _parts(MECHANISMS[candidate.kind], candidate.form, write)
    before, dot, _ = candidate.offer.name.partition(" · ")
    if "letter_only" in candidate.why:  # as far as the data tell, nothing was ever taken off
        called, parts = say("plan_letter"), []
    if candidate.past is not None and dot:  # what the shop called it comes before what the form says
        called = f"{before} · {called}"
    return say("plan_form", title=called, parts=say("plan_then").join(parts)) if parts else called


def title(kind: str, words: Words) -> str:
    """What a mechanism is called; empty where it is not known."""
    return _own(MECHANISMS[kind].title, words) if kind in MECHANISMS else ""


def whom(candidate: Candidate, write: Amounts) -> str:
    """Who meets it: `lapsed customers by e-mail`, or everybody."""
    words = write.words
    if candidate.scope is not Scope.PERSONAL:
        return words.label("scope", candidate.scope.value)
    who = audience(candidate.audience.audience_id, words)
    if candidate.channel is None:
        return who
    return words.say("plan_who", audience=who, channel=words.label("channel", candidate.channel))


def when(candidate: Candidate, write: Amounts) -> str:
    """Its window, with the phase of a festival where it is in one."""
    days = write.dates(candidate.window)
    return f"{days} · {write.words.label('phase', candidate.phase)}" if candidate.phase else days


def audience(code: str, words: Words) -> str:
    """An audience in words; `buyers:coffee` names what it is about."""
    return coded("audience", code, words)


def coded(kind: str, code: str, words: Words) -> str:
    """The label of a code that may name something after a colon: `stock:coffee` is "stock of coffee"."""
    head, _, of = code.partition(":")
    label = words.label(kind, head)
    if "{of}" in label:
        return label.replace("{of}", of)
    return f"{label} · {of}" if of else label


def ideas(candidate: Candidate, write: Amounts) -> tuple[str, ...]:
    """Why it was proposed, one sentence a code; codes without words, or without their figures, are left out."""
    texts = list[str]()
    for code in candidate.why:
        try:
            texts += reasons(replace(candidate, why=(code,)), write.currency, write.words.lang)
        except KeyError:
            continue
    return tuple(texts)


def _parts(form: type, values: Mapping[str, object], write: Amounts) -> list[str]:
    """The filled fields in the order of the form, goods last; what is as by default, or nothing, is left out."""
    told, goods = [], []
    for one in form_of(form):
        value = values.get(one.name, one.default)
        if value in (None, 0, "") or one.entry.unit == "zone":
            continue
        if not one.required and value == one.default and one.name not in TELLING:
            continue
        if one.entry.unit == "goods":
            goods.append(_goods(value, write))
        else:
            told.append(_part(one.name, one.entry, one.type, value, write))
    return [text for text in (*told, *goods) if text]


def _part(name: str, entry: Entry, kind: object, value: object, write: Amounts) -> str:
    """One field in words: by its own phrase where there is one, else title and value."""
    words, called = write.words, _own(entry.title, write.words)
    if entry.unit == "yes_no":
        return called if value else ""
    if entry.unit == "rows":
        return _rows(kind, value, write)
    text = _value(entry, value, write)
    if entry.unit in {"money", "percent", "count", "days"} and words.knows("form", name, "text"):
        return words.text("form", name, n=text)
    return words.say("plan_part", title=called[:1].lower() + called[1:], value=text)


def _value(entry: Entry, value: object, write: Amounts) -> str:
    if isinstance(value, list | tuple):
        return _listed([str(one) for one in value], write)
    if entry.unit == "money" and isinstance(value, int):
        return write.exact(value)
    if entry.unit == "percent":
        return f"{value}%"
    if entry.unit == "moment":
        return write.day(datetime.fromisoformat(str(value)))
    if entry.unit in {"count", "points", "days"} and isinstance(value, int):
        return count(value)
    return str(value)


def _rows(kind: object, value: object, write: Amounts) -> str:
    """Rows of a table, such as the tiers of a threshold, one after another."""
    inner = getattr(kind, "__args__", (None,))[0]
    if not isinstance(value, list | tuple) or not isinstance(inner, type):
        return ""
    rows = [write.words.say("plan_then").join(_parts(inner, row, write)) for row in value if isinstance(row, Mapping)]
    return write.words.say("pause").join(rows)


def _goods(value: object, write: Amounts) -> str:
    """Which goods: all names that the lists hold."""
    if not isinstance(value, Mapping):
        return ""
    names = [str(one) for part in ("categories", "brands", "products", "tags") for one in value.get(part, ())]
    return write.words.say("plan_on", goods=_listed(names, write)) if names else ""


def _listed(names: Sequence[str], write: Amounts) -> str:
    shown = list(names[:MOST])
    if rest := len(names) - len(shown):
        shown.append(write.words.say("plan_goods_more", n=count(rest)))
    return write.words.listed(shown)


def _own(text: object, words: Words) -> str:
    """A text of the promotion language in the language of the words."""
    return str(getattr(text, "zh" if words.lang == "zh-CN" else "en"))
