"""`python -m docs.build [--check | --pages]`: writes what the program itself can tell, and draws the pictures.

A reference page is a function from nothing to its text. Between `<!-- bench:NAME -->` and `<!-- /bench -->` a page at
the root shows the kept result of that benchmark, as its `markdown(result)` says it or as a plain table.
"""

import argparse
import importlib
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
RESULTS = ROOT / "benchmarks" / "results"
BENCH = re.compile(r"(<!-- bench:(\w+) -->\n).*?(<!-- /bench -->)", re.DOTALL)
NOTE = "<!-- Written by `./run docs` from the program itself: do not edit. -->\n"


def cli() -> str:
    """Every command with its arguments and options, from the Typer application."""
    import typer

    from netlift.cli import app

    group: Any = typer.main.get_command(app)
    context = group.make_context("netlift", [], resilient_parsing=True)
    parts = ["# Command line", str(group.help), *_parameters(group, context)]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if not command.hidden:
            parts += _command(command, command.make_context(f"netlift {name}", [], parent=None, resilient_parsing=True))
    parts.append(
        "`--help` works everywhere. Errors are one line on standard error and exit status 2; after Ctrl-C it is 130."
    )
    return _page(parts)


def tables() -> str:
    """The data dictionary: every named table with its columns."""
    from netlift import schema

    conventions = inspect.cleandoc(schema.__doc__ or "").partition("\n\n")[2]
    parts = ["# Tables", "A workspace keeps these as Parquet, one folder a table.", conventions]
    for name, table in schema.TABLES.items():
        keys = ", ".join(f"`{key}`" for key in schema.KEYS[name])
        parts += [f"## {name}", f"A row is identified by {keys}.", _columns(table)]
    parts += ["## Derived tables", "What the line makes of them: one file each in the workspace's `derived`."]
    for name, table in schema.DERIVED.items():
        parts += [f"### {name}", _columns(table)]
    parts += ["### rows of a plan", "`rows.parquet` in the folder of each plan.", _columns(schema.PLAN)]
    return _page(parts)


def _columns(table: Any) -> str:
    rows = ((f"`{field.name}`", field.type, "" if field.nullable else "yes", _meaning(field)) for field in table)
    return _table(("column", "type", "required", "meaning"), rows)


def reasons() -> str:
    """Every reason for which a row is refused or a promotion cannot be judged, in both languages."""
    from netlift.errors import Reason
    from netlift.report.words import LANGS, words

    books = [words(lang) for lang in LANGS]
    rows = (
        (f"`{reason}`", *(f"**{book.label('reason', reason)}**: {book.text('reason', reason)}" for book in books))
        for reason in Reason
    )
    introduction = (
        "Nothing is dropped silently. A row that is left out is counted under one of these codes in the data receipt, "
        "and a promotion that cannot be judged carries one in the audit."
    )
    return _page(["# Reasons", introduction, _table(("code", *LANGS), rows)])


def formats() -> str:
    """Every file format that is recognised, from the adapters."""
    from netlift.data.source import SOURCES

    rows = ((f"`{kind}`", source.title, ", ".join(source.forms), _opening(source)) for kind, source in SOURCES.items())
    introduction = (
        "A file is recognised by its content, never by its name; `--as KIND` overrules that. Columns are matched by "
        "name, so their order and further columns do not matter. [Exports](exports.md) says how to get each file, what "
        "is read of it, what is left out, and what the format cannot tell."
    )
    return _page(["# File formats", introduction, _table(("kind", "format", "form", "what it is"), rows)])


def promotion_schema() -> str:
    """The JSON Schema of the promotion language, from its dataclasses."""
    from netlift.promotions.json_schema import schema

    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


def mechanisms() -> str:
    """Every mechanism with its form and its worked examples, which the contract suite proves."""
    from docs.mechanisms import parts

    return _page(parts())


def api() -> str:
    """The API's endpoints, from its OpenAPI document."""
    from docs.api import parts

    return _page(parts())


PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "api.md": api,
        "cli.md": cli,
        "formats.md": formats,
        "mechanisms.md": mechanisms,
        "promotion.schema.json": promotion_schema,
        "reasons.md": reasons,
        "tables.md": tables,
    }
)
"""Generated pages of docs/reference by file name."""


def with_figures(text: str) -> str:
    """A page with the kept figures of the benchmarks that it names; a benchmark without a result is left as it is."""
    return BENCH.sub(
        lambda block: f"{block[1]}{_figures(block[2]) or block[0][len(block[1]) : -len(block[3])]}{block[3]}", text
    )


def stale() -> dict[Path, str]:
    """The files that differ from what the program says now, and what should stand in them."""
    wanted = {REFERENCE / name: page() for name, page in PAGES.items()}
    wanted |= {path: with_figures(_on_disk(path)) for path in sorted(ROOT.glob("*.md"))}
    return {path: text for path, text in wanted.items() if _on_disk(path) != text}


def main(arguments: list[str] | None = None) -> int:
    """Write the pages and draw the pictures from an audit of the demo's data."""
    parser = argparse.ArgumentParser(prog="./run docs", description=main.__doc__)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="write nothing; fail if a page is out of date")
    choice.add_argument("--pages", action="store_true", help="write the pages only; pictures take a minute")
    options = parser.parse_args(arguments)
    found = stale()
    for path, text in found.items():
        if not options.check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        _say(f"{path.relative_to(ROOT)} {'is out of date: ./run docs' if options.check else 'written'}")
    if options.check or options.pages:
        return int(options.check and bool(found))
    from docs.pictures import draw

    for path in draw(ROOT / "docs" / "pictures"):
        _say(f"{path.relative_to(ROOT)} drawn")
    return 0


def _figures(name: str) -> str:
    path = RESULTS / f"{name}.json"
    if not path.is_file():
        return ""
    result = json.loads(path.read_text(encoding="utf-8"))["result"]
    markdown = getattr(importlib.import_module(f"benchmarks.{name}"), "markdown", _plain)
    return f"{markdown(result).strip()}\n"


def _plain(result: Mapping[str, Any]) -> str:
    """Each mapping of mappings as a table."""
    grids = (value for value in result.values() if isinstance(value, dict) and value)
    return "\n\n".join(_grid(rows) for rows in grids if all(isinstance(row, dict) for row in rows.values()))


def _grid(rows: Mapping[str, Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    return _table(
        ("", *columns), ((name, *(_cell(row.get(column)) for column in columns)) for name, row in rows.items())
    )


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _command(command: Any, context: Any) -> Iterator[str]:
    yield f"## netlift {command.name}"
    yield f"```\n{command.get_usage(context).removeprefix('Usage: ')}\n```"
    yield inspect.cleandoc(command.help or "").replace("\f", "")
    yield from _parameters(command, context)


def _parameters(command: Any, context: Any) -> Iterator[str]:
    """Arguments and options as the program's own help spells them."""
    shown = [one for one in command.get_params(context) if one.name != "help" and not getattr(one, "hidden", False)]
    records = (one.get_help_record(context) for one in shown)
    if rows := [(f"`{spelling}`", " ".join(meaning.split())) for spelling, meaning in filter(None, records)]:
        yield _table(("argument or option", "meaning"), rows)


def _meaning(field: Any) -> str:
    return str(field.metadata[b"meaning"].decode())


def _opening(source: type) -> str:
    """The first sentence of an adapter."""
    return inspect.cleandoc(source.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    lines = [tuple(head), *(tuple(str(cell).replace("|", "\\|") for cell in row) for row in rows)]
    lines.insert(1, ("---",) * len(lines[0]))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _page(parts: Iterable[str]) -> str:
    return NOTE + "\n" + "\n\n".join(part for part in parts if part) + "\n"


def _on_disk(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
