"""The journal of erasures: a file beside the store, so that a store brought back from a backup forgets again.

One receipt a line, as JSON, in `erasures.jsonl`. It holds pseudonyms only, and belongs into no backup of the store.
"""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings

from netlift.service.privacy.models import Erasure
from netlift.service.privacy.receipts import Receipt, receipt_of


def path() -> Path:
    """The file."""
    found: Path = settings.FOLDER.root / "erasures.jsonl"
    return found


def note(receipts: Iterable[Receipt]) -> None:
    """Add erasures that the store holds for good."""
    lines = "".join(_line(one) for one in receipts)
    if lines:
        with path().open("a", encoding="utf-8") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())


def noted() -> Iterator[Receipt]:
    """Every genuine receipt in the file; a line that a crash cut short, or that somebody wrote in, is left out."""
    if not path().exists():
        return
    for line in path().read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            said = json.loads(line)
            receipt = Receipt(**said | {"erased_at": datetime.fromisoformat(said["erased_at"])})
        except (ValueError, KeyError, TypeError):
            continue
        if receipt.genuine:
            yield receipt


def missing() -> tuple[Receipt, ...]:
    """Receipts that the store does not know: it is older than the file. What only the store knows is noted."""
    known = {one.receipt_id: one for one in Erasure.objects.order_by("pk")}
    said = {one.receipt_id: one for one in noted()}
    note(receipt_of(one) for receipt_id, one in known.items() if receipt_id not in said)
    return tuple(one for receipt_id, one in said.items() if receipt_id not in known)


def _line(one: Receipt) -> str:
    said = {
        "receipt_id": one.receipt_id, "pseudonym": one.pseudonym, "erased_at": one.erased_at.isoformat(),
        "by": one.by, "counts": dict(one.counts), "signature": one.signature,
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False) + "\n"
