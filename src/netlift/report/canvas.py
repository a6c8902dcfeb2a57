"""A sheet to draw on in pixels with matplotlib, written once and lettered in every language.

Labels are drawn as tokens with an anchor; `Drawing.svg` puts the words of a language in their place, so that
a figure is laid out once for all languages. Colours are roles: literal in a file of its own, CSS variables
inside a page, so that one drawing serves light and dark.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal
from unicodedata import east_asian_width

Label = Mapping[str, str]
"""Language tag -> text."""
Anchor = Literal["start", "middle", "end"]

LIGHT = {
    "ink": "#1b2430", "soft": "#5b6675", "rule": "#d5dae1", "paper": "#ffffff", "band": "#f3f5f8",
    "keep": "#0072b2", "shrink": "#986300", "stop": "#c2410c", "test": "#6d7685",
    "plus": "#3d8bc4", "minus": "#d9773f", "total": "#26364a",
}  # fmt: skip
"""Colour of each role on light paper; blue, amber, vermilion and grey stay apart for colour-blind eyes
(after Okabe & Ito 2008, darkened to 4.5:1 on white because text uses them)."""
DARK = {
    "ink": "#e6eaf0", "soft": "#9fabba", "rule": "#323c4a", "paper": "#161b22", "band": "#1d2530",
    "keep": "#5bb8f0", "shrink": "#e9b13c", "stop": "#ff9166", "test": "#a6b0be",
    "plus": "#58a6da", "minus": "#e08a55", "total": "#c3d1e4",
}  # fmt: skip
"""The same roles on dark paper."""
FONTS = "'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', 'Helvetica Neue', Arial, sans-serif"
"""Font families named in files of their own; nothing is downloaded or embedded."""


def same(text: str) -> Label:
    """A label that reads the same in every language."""
    return {"": text}


def width(text: str, size: float) -> float:
    """Estimated width in pixels: CJK characters take a full square, others somewhat over half of one."""
    return size * sum(1.0 if east_asian_width(char) in "WF" else 0.56 for char in text)


def widest(labels: Sequence[Label], size: float) -> float:
    """Width of the widest label in any language."""
    return max((width(text, size) for label in labels for text in label.values()), default=0.0)


def clipped(text: str, most: float, size: float) -> str:
    """The text, cut with an ellipsis so that it is at most `most` pixels wide."""
    if width(text, size) <= most:
        return text
    while text and width(text + "…", size) > most:
        text = text[:-1]
    return text.rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished figure without its words."""

    code: str
    """SVG with tokens for texts and literal colours."""
    labels: tuple[Label, ...]
    width: int
    height: int

    def svg(self, lang: str, *, page: bool = False, title: str = "") -> str:
        """The figure in one language.

        Args:
            lang: language tag of the labels.
            page: for use inside a page: colours become CSS variables (`--keep`), fonts those of the page.
            title: what it shows, for those who cannot see it.
        """
        code = re.sub(r"@(\d+)@", lambda found: escape(self._text(int(found[1]), lang), quote=False), self.code)
        if page:
            names = {colour: role for role, colour in LIGHT.items()}
            code = re.sub(r"#[0-9a-f]{6}\b", lambda hit: f"var(--{names[hit[0]]})" if hit[0] in names else hit[0], code)
        fonts = "inherit" if page else FONTS
        edge = 0 if page else 16
        wide, high = self.width + 2 * edge, self.height + 2 * edge
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-edge} {-edge} {wide} {high}" '
            f'width="{wide}" height="{high}" role="img" stroke-linejoin="round" '
            f'font-family="{fonts}" aria-label="{escape(title)}">'
        )
        sheet = f'<rect x="{-edge}" y="{-edge}" width="{wide}" height="{high}" rx="10" fill="{LIGHT["paper"]}"/>'
        paper = "" if page else sheet
        return f"{head}{paper}{code}</svg>"

    def _text(self, number: int, lang: str) -> str:
        label = self.labels[number]
        return label.get(lang, label.get("", ""))


class Canvas:
    """A matplotlib figure measured in pixels from the top left corner.

    Args:
        wide, high: size in pixels.
    """

    def __init__(self, wide: int, high: int) -> None:
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure

        self.width, self.height = wide, high
        self._labels: list[Label] = []
        self._drawn = 0
        self._figure = Figure(figsize=(wide / 72, high / 72), dpi=72)
        FigureCanvasSVG(self._figure)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_xlim(0, wide)
        self._axes.set_ylim(high, 0)
        self._axes.axis("off")

    def line(self, x: Sequence[float], y: Sequence[float], role: str, *, thick: float = 1.0, dash: str = "-") -> None:
        """A polyline through the points."""
        self._axes.plot(
            x, y, color=LIGHT[role], linewidth=thick, linestyle=dash, solid_capstyle="butt", clip_on=False,
            zorder=self._above(),
        )  # fmt: skip

    def bar(self, x: tuple[float, float], y: tuple[float, float], role: str, *, shade: float = 1.0) -> None:
        """A filled rectangle between two corners."""
        from matplotlib.patches import Rectangle

        left, top = min(x), min(y)
        self._axes.add_patch(
            Rectangle((left, top), abs(x[1] - x[0]), abs(y[1] - y[0]), facecolor=LIGHT[role], alpha=shade,
                      linewidth=0, clip_on=False, zorder=self._above())
        )  # fmt: skip

    def shape(self, points: Sequence[tuple[float, float]], role: str, *, hollow: bool = False) -> None:
        """A closed polygon, filled or as an outline on paper."""
        from matplotlib.patches import Polygon

        fill = LIGHT["paper" if hollow else role]
        self._axes.add_patch(
            Polygon(list(points), closed=True, facecolor=fill, edgecolor=LIGHT[role], linewidth=1.6, clip_on=False,
                    zorder=self._above())
        )  # fmt: skip

    def text(
        self, x: float, y: float, label: Label, *, role: str = "ink", size: float = 12, bold: bool = False,
        anchor: Anchor = "start",
    ) -> None:  # fmt: skip
        """A label whose baseline is at `y`."""
        align = {"start": "left", "middle": "center", "end": "right"}[anchor]
        self._axes.text(
            x, y, f"@{len(self._labels)}@", color=LIGHT[role], fontsize=size, ha=align, va="baseline",
            fontweight="bold" if bold else "normal", zorder=self._above(),
        )  # fmt: skip
        self._labels.append(label)

    def _above(self) -> int:
        """The next layer: what is drawn later lies above."""
        self._drawn += 1
        return self._drawn

    def drawing(self) -> Drawing:
        """What was drawn, as compact SVG."""
        import matplotlib as mpl

        sink = io.StringIO()
        with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "netlift", "path.simplify": False}):
            self._figure.savefig(
                sink, format="svg", transparent=True,
                metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
            )  # fmt: skip
        return Drawing(_compact(sink.getvalue()), tuple(self._labels), self.width, self.height)


_PATTERNS = (
    (r"(?s)^.*?<svg[^>]*>", ""),
    (r"(?s)</svg>.*$", ""),
    (r"(?s)<!--.*?-->", ""),
    (r"(?s)<metadata>.*?</metadata>", ""),
    (r"(?s)<defs>.*?</defs>", ""),
    (r"\n\s*", " "),
    (r" id=\"[^\"]*\"", ""),
    (r"(\d+\.\d)\d+", r"\1"),
    (r"; stroke-linejoin: miter|; stroke-linecap: butt|stroke-linejoin: miter; ?", ""),
    (r"font: (?:(bold|700) )?([\d.]+)px [^;\"]*", r"font-size: \2px; font-weight: \1"),
    (r"; font-weight: (?=[;\"])", ""),
    (r"font-family: [^;\"]*; ?", ""),
    (r" transform=\"rotate\(-?0 [^\"]*\"", ""),
    (r"<path d=\"[^\"]*\" style=\"fill: none\" ?/>", ""),
    (r"(?:<g> *)+(?=<)|(?: *</g>)+", " "),
    (r"> +<", "><"),
    (r" {2,}", " "),
)
"""What is taken out of or shortened in matplotlib's SVG: its own wrapper, ids (a page holds many figures),
grouping, digits below a tenth of a pixel, and the names of fonts."""


def _compact(code: str) -> str:
    for pattern, instead in _PATTERNS:
        code = re.sub(pattern, instead, code)
    return code.strip()
