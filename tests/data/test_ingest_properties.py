"""Whatever a file holds: netlift takes it in with every row accounted for, or says in its own words why not."""

import re
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from netlift.data.ingest import Wishes, ingest
from netlift.data.mapping import parse_mapping
from netlift.data.receipt import receipts_of
from netlift.data.workspace import Workspace
from netlift.errors import ConfigError, NetliftError
from tests.data.conftest import HEAD, balanced, line
from tests.data.sources.conftest import NOW, Shop

# cells that have made readers stumble, and any text at all
CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "1", "2.50", "1,5", "-3", "1e300", "nan", "2025-01-02", "31.12.2024", "tea", "EUR", "a\nb", '"', '""']
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)
DELIMITERS = st.sampled_from([",", ";", "\t", "|"])
FIELDS = HEAD.strip().split(",")


def quoted(cell: str, delimiter: str) -> str:
    """A cell as RFC 4180 wants it."""
    return '"' + cell.replace('"', '""') + '"' if re.search(f'[{re.escape(delimiter)}"\\r\\n]', cell) else cell


@dataclass(frozen=True)
class Outcome:
    """What became of a file."""

    problem: str = ""
    """The words of the error, if there was one."""
    rows_in: int = 0
    products: Mapping[str, list[str]] = field(default_factory=dict)
    """Product ids of each order that is in the table."""


def taken(content: bytes, **wishes: Any) -> Outcome:
    """Takes a file of this content in; an error that is not netlift's, or leaves something behind, is let through."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "any.csv"
        file.write_bytes(content)
        workspace = Workspace.create(Path(folder) / "shop")
        problem = None
        try:
            shop = Shop(workspace, ingest([file], workspace, Wishes(**wishes), now=NOW))
        except NetliftError as error:
            problem = error
        if problem is not None:
            assert "any.csv" in str(problem), "the error does not name the file"
            assert (workspace.names, receipts_of(workspace)) == ((), ()), "an error left something behind"
            return Outcome(str(problem))
        return _kept(balanced(shop))


def _kept(shop: Shop) -> Outcome:
    products: dict[str, list[str]] = defaultdict(list)
    for table, rows in shop.receipt.tables.items():
        found = shop.rows(table)
        assert len(found) == rows
        if table == "order_lines":
            for row in found:
                products[row["order_id"]].append(row["product_id"])
    return Outcome(rows_in=shop.receipt.rows_in, products=products)


@settings(max_examples=20)
@given(
    delimiter=DELIMITERS,
    head=st.lists(CELLS, min_size=1, max_size=5),
    rows=st.lists(st.lists(CELLS, max_size=7), max_size=8),
    is_quoted=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
)
def test_random_tables_raise_nothing_but_our_errors(
    delimiter: str, head: list[str], rows: list[list[str]], is_quoted: bool, end: str
) -> None:
    """Ragged, unquoted, blank, with any names: hardly ever known, and never a traceback."""
    cells = [[quoted(cell, delimiter) if is_quoted else cell for cell in row] for row in [head, *rows]]
    taken(end.join(delimiter.join(row) for row in cells).encode())


@settings(max_examples=25)
@given(content=st.binary(max_size=400))
def test_random_bytes_raise_nothing_but_our_errors(content: bytes) -> None:
    taken(content)


@settings(max_examples=20)
@given(
    rows=st.lists(
        st.one_of(
            st.lists(CELLS, min_size=6, max_size=6),
            st.lists(CELLS, max_size=8),  # ragged
            st.integers(1, 3).map(lambda order: line(order).strip().split(",")),  # sound, and sometimes a duplicate
        ),
        max_size=12,
    ),
    delimiter=DELIMITERS,
    is_quoted=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_rows_in_are_rows_kept_and_refused_whatever_stands_in_them(
    rows: list[list[str]], delimiter: str, is_quoted: bool, end: str
) -> None:
    """Order lines with garbage between them; a sound line behind all of it is always found again in the table."""
    last = line(9, "the last one").strip().split(",")
    cells = [[quoted(cell, delimiter) if is_quoted else cell for cell in row] for row in [FIELDS, *rows, last]]
    outcome = taken(end.join(delimiter.join(row) for row in cells).encode(), kind="mapped")
    if is_quoted:
        assert "the last one" in outcome.products["9"], outcome.problem
        assert outcome.rows_in == len(rows) + 1
    assert outcome.products or outcome.problem


@settings(max_examples=20)
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cf"]), min_size=1, max_size=8),
        min_size=1,
        max_size=6,
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_every_text_comes_back_as_it_was(texts: list[str], encoding: str) -> None:
    """Product names in any script, delimiters and quotes among them, reach the table unchanged."""
    content = HEAD + "".join(line(order, quoted(text, ",")) for order, text in enumerate(texts))
    outcome = taken(content.encode(encoding))
    assert outcome.products == {str(order): [text] for order, text in enumerate(texts)}, outcome.problem


@settings(max_examples=20)
@given(cut=st.integers(len(HEAD), len(HEAD.encode()) + 400), encoding=st.sampled_from(["utf-8", "utf-16", "gbk"]))
def test_a_file_cut_anywhere_keeps_its_whole_rows(cut: int, encoding: str) -> None:
    """At any byte: what stands before the cut is kept, the torn row is refused or whole, or an error says it is cut."""
    whole = (HEAD + "".join(line(order, "茶叶") for order in range(1, 9))).encode(encoding)
    start = whole[:cut]
    outcome = taken(start)
    complete = start.decode(encoding, "ignore").count("\n") - 1
    if outcome.problem:
        assert re.search("a header but no rows|is not utf-16|save the file as UTF-8|all 1 rows", outcome.problem)
        return
    assert [*outcome.products][:complete] == [str(order) for order in range(1, complete + 1)]
    assert complete <= outcome.rows_in <= complete + 1


MAPPED = st.dictionaries(
    st.sampled_from(["order_lines", "products", "currency", "decimal", "dates", "amounts", "timezone", "nonsense"]),
    st.one_of(
        CELLS,
        st.integers(),
        st.booleans(),
        st.none(),
        st.dictionaries(
            st.sampled_from([*FIELDS, "amount", "name", "nonsense"]), st.one_of(CELLS, st.none()), max_size=6
        ),
    ),
    max_size=5,
)


@settings(max_examples=200)
@given(mapping=MAPPED)
def test_random_mappings_raise_nothing_but_configuration_errors(mapping: dict[str, object]) -> None:
    """Wrong names, types and settings: an error with words, or a mapping that names at least one table."""
    with suppress(ConfigError):
        assert parse_mapping(mapping).tables
