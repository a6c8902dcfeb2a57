"""A plan in a zip file: unpacked by what is counted while it unfolds, not by what the file says of itself."""

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.core.files import File

from netlift.plan.artefact import HEAD, ROWS
from netlift.service.core.refusals import Refused, TooLarge

MOST_HEAD = 32 * 1024 * 1024
MOST_ROWS = 256 * 1024 * 1024
"""Bytes of each file when unpacked."""
MOST_TABLE = 2 * 1024 * 1024 * 1024
"""Bytes of the rows in memory, as their file tells."""
MOST_ENTRIES = 16
_PIECE = 1 << 18


@contextmanager
def unpacked(file: "BinaryIO | File[bytes]", beside: Path) -> Iterator[Path]:
    """The folder of a plan out of a zip file, gone after the block.

    Only `plan.json` and `rows.parquet` are read, at the top or in one folder; names in the file choose no path.

    Args:
        file: the zip file.
        beside: folder in which to unpack.

    Raises:
        Refused: it is no zip file of a plan.
        TooLarge: a file of it unfolds beyond its bound.
    """
    beside.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".upload-", dir=beside) as name:
        folder = Path(name)
        try:
            with zipfile.ZipFile(file) as packed:
                if len(packed.infolist()) > MOST_ENTRIES:
                    raise Refused(f"the zip file holds more than {MOST_ENTRIES} files: pack one plan", "not_a_plan")
                for wanted, most in ((HEAD, MOST_HEAD), (ROWS, MOST_ROWS)):
                    _extract(packed, wanted, folder / wanted, most)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise Refused(f"it cannot be unpacked ({type(error).__name__}): pack the plan's folder with zip",
                          "not_a_plan") from None  # fmt: skip
        _check_rows(folder / ROWS)
        yield folder


def _extract(packed: zipfile.ZipFile, wanted: str, into: Path, most: int) -> None:
    found = [one for one in packed.infolist() if one.filename.rpartition("/")[2] == wanted and not one.is_dir()]
    if len(found) != 1:
        raise Refused(f"the zip file holds {len(found)} files {wanted}: pack one plan's folder", "not_a_plan")
    size = 0
    with packed.open(found[0]) as source, into.open("xb") as target:
        while piece := source.read(_PIECE):
            size += len(piece)
            if size > most:
                raise TooLarge(f"{wanted} unfolds to more than {most} bytes", "unfolds_too_large", most=most)
            target.write(piece)


def _check_rows(path: Path) -> None:
    """Refuse a table that would not fit into memory, before its rows are read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        told = pq.read_metadata(path)
        size = sum(told.row_group(number).total_byte_size for number in range(told.num_row_groups))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Refused(f"{ROWS} is no table of a plan ({type(error).__name__})", "not_a_plan") from None
    if size > MOST_TABLE or told.num_rows * 64 > MOST_TABLE:
        raise TooLarge(f"{ROWS} unfolds to more than {MOST_TABLE} bytes", "unfolds_too_large", most=MOST_TABLE)
