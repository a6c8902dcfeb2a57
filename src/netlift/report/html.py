"""One self-contained HTML file: both languages, all figures, no network; written whole or not at all."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from netlift.evaluation.results import Audit
from netlift.report.amounts import amounts
from netlift.report.canvas import DARK, LIGHT
from netlift.report.receipts import receipt
from netlift.report.view import drawings, page
from netlift.report.words import LANGS, language

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
"""Content security policy of the file: it can load nothing from anywhere."""


def write_html(audit: Audit, path: Path | str, lang: str = "en") -> Path:
    """Write the report; an existing file is replaced only when the new one is complete.

    Args:
        audit: what was found.
        path: where to write.
        lang: the language that is shown first; the reader can switch.

    Raises:
        ConfigError: a language that has no words.
        OSError: the folder does not exist or cannot be written.
    """
    return write_text(path, html(audit, lang))


def html(audit: Audit, lang: str = "en") -> str:
    """The report as one HTML document."""
    first = language(lang)
    writers = {tag: amounts(audit, tag) for tag in sorted(LANGS, key=lambda tag: tag != first)}
    drawn = drawings(audit, writers)
    pages = [page(audit, write, drawn) for write in writers.values()]
    receipts = {tag: [receipt(one, write) for one in audit.receipts] for tag, write in writers.items()}
    return render("report.html", {"pages": pages, "first": first, "receipts": receipts})


def render(template: str, content: Mapping[str, object]) -> str:
    """Fill a template of this folder; everything is escaped, and a missing name is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("netlift.report", "templates")
    frame = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return frame.get_template(template).render(light=LIGHT, dark=DARK, policy=POLICY, **content)


def write_text(path: Path | str, text: str) -> Path:
    """Write a UTF-8 file through a temporary one beside it, so that no reader ever sees half of it."""
    target = Path(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target
