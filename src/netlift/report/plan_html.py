"""The report of plans: one self-contained HTML file in both languages, written whole or not at all."""

from pathlib import Path
from typing import TYPE_CHECKING

from netlift.errors import ConfigError
from netlift.report.amounts import Amounts
from netlift.report.html import render, write_text
from netlift.report.plan_view import drawings, page
from netlift.report.words import LANGS, language, words

if TYPE_CHECKING:
    from netlift.plan.make import Made


def write_plans_html(made: "Made", path: Path | str, lang: str = "en") -> Path:
    """Write the report; an existing file is replaced only when the new one is complete.

    Args:
        made: the plans, with what explains them.
        path: where to write.
        lang: the language that is shown first; the reader can switch.

    Raises:
        ConfigError: a language that has no words, or no plans.
        OSError: the folder does not exist or cannot be written.
    """
    return write_text(path, plans_html(made, lang))


def plans_html(made: "Made", lang: str = "en") -> str:
    """The report as one HTML document."""
    if not made.plans:
        raise ConfigError("there is no plan to report: doing nothing is one, so make_plans always gives one")
    first, currency = language(lang), made.plans[0].head.currency
    writers = {tag: Amounts(words(tag), currency) for tag in sorted(LANGS, key=lambda tag: tag != first)}
    drawn = drawings(made, writers)
    return render("plan.html", {"pages": [page(made, drawn, write) for write in writers.values()], "first": first})
