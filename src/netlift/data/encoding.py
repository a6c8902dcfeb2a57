"""From the bytes of a text file to UTF-8 text on disk: unpacks, finds the encoding, counts the records on the way."""

import codecs
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from netlift.errors import ConfigError, SourceError

if TYPE_CHECKING:
    import numpy as np

_BLOCK = 1 << 20
_SMALL = 1 << 25  # bytes below which a second thread is not worth its start
_BOMS = (  # longest first: the UTF-32 mark begins with the UTF-16 one
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENDS_OF_VALUES = bytes(code in b'\n\r",;|\t' for code in range(256))
_BAD_SHARE = 0.01  # a file with more damaged lines than this is not UTF-8


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text file as UTF-8 on disk."""

    path: Path
    """The file itself where it is UTF-8 already, else its copy."""
    encoding: str
    """As found: `utf-8`, `utf-8-sig`, `utf-16`, `gb18030`, `cp1252`, ..."""
    records: int
    """Records (header included, blank lines at the end not), taken that quotes are doubled inside quotes."""
    trimmed: bool = False
    """Whether it is known that no value begins or ends with a blank."""
    scientific: bool = True
    """Whether an `e` follows a digit somewhere, so that there may be numbers such as 1.5e3."""
    damaged: bool = False
    """Whether some lines hold bytes that are not UTF-8; those lines cannot be read."""
    steady: bool = True
    """Whether every carriage return stands before a line feed, and no byte is zero."""


@dataclass(slots=True)
class _Tally:
    """Counts newlines outside quotes, block by block: a newline is outside after an even number of quotes."""

    counts: list[int] = field(default_factory=lambda: [0, 0])
    """Newlines after an even and after an odd number of quotes since the beginning of the part."""
    inside: int = 0
    tail: bytes = b""

    @property
    def newlines(self) -> int:
        """Newlines outside quotes, taken that the part begins outside."""
        return self.counts[0]

    def feed(self, block: bytes) -> None:
        import numpy as np

        codes = np.frombuffer(block, np.uint8)
        newlines = codes == ord("\n")
        every = int(np.count_nonzero(newlines))
        if b'"' in block:
            quotes = codes == ord('"')
            outside = int(np.count_nonzero(newlines & self._outside(quotes)))
            self.counts[0] += outside
            self.counts[1] += every - outside
            self.inside ^= int(np.count_nonzero(quotes)) & 1
        else:
            self.counts[self.inside] += every
        self.tail = (self.tail + block[-4096:])[-4096:]

    def add(self, later: "_Tally") -> None:
        """Take in what was counted in the part of the file that follows."""
        self.counts[0] += later.counts[self.inside]
        self.counts[1] += later.counts[1 - self.inside]
        self.inside ^= later.inside
        self.tail = (self.tail + later.tail)[-4096:]

    def _outside(self, quotes: "np.ndarray") -> "np.ndarray":
        import numpy as np

        seen: np.ndarray = np.cumsum(quotes, dtype=np.uint8)  # modulo 256 keeps the parity
        return ((seen ^ self.inside) & 1) == 0

    @property
    def records(self) -> int:
        ends = self.tail.rstrip(b"\r\n")
        after = self.tail[len(ends) :].count(b"\n")
        return self.newlines - after + 1 if ends else 0


@dataclass(slots=True)
class _Scan:
    """What one pass over a file's bytes tells."""

    tally: _Tally = field(default_factory=_Tally)
    wrong: int | None = None
    """Position of the first byte that is not UTF-8."""
    returns: int = 0
    """Carriage returns, less those before a line feed."""
    zeros: bool = False
    """Whether a byte is zero, which no text holds."""
    ascii: bool = True
    blanks: bool = False
    """Whether a space or tab stands beside a delimiter, a quote or a line end."""

    scientific: bool = False
    """Whether an `e` follows a digit."""
    edge: bytes = b"\n"
    """The last two bytes of the block before."""

    def feed(self, block: bytes) -> None:
        """Take in the next block; an empty one at the end."""
        if self.edge[-1:] == b"\r" or b"\r" in block:
            self.returns += block.count(b"\r") - (self.edge[-1:] + block).count(b"\r\n")
        self.zeros = self.zeros or b"\0" in block
        self.ascii = self.ascii and block.isascii()
        if not self.scientific:
            self._look_for_powers(block)
        if self.ascii and not self.blanks:
            self._look_for_blanks(block or b"\n")
        self.tally.feed(block)
        self.edge = (self.edge + block[-2:])[-2:]

    def add(self, later: "_Scan") -> None:
        """Take in what was found in the part of the file that follows; this part ends with a line."""
        self.tally.add(later.tally)
        self.wrong = later.wrong if self.wrong is None else self.wrong
        self.returns += later.returns
        self.zeros |= later.zeros
        self.ascii &= later.ascii
        self.blanks |= later.blanks
        self.scientific |= later.scientific

    def _look_for_powers(self, block: bytes) -> None:
        """Ask what stands before every `e`."""
        import numpy as np

        codes = np.frombuffer(self.edge[-1:] + block, np.uint8)
        before = codes[np.flatnonzero((codes[1:] | 32) == ord("e"))]
        self.scientific = bool(((before >= ord("0")) & (before <= ord("9"))).any())

    def _look_for_blanks(self, block: bytes) -> None:
        """Ask the neighbours of every space; those of a block's two ends are in `edge` and the next block."""
        import numpy as np

        codes = np.frombuffer(block, np.uint8)
        places = np.flatnonzero(codes[1:-1] == ord(" "))
        ends = np.frombuffer(_ENDS_OF_VALUES, bool)
        self.blanks |= b"\t" in block or bool((ends[codes[places]] | ends[codes[places + 2]]).any())
        for left, middle, right in zip(seam := self.edge + block[:2], seam[1:], seam[2:], strict=False):
            self.blanks |= middle == ord(" ") and bool(ends[left] | ends[right])


def plain_text(path: Path, folder: Path, *, encoding: str | None = None) -> PlainText:
    """The text of a file as UTF-8 on disk; copies go into `folder`.

    Args:
        path: plain, gzip or zip (of one file) text in UTF-8, UTF-16, UTF-32, GB 18030 (GBK) or Windows-1252.
        folder: for temporary copies, which the caller removes.
        encoding: name of the encoding; None: found from the content.

    Raises:
        SourceError: a damaged archive, or bytes that no encoding explains (says where).
        ConfigError: an unknown encoding.
    """
    unpacked = _unpacked(path, folder)
    found = encoding or _marked(unpacked)
    if found in {None, "utf-8", "utf-8-sig"}:
        scan = _scan(unpacked)
        known = PlainText(
            unpacked,
            found or "utf-8",
            scan.tally.records,
            trimmed=scan.ascii and not scan.blanks,
            scientific=scan.scientific,
            damaged=scan.wrong is not None,
            steady=not scan.returns and not scan.zeros,
        )
        if scan.wrong is None and scan.returns <= scan.tally.newlines:
            return known  # else its lines end with carriage returns, as on old Macs
        if scan.wrong is not None:
            if encoding or _mostly_utf8(unpacked):
                return known
            found = _guessed(path, unpacked, scan.wrong)
    copy = _transcoded(path, unpacked, folder, found or "utf-8")
    again = _scan(copy)
    return PlainText(copy, found or "utf-8", again.tally.records, steady=not again.zeros)


def head(path: Path, size: int = 1 << 18) -> bytes:
    """The first bytes of a file, unpacked.

    Raises:
        SourceError: a damaged archive.
    """
    with _opened(path) as file, _archive_errors(path):
        return file.read(size)


def is_packed(path: Path) -> bool:
    """Whether the file is a gzip or zip archive, by its first bytes."""
    with path.open("rb") as file:
        return file.read(4)[:2] in (b"\x1f\x8b", b"PK")


def _unpacked(path: Path, folder: Path) -> Path:
    if not is_packed(path):
        return path
    copy = folder / "unpacked.txt"
    with _opened(path) as file, copy.open("wb") as out, _archive_errors(path):
        while block := file.read(_BLOCK):
            out.write(block)
    return copy


def _opened(path: Path) -> "IO[bytes] | gzip.GzipFile":
    with path.open("rb") as file:
        magic = file.read(4)
    if magic[:2] == b"\x1f\x8b":
        return gzip.open(path, "rb")
    if magic == b"PK\x03\x04":
        return _zip_member(path)
    return path.open("rb")


def _zip_member(path: Path) -> IO[bytes]:
    with _archive_errors(path):
        archive = zipfile.ZipFile(path)
        names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX")]
        if any(name.startswith("xl/") for name in names):
            raise SourceError(f"{path} is an Excel workbook: save the sheet as CSV (UTF-8) and give that file")
        if len(names) != 1:
            raise SourceError(f"{path} holds {len(names)} files: unpack it and give the files or their folder")
        return archive.open(names[0])


@contextmanager
def _archive_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise SourceError(f"{path} is a damaged or cut off archive ({error}): fetch it again") from error


def _marked(path: Path) -> str | None:
    """The encoding by byte-order mark, or by the zeros that UTF-16 puts beside Latin letters."""
    with path.open("rb") as file:
        start = file.read(4096)
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    half = len(start) // 2
    if half >= 2 and start[1::2].count(0) > 0.4 * half:
        return "utf-16-le"
    if half >= 2 and start[0::2].count(0) > 0.4 * half:
        return "utf-16-be"
    return None


def _scan(path: Path, small: int = _SMALL) -> _Scan:
    """One pass over all bytes; two halves of a file of more than `small` bytes at the same time."""
    size = path.stat().st_size
    middle = _line_start(path, size // 2) if size > small else size
    if middle >= size:
        return _scan_part(path, 0, size)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(_scan_part, (path, path), (0, middle), (middle, size))
    first.add(second)
    return first


def _line_start(path: Path, position: int) -> int:
    """Where the next line begins; the end of the file if that is not near."""
    with path.open("rb") as file:
        file.seek(position)
        found = file.read(_BLOCK).find(b"\n")
    return position + found + 1 if found >= 0 else path.stat().st_size


def _scan_part(path: Path, start: int, end: int) -> _Scan:
    scan, decoder, position = _Scan(), codecs.getincrementaldecoder("utf-8")(), start
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(min(_BLOCK, end - position)):
            scan.feed(block)
            if scan.wrong is None:
                scan.wrong = _first_wrong(decoder, block, position)
            position += len(block)
    scan.feed(b"")
    if scan.wrong is None:
        scan.wrong = _first_wrong(decoder, b"", position, final=True)
    return scan


def _first_wrong(decoder: codecs.IncrementalDecoder, block: bytes, position: int, *, final: bool = False) -> int | None:
    waiting = len(decoder.getstate()[0])
    if block.isascii() and not waiting and not final:
        return None  # ten times faster than decoding
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError as error:
        return position - waiting + error.start
    return None


def _mostly_utf8(path: Path) -> bool:
    """Whether the lines that are not ASCII are UTF-8 but for a few: then those few are damaged."""
    good = bad = 0
    with path.open("rb") as file:
        for line in file:
            if not line.isascii():
                try:
                    line.decode("utf-8")
                    good += 1
                except UnicodeDecodeError:
                    bad += 1
    return bad <= max(1, _BAD_SHARE * good) < good


def _guessed(path: Path, unpacked: Path, wrong: int) -> str:
    """GB 18030 if nearly all of the text is common Chinese, else Windows-1252 if it is text at all."""
    sample = _lines_beyond_ascii(unpacked)
    if _common_chinese(sample) > 0.8:
        return "gb18030"
    try:
        letters = sample.decode("cp1252")
    except UnicodeDecodeError:
        letters = ""
    odd = [c for c in letters if ord(c) > 127]
    if odd and sum(c.isalpha() or c in "€£¥§°²³´’‘“”–—«»®©™ ¡¿·ºª" for c in odd) > 0.9 * len(odd):
        return "cp1252"
    line, byte = _place(unpacked, wrong)
    raise SourceError(
        f"{path}: byte 0x{byte:02x} in line {line} (position {wrong}) is neither UTF-8, UTF-16, GBK nor Windows-1252 "
        "text: save the file as UTF-8"
    )


def _lines_beyond_ascii(path: Path, size: int = 1 << 20) -> bytes:
    kept = bytearray()
    with path.open("rb") as file:
        for line in file:
            if not line.isascii():
                kept += line[: 1 << 16]
            if len(kept) > size:
                break
    return bytes(kept)


def _common_chinese(sample: bytes) -> float:
    """Share of the non-ASCII characters that are in GB 2312, the common part of GB 18030."""
    try:
        letters = [c for c in sample.decode("gb18030") if ord(c) > 127]
    except UnicodeDecodeError:
        return 0.0
    common = sum(bool(c.encode("gb2312", "ignore")) for c in letters)
    return common / len(letters) if letters else 0.0


def _place(path: Path, position: int) -> tuple[int, int]:
    """Line (from 1) and value of the byte at a position."""
    with path.open("rb") as file:
        before = file.read(position)
        return before.count(b"\n") + 1, (file.read(1) or b"\0")[0]


def _transcoded(path: Path, unpacked: Path, folder: Path, encoding: str) -> Path:
    copy, written = folder / "utf8.txt", 0
    try:
        with (
            unpacked.open("r", encoding=encoding, newline=None) as text,
            copy.open("w", encoding="utf-8", newline="\n") as out,
        ):
            while piece := text.read(1 << 20):
                written += out.write(piece)
    except LookupError as error:
        raise ConfigError(f"unknown encoding {encoding!r}: use a name such as utf-8, gb18030 or cp1252") from error
    except UnicodeError as error:
        raise SourceError(
            f"{path} is not {encoding} text after character {written} ({getattr(error, 'reason', error)}): "
            "save the file as UTF-8"
        ) from error
    return copy
