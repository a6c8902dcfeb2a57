"""The SQL that every adapter may use: reading money, numbers, times and persons from text, exactly.

Macros (made anew for each file, because "1,234" means another thing in another file):
`blank(text)`, `number(text)` -> double, `money(text, currency)` -> minor units, `moment(text, zone)` -> UTC
timestamp, `person(text)` -> keyed pseudonym, `customer(text)` -> an id that is kept as it is, or its pseudonym where
the workspace keeps no others. Each gives null for text that it cannot read without guessing.

A macro is pasted where it is used, with its arguments as often as they occur; `_let` binds what is used often.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from netlift.data.privacy import BLANKS
from netlift.engines.sql import text

if TYPE_CHECKING:
    import duckdb

Mark = Literal[".", ",", "mixed"]
"""The decimal mark of a file; `mixed`: both are seen, so "1,234" and "1.234" cannot be read safely."""
DayOrder = Literal["mdy", "dmy", "unknown"]
"""How a file writes 5/1/2024; `unknown`: such a date is only read where one part is above 12."""


@dataclass(frozen=True, slots=True)
class Locale:
    """How one file writes numbers and dates, found from its content."""

    mark: Mark = "."
    days: DayOrder = "unknown"
    trimmed: bool = False
    """Whether it is known that no value has blanks around it."""
    scientific: bool = True
    """Whether there may be numbers with a power of ten, such as 1.5e3."""


Ids = Literal["kept", "coded", "checked"]
"""Customers' ids stay as they are, become pseudonyms, or must be pseudonyms already."""

# ISO 4217, as netlift.money.exponent
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"

# what may stand around the digits of an amount: a code (ISO 4217) or a sign of a currency
_CODES = (
    "RMB "  # what people write for CNY
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD "
    "KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
    "NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD "
    "SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD "
    "XOF XPF YER ZAR ZMW ZWG XXX"
)
_SIGNS = (
    "|".join(_CODES.split()) + r"|[A-Z]{1,2}[$]|Rs\.?|RM|Fr\.?|[¥￥$€£₩₹₽₺₫฿₴₦₪]|元|円|圓|zł|Kč|kr\.?|руб\.?|р\.|лв\.?"
)
_AMOUNT = rf"^(\()?\s*([-+−])?\s*(?:{_SIGNS})?\s*([-+−])?\s*([0-9.,][0-9.,\s'’]*?)\s*(?:{_SIGNS})?\s*([-−])?\s*(\))?$"
_WIDE, _NARROW = "０１２３４５６７８９，．－（）", "0123456789,.-()"

_OFFSET = (
    r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*"
    r"(Z|UTC|GMT|[+-](?:0\d|1[0-4])(?::?\d{2})?)$"
)
_YEAR_FIRST = (
    r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T ]*(\d{1,2})[:时](\d{2})(?:[:分](\d{2}(?:[.,]\d+)?)秒?)?分?)?$"
)
_YEAR_LAST = (
    r"^(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4}|\d{2})"
    r"(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?\s*([AaPp][Mm])?)?$"
)
_RAW = (
    "its customers ids are no pseudonyms, and this workspace keeps no others: in a mapping file, say person = true or "
    "nothing of them"
)
_NAMED = [
    f"{day}{clock}"
    for day in ("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y")
    for clock in ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
]


def install_macros(con: "duckdb.DuckDBPyConnection", locale: Locale, key: bytes, ids: Ids = "kept") -> None:
    """Define the macros of the module's first sentence for a file of this `locale`.

    Args:
        con: where.
        locale: how the file writes numbers and dates.
        key: the workspace's secret.
        ids: what becomes of customers' ids that are no personal data in themselves.
    """
    for macro in (
        *_texts(locale.trimmed),
        *_numbers(locale.mark, locale.scientific),
        *_times(locale.days),
        *_persons(key, ids),
    ):
        con.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")


def _let(name: str, value: str, body: str) -> str:
    """SQL for `body`, in which `name` stands for `value`, computed once; null where `body` is."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def _parts(value: str, pattern: str, names: str) -> str:
    """SQL for a struct of the groups of `pattern`, empty texts where it does not match."""
    return f"regexp_extract({value}, {text(pattern)}, [{', '.join(text(name) for name in names.split())}])"


def _texts(trimmed: bool) -> tuple[str, ...]:
    if trimmed:
        return ("blank(t) AS t",)
    spaces = "' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(8239) || chr(12288) || chr(65279)"
    ends = " OR ".join(f"suffix(t, chr({code}))" for code in (32, 9, 13, 10, 160, 12288))
    starts = " OR ".join(f"prefix(t, chr({code}))" for code in (160, 8239, 12288, 65279))
    # a text below '!' starts with a space or is empty: one comparison instead of a trim for each row
    return (f"blank(t) AS CASE WHEN t < '!' OR {ends} OR {starts} THEN nullif(trim(t, {spaces}), '') ELSE t END",)


def _numbers(mark: Mark, powers: bool) -> tuple[str, ...]:
    zero, three = (", ".join(text(code) for code in codes.split()) for codes in (_NO_DECIMALS, _THREE_DECIMALS))
    spaces = "'[\\x{0009}-\\x{000D}\\x{0020}\\x{00A0}\\x{202F}\\x{2009}\\x{3000}]+'"
    narrow = f"translate(trim(regexp_replace(t, {spaces}, ' ', 'g')), {text(_WIDE)}, {text(_NARROW)})"
    digits = _let("d", "regexp_replace(p.digits, '[\\s''’]', '', 'g')", _digits(mark))
    signs = "p.open || p.before || p.inner || p.after"
    signed = (
        f"CASE WHEN (p.open = '') = (p.close = '') AND length({signs}) < 2 "
        f"THEN CASE WHEN {signs} IN ('', '+') THEN '' ELSE '-' END || {digits} END"
    )
    groups = "open before inner digits after close"
    scientific = "regexp_matches(t, '^\\s*[-+]?[0-9]+([.][0-9]+)?[eE][-+]?[0-9]+\\s*$')"
    slow = f"CASE WHEN {scientific} THEN t ELSE {_let('p', _parts(narrow, _AMOUNT, groups), signed)} END"
    fast = "CASE WHEN TRY_CAST(t AS DOUBLE) IS NOT NULL THEN t ELSE netlift_slow_plain(t) END"
    # DuckDB 1.5 reads 8.9e-16 as the decimal 0.01: a power of ten is written out before
    unscaled = (
        "CASE WHEN contains(x, 'e') OR contains(x, 'E') "
        "THEN TRY_CAST(TRY_CAST(x AS DOUBLE) AS DECIMAL(38,10))::VARCHAR ELSE x END"
    )
    minor = (
        "CASE minor_digits(c) WHEN 2 THEN (TRY_CAST(netlift_unscaled(x) AS DECIMAL(16,2)) * 100)::BIGINT "
        "WHEN 0 THEN TRY_CAST(netlift_unscaled(x) AS DECIMAL(18,0))::BIGINT "
        "ELSE (TRY_CAST(netlift_unscaled(x) AS DECIMAL(15,3)) * 1000)::BIGINT END"
    )
    return (
        f"minor_digits(c) AS CASE WHEN c IN ({zero}) THEN 0 WHEN c IN ({three}) THEN 3 ELSE 2 END",
        f"netlift_slow_plain(t) AS {slow}",
        f"netlift_plain(t) AS {fast if mark == '.' else 'netlift_slow_plain(t)'}",
        f"netlift_unscaled(x) AS {unscaled if powers else 'x'}",
        f"netlift_minor(x, c) AS {minor}",
        "netlift_code(t) AS replace(regexp_extract(t, '[A-Z]{3}'), 'RMB', 'CNY')",
        f"money(t, c) AS {_fast_money(mark)}",
        "netlift_finite(x) AS CASE WHEN isfinite(x) THEN x END",
        f"number(t) AS netlift_finite({_number(mark)})",
    )


def _fast_money(mark: Mark) -> str:
    # an amount that names another currency than its row is not of this currency
    slow = (
        "CASE WHEN c <> 'XXX' AND netlift_code(t) NOT IN ('', c) THEN NULL ELSE netlift_minor(netlift_plain(t), c) END"
    )
    if mark != ".":
        return slow
    fast = f"coalesce((TRY_CAST(netlift_unscaled(t) AS DECIMAL(16,2)) * 100)::BIGINT, {slow})"
    return f"CASE WHEN minor_digits(c) = 2 THEN {fast} ELSE {slow} END"


def _number(mark: Mark) -> str:
    slow = "TRY_CAST(netlift_slow_plain(t) AS DOUBLE)"
    return f"coalesce(TRY_CAST(t AS DOUBLE), {slow})" if mark == "." else slow


def _digits(mark: Mark) -> str:
    """SQL over `d`, digits with marks between them: the same with one point at most, null where two readings fit."""
    return (
        "CASE WHEN contains(d, ',') AND contains(d, '.') THEN CASE "
        "WHEN regexp_matches(d, '^[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3}[.][0-9]*$') THEN replace(d, ',', '') "
        "WHEN regexp_matches(d, '^[0-9]{1,3}([.][0-9]{2,3})*[.][0-9]{3},[0-9]*$') "
        "THEN replace(replace(d, '.', ''), ',', '.') END "
        f"WHEN contains(d, ',') THEN {_one_mark(',', mark)} WHEN contains(d, '.') THEN {_one_mark('.', mark)} "
        "ELSE d END"
    )


def _one_mark(sign: str, mark: Mark) -> str:
    """SQL over `d`, which holds `sign` and no other mark: is it a decimal point or a separator of thousands?"""
    as_point, as_group = f"replace(d, '{sign}', '.')", f"replace(d, '{sign}', '')"
    doubtful = "NULL" if mark == "mixed" else as_point if mark == sign else as_group
    return (
        f"CASE WHEN regexp_matches(d, '^[1-9][0-9]{{0,2}}[{sign}][0-9]{{3}}$') THEN {doubtful} "
        f"WHEN regexp_matches(d, '^[0-9]*[{sign}][0-9]*$') THEN {as_point} "
        f"WHEN regexp_matches(d, '^[0-9]{{1,3}}([{sign}][0-9]{{2,3}})*[{sign}][0-9]{{3}}$') THEN {as_group} END"
    )


def _times(days: DayOrder) -> tuple[str, ...]:
    names = ", ".join(text(name) for name in _NAMED)
    first = _let("p", _parts("u", _YEAR_FIRST, "y m d h n s"), "netlift_clock(p.y, p.m, p.d, p.h, p.n, p.s)")
    zoned = _let("p", _parts("u", _OFFSET, "y m d c o"), "netlift_zoned(p)")
    last = _let("p", _parts("u", _YEAR_LAST, "a mark b y h n s half"), _year_last(days))
    slow = (
        "CASE "
        f"WHEN regexp_matches(u, {text(_YEAR_FIRST)}) THEN netlift_utc({first}, z) "
        f"WHEN regexp_matches(u, {text(_OFFSET)}) THEN {zoned} "
        f"WHEN regexp_matches(u, {text(_YEAR_LAST)}) THEN netlift_utc({last}, z) "
        "WHEN regexp_matches(u, '^[0-9]{8}$') THEN netlift_utc(try_strptime(u, '%Y%m%d'), z) "
        "WHEN regexp_matches(u, '^[0-9]{14}$') THEN netlift_utc(try_strptime(u, '%Y%m%d%H%M%S'), z) "
        "WHEN regexp_matches(u, '^[0-9]{10,16}$') THEN netlift_epoch(u) "
        f"WHEN regexp_matches(u, '[0-9]{{4}}') THEN netlift_utc(try_strptime(u, [{names}]), z) END"
    )
    clock = "coalesce(nullif(h, ''), '0') || ':' || coalesce(nullif(n, ''), '00') || ':' || {seconds}".format(
        seconds="coalesce(nullif(replace(s, ',', '.'), ''), '00')"
    )
    epoch = (
        "CASE length(u) WHEN 10 THEN make_timestamp(u::BIGINT * 1000000) "
        "WHEN 13 THEN make_timestamp(u::BIGINT * 1000) WHEN 16 THEN make_timestamp(u::BIGINT) END"
    )
    day = "p.y || '-' || p.m || '-' || p.d || ' '"
    offset = (
        "CASE WHEN p.o IN ('Z', 'UTC', 'GMT') THEN '+00:00' "
        "WHEN length(p.o) = 5 THEN p.o[1:3] || ':' || p.o[4:5] ELSE p.o END"
    )
    moment = (
        "CASE WHEN t LIKE '____-__-__ __:__:__' THEN netlift_utc(TRY_CAST(t AS TIMESTAMP), z) "
        "WHEN t LIKE '____-__-__ __:__:__+00' THEN TRY_CAST(t AS TIMESTAMP) ELSE netlift_slow_moment(t, z) END"
    )
    return (
        "netlift_utc(ts, z) AS CASE WHEN z = 'UTC' THEN ts ELSE timezone('UTC', timezone(z, ts)) END",
        f"netlift_clock(y, m, d, h, n, s) AS TRY_CAST(y || '-' || m || '-' || d || ' ' || {clock} AS TIMESTAMP)",
        f"netlift_epoch(u) AS {epoch}",
        f"netlift_zoned(p) AS timezone('UTC', TRY_CAST({day} || p.c || {offset} AS TIMESTAMPTZ))",
        f"netlift_slow_moment(t, z) AS {_let('u', 'blank(t)', slow)}",
        f"moment(t, z) AS {moment}",
    )


def _year_last(days: DayOrder) -> str:
    """SQL over `p`, the parts of a date that ends in its year: which of the first two is the month?"""
    year = "CASE WHEN length(p.y) = 2 THEN '20' || p.y ELSE p.y END"
    hour = (
        "CASE WHEN p.half = '' THEN p.h WHEN lower(p.half) = 'am' THEN (TRY_CAST(p.h AS INT) % 12)::VARCHAR "
        "ELSE (TRY_CAST(p.h AS INT) % 12 + 12)::VARCHAR END"
    )
    order = (
        "TRY_CAST(p.a AS INT) > 12 OR p.mark = '.'",
        "TRY_CAST(p.b AS INT) > 12 OR TRY_CAST(p.a AS INT) = TRY_CAST(p.b AS INT)",
    )
    doubtful = {"dmy": "p.b", "mdy": "p.a"}.get(days, "NULL")
    month = f"CASE WHEN {order[0]} THEN p.b WHEN {order[1]} THEN p.a ELSE {doubtful} END"
    day = f"CASE WHEN {order[0]} THEN p.a WHEN {order[1]} THEN p.b ELSE {'p.a' if days == 'dmy' else 'p.b'} END"
    return f"netlift_clock({year}, {month}, {day}, {hour}, p.n, p.s)"


def _persons(key: bytes, ids: Ids) -> tuple[str, ...]:
    """HMAC-SHA256 (RFC 2104) in SQL, the first 96 bits, of the text in lower case without outer blanks.

    `customer` is what adapters write around ids that they keep; `netlift_customer` guards what is written to a table.
    """
    block = key.ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
    code = f"sha256({_blob(outer)} || unhex(sha256({_blob(inner)} || encode(lower(u)))))[1:24]"
    bare = "t >= '!' AND t < chr(127) AND ascii(t[-1]) BETWEEN 33 AND 126"  # nearly all: trimming is slow
    plain = f"CASE WHEN {bare} THEN t ELSE nullif(trim(t, {text(BLANKS)}), '') END"
    guard = f"CASE WHEN regexp_full_match(t, '[0-9a-f]{{24}}') THEN t WHEN t IS NOT NULL THEN error({text(_RAW)}) END"
    return (
        f"person(t) AS {_let('u', plain, f'CASE WHEN u IS NOT NULL THEN {code} END')}",
        f"customer(t) AS {'person(t)' if ids == 'coded' else 't'}",
        f"netlift_customer(t) AS {'t' if ids == 'kept' else guard}",
    )


def _blob(data: bytes) -> str:
    return "'" + "".join(f"\\x{byte:02X}" for byte in data) + "'::BLOB"
