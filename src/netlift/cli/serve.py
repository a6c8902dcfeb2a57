"""`netlift serve`: the service on a folder, from an empty one to a browser in one command."""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netlift.errors import ConfigError

if TYPE_CHECKING:
    from netlift.service.server.options import Options

Folder = Annotated[Path, typer.Argument(help="Folder of the service; made where it is missing.")]
Host = Annotated[str, typer.Option(help="Address to serve at; others than this machine's own need HTTPS in front.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port to serve at.")]
Workers = Annotated[int, typer.Option(min=1, max=64, envvar="NETLIFT_WORKERS", help="Processes that answer requests.")]
Database = Annotated[
    str,
    typer.Option(
        help="Store: postgresql://user@host/name, with its password better in NETLIFT_DATABASE than here; default:"
        " SQLite in the folder.",
        show_default=False,
    ),
]
Demo = Annotated[bool, typer.Option("--demo", help="Take in the package's own data and publish a plan; two minutes.")]
NewPassword = Annotated[
    str,
    typer.Option(metavar="NAME", show_default=False, help="Give this person a new password, print it once, and stop."),
]
NewKey = Annotated[
    str, typer.Option(metavar="NAME", show_default=False, help="Make an API key, print its token once, and stop.")
]
Role = Annotated[
    str | None,
    typer.Option(help="Of the person or the key: viewer, analyst, operator, approver or admin.", show_default=False),
]

_NEEDED = ("django", "ninja", "unfold", "axes", "granian", "psycopg", "argon2", "cryptography", "whitenoise")


def serve(
    folder: Folder = Path("netlift-data"),
    *,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Workers = 1,
    database: Database = "",
    demo: Demo = False,
    new_password: NewPassword = "",
    new_key: NewKey = "",
    role: Role = None,
) -> None:
    """Serve the console and the API on a folder.

    A first run makes the store, the secrets and an admin, whose password is printed once.
    """
    if missing := [name for name in _NEEDED if importlib.util.find_spec(name) is None]:
        raise ConfigError(f"the service needs {', '.join(missing)}: pip install 'netlift[service]'")
    from netlift.service.server.options import Options

    options = Options(folder, host, port, workers, database, demo)
    if new_password or new_key:
        _make(options, new_password, new_key, role)
        return
    if role is not None:
        raise ConfigError("--role belongs to --new-password or --new-key")
    from netlift.service.server.supervisor import serve as run

    raise typer.Exit(run(options, typer.echo))


def _make(options: "Options", person: str, key: str, role: str | None) -> None:
    from netlift.service.server import first
    from netlift.service.server.supervisor import in_folder

    in_folder(options)
    if person:
        typer.echo(first.new_password(person, role))
    if key:
        typer.echo(first.new_key(key, role))
