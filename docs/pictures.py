"""The pictures of the README: an audit of the data that ship with the program, drawn as the report draws it."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

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
        ingest([FOLDER], shop)  # together: campaigns take their dates from the file beside them
        found = audit_workspace(shop, Rules(), margin=MARGIN)
    for kind in KINDS:
        for lang in LANGS:
            path = folder / (f"{kind}.svg" if lang == "en" else f"{kind}.{lang}.svg")
            path.write_text(picture_svg(found, kind, lang) + "\n", encoding="utf-8")
            yield path
