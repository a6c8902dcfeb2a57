"""Plans in the words of other systems: the library's exports, packed into one file."""

import io
import tempfile
import zipfile
from pathlib import Path

from django.conf import settings

from netlift.export.format import Asked, export
from netlift.service.catalog import selectors
from netlift.service.catalog.live import read_plan
from netlift.service.core.refusals import TooLarge

MOST = 100_000
"""Personal codes of one answer; the verb `netlift export` has no such bound."""


def packed_export(plan_id: str, kind: str, *, one_code: bool = False) -> bytes:
    """A zip file of what `netlift export` writes, with `export.json`, which tells what could not be said.

    Args:
        plan_id: of a plan of the catalogue.
        kind: of the library's export formats, such as `shopify`.
        one_code: one code per offer instead of one per customer.

    Raises:
        NotFound: there is no such plan.
        TooLarge: the plan has more rows than `MOST`, each of which would get a code.
    """
    plan = read_plan(selectors.plan(plan_id).plan_id)
    if not one_code and plan.rows.num_rows > MOST:
        raise TooLarge(f"more than {MOST} codes: ask for one_code, or use `netlift export`", most=MOST)
    with tempfile.TemporaryDirectory(prefix="netlift-export-") as folder:
        made = export(plan, kind, Path(folder) / "out", Asked(key=settings.SECRETS.pseudonyms, one_code=one_code))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(path for path in made.folder.rglob("*") if path.is_file()):
                # an entry without the file's own time, so that the same plan gives the same bytes
                entry = zipfile.ZipInfo(path.relative_to(made.folder).as_posix())
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
        return packed.getvalue()
