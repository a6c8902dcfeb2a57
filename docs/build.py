"""`python -m docs.build [--check]`: writes the reference pages that the program itself can tell.

A page is a function from nothing to Markdown; `--check` writes nothing and fails if a page is out of date.
"""

import argparse
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

REFERENCE = Path(__file__).parent / "reference"
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
        parts += [f"## {name}", f"A row is identified by {keys}."]
        rows = ((f"`{field.name}`", field.type, "" if field.nullable else "yes", _meaning(field)) for field in table)
        parts.append(_table(("column", "type", "required", "meaning"), rows))
    return _page(parts)


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
        "name, so their order and further columns do not matter."
    )
    return _page(["# File formats", introduction, _table(("kind", "format", "form", "what it is"), rows)])


PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {"cli.md": cli, "formats.md": formats, "reasons.md": reasons, "tables.md": tables}
)
"""Generated pages of docs/reference by file name."""


def stale() -> list[str]:
    """Names of the pages that differ from what the program says now."""
    return [name for name, page in PAGES.items() if _on_disk(REFERENCE / name) != page()]


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or with `--check` name those that are out of date."""
    parser = argparse.ArgumentParser(prog="python -m docs.build", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is out of date")
    check = parser.parse_args(arguments).check
    names = stale()
    for name in names:
        if not check:
            REFERENCE.mkdir(exist_ok=True)
            (REFERENCE / name).write_text(PAGES[name](), encoding="utf-8")
        sys.stdout.write(f"docs/reference/{name} {'is out of date: ./run docs' if check else 'written'}\n")
    return int(check and bool(names))


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
