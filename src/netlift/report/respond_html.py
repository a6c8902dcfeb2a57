"""The report of responses: one self-contained HTML file in both languages, written whole or not at all."""

from collections.abc import Sequence
from pathlib import Path

from netlift.report.html import render, write_text
from netlift.report.respond_tally import Tally
from netlift.report.respond_values import values
from netlift.report.respond_view import drawings, page
from netlift.report.words import LANGS, language
from netlift.response.results import Responses


def write_responses_html(
    found: Responses | Sequence[Responses], path: Path | str, lang: str = "en", tally: Tally | None = None
) -> Path:
    """Write the report; an existing file is replaced only when the new one is complete.

    Args:
        found: what was found; several where a plain experiment has several outcomes.
        path: where to write.
        lang: the language that is shown first; the reader can switch.
        tally: how many rows carry each reason, where rows were counted.

    Raises:
        ConfigError: a language that has no words.
        OSError: the folder does not exist or cannot be written.
    """
    return write_text(path, responses_html(found, lang, tally))


def responses_html(found: Responses | Sequence[Responses], lang: str = "en", tally: Tally | None = None) -> str:
    """The report as one HTML document."""
    listed, first = [found] if isinstance(found, Responses) else list(found), language(lang)
    tags = sorted(LANGS, key=lambda tag: tag != first)
    drawn = [drawings(one, {tag: values(one, tag) for tag in tags}) for one in listed]
    pages = [page(listed, drawn, values(listed[0], tag), tally) for tag in tags]
    return render("respond.html", {"pages": pages, "first": first})
