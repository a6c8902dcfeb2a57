"""The pictures of the README: an audit of the data that ship with the program, drawn as the report draws it."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from netlift.types import Verdict

if TYPE_CHECKING:
    from netlift.evaluation.results import Audit

KINDS = ("forest", "waterfall")
MARGIN = 0.30
"""As in `netlift demo`."""


def draw(folder: Path) -> Iterator[Path]:
    """Write `KIND.svg` (English) and `KIND.zh-CN.svg` into the folder."""
    from netlift.cli._auditing import audit_workspace
    from netlift.data.ingest import ingest
    from netlift.data.sample import FOLDER
    from netlift.data.workspace import Settings, Workspace
    from netlift.evaluation.customers import Rules
    from netlift.report.picture import picture_svg
    from netlift.report.words import LANGS

    folder.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="netlift-pictures-") as place:
        settings = Settings(name="Complete Journey", currency="USD", timezone="America/New_York")
        shop = Workspace.create(Path(place) / "demo", settings)
        ingest(sorted(FOLDER.glob("*.parquet")), shop)
        found = audit_workspace(shop, Rules(), margin=MARGIN)
    for kind in KINDS:
        for lang in LANGS:
            path = folder / (f"{kind}.svg" if lang == "en" else f"{kind}.{lang}.svg")
            shown = _clearest(found) if kind == "waterfall" else None
            path.write_text(picture_svg(found, kind, lang, promotion_id=shown) + "\n", encoding="utf-8")
            yield path


def _clearest(found: "Audit") -> str | None:
    """The promotion with the largest net lift, of either sign, on which the audit does not just say "test"."""
    settled = [one for one in found.findings if one.net_lift and one.waterfall and one.verdict is not Verdict.TEST]
    return max(settled, key=lambda one: abs(one.net_lift.estimate)).promotion_id if settled else None
