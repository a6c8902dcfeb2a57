"""The command line: one file per verb; every module here holds a function of its own name."""

import importlib
import pkgutil
import sys
from typing import Annotated

import typer

from netlift import __version__
from netlift.errors import NetliftError

__all__ = ["app", "main"]

app = typer.Typer(
    name="netlift",
    help="Which promotions paid? Incremental profit against control, with an interval and an evidence grade.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"netlift {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Which promotions paid? Incremental profit against control, with an interval and an evidence grade."""


for _verb in pkgutil.iter_modules(__path__):
    if not _verb.name.startswith("_"):
        app.command(_verb.name)(getattr(importlib.import_module(f"{__name__}.{_verb.name}"), _verb.name))


def main() -> None:
    """Run the program; an error of ours is one line on standard error and exit status 2."""
    try:
        app()
    except NetliftError as error:
        typer.echo(f"netlift: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("netlift: interrupted; nothing was half-written", err=True)
        sys.exit(130)
