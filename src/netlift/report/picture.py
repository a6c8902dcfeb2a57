"""Figures of an audit as files of their own, for a README, a slide or a mail."""

from pathlib import Path

from netlift.errors import ConfigError
from netlift.evaluation.results import Audit
from netlift.report import bars
from netlift.report.amounts import amounts
from netlift.report.canvas import Drawing
from netlift.report.forest import MOST_ROWS, forest
from netlift.report.html import write_text
from netlift.report.words import language

KINDS = ("forest", "waterfall", "decomposition")


def picture_svg(
    audit: Audit, kind: str = "forest", lang: str = "en", *, promotion_id: str | None = None, most: int = MOST_ROWS
) -> str:
    """A figure as SVG on light paper; it names fonts but holds none, and loads nothing.

    Args:
        audit: what was found.
        kind: `forest`, `waterfall` or `decomposition`.
        lang: `en` or `zh-CN`.
        promotion_id: for the latter two, which promotion; the first that has such a figure if not given.
        most: for the forest, at most so many rows.

    Raises:
        ConfigError: an unknown kind or language, or no promotion with such a figure.
    """
    if kind not in KINDS:
        raise ConfigError(f"unknown picture {kind!r}; known: {', '.join(KINDS)}")
    tag = language(lang)
    drawn = _drawing(audit, kind, tag, promotion_id, most)
    if drawn is None:
        raise ConfigError(f"no {kind} can be drawn for {promotion_id or 'any promotion'}")
    return drawn.svg(tag, title=_title(audit, kind, tag))


def write_pictures(audit: Audit, folder: Path | str, lang: str = "en") -> tuple[Path, ...]:
    """Write `forest.svg`, `waterfall.svg`, `decomposition.svg` into a folder, leaving out what cannot be drawn.

    Raises:
        ConfigError: a language that has no words.
        OSError: the folder does not exist or cannot be written.
    """
    tag = language(lang)
    drawn = {kind: _drawing(audit, kind, tag) for kind in KINDS}
    return tuple(
        write_text(Path(folder) / f"{kind}.svg", drawing.svg(tag, title=_title(audit, kind, tag)) + "\n")
        for kind, drawing in drawn.items()
        if drawing is not None
    )


def _title(audit: Audit, kind: str, lang: str) -> str:
    return amounts(audit, lang).words.page("overview" if kind == "forest" else kind)


def _drawing(
    audit: Audit, kind: str, lang: str, promotion_id: str | None = None, most: int = MOST_ROWS
) -> Drawing | None:
    writers = {lang: amounts(audit, lang)}
    if kind == "forest":
        return forest(audit, writers, most=most)
    draw = bars.waterfall if kind == "waterfall" else bars.decomposition
    chosen = [finding for finding in audit.findings if promotion_id in {None, finding.promotion_id}]
    return next((drawing for finding in chosen if (drawing := draw(finding, writers, wide=620)) is not None), None)
