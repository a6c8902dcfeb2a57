"""An empty store of each kind, for the ledger's benchmarks."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


@contextmanager
def postgres() -> Iterator[str]:
    """Address of an empty database, on the server that NETLIFT_TEST_PG_URL names or on one of its own."""
    import psycopg
    from tests.service import _postgres

    with _postgres.server() as server:
        name = f"bench_{os.getpid()}_{time.time_ns()}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
