"""Quotes and replays as JSON for scripts: the engine's own codes and minor units, with the reasons in words beside."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from netlift.evaluation.replay_results import Replay
from netlift.promotions.documents import to_json
from netlift.promotions.explain import Trace
from netlift.promotions.quote import Quote
from netlift.promotions.texts import reason
from netlift.report.quote_table import texts_language
from netlift.report.replay_table import caveat


def quote_json(quote: Quote, trace: Trace | None = None, lang: str = "en") -> dict[str, Any]:
    """JSON data of a quote: `quote`, `payable`, `reasons` of refusals in words, and `trace` where one was made.

    Args:
        quote: the quote; `netlift.promotions.documents.read_quote` reads it back.
        trace: every condition that was looked at.
        lang: `en` or `zh-CN`.
    """
    language = texts_language(lang)
    said = {name: reason(why, language) for name, why in sorted(quote.refusals.items())}
    if trace is not None:
        said |= {one.promotion: one.text(quote.currency, language) for one in trace.verdicts if one.why is not None}
    found: dict[str, Any] = {"quote": to_json(quote), "payable": quote.payable, "reasons": said}
    return found if trace is None else found | {"trace": to_json(trace)["verdicts"]}


def replay_json(replay: Replay, lang: str = "en") -> dict[str, Any]:
    """JSON data of a replay with every number in it; `note` says what it does not show."""
    found = {name: _plain(getattr(replay, name)) for name in replay.__dataclass_fields__}
    return {"note": caveat(lang), **found}


def _plain(value: object) -> Any:
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        if hasattr(value, "_asdict"):
            return _plain(value._asdict())
        return [_plain(one) for one in value]
    return value
