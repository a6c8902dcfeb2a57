"""What all tests share: no network, steady property tests, and one Spark session for everybody."""

import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from netlift.engines import Engine, Settings, engine

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not _is_loopback(str(address[0])):
            raise AssertionError(f"a test tried to reach {address}: tests use no network")
        connect(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        yield


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The one Spark engine of a test run, on two local threads; skips where Spark cannot run.

    Tests that use it carry `pytest.mark.spark` and `pytest.mark.xdist_group("spark")`, so that one worker
    process runs them all.
    """
    from netlift.engines.spark import missing

    if lack := missing():
        pytest.skip(f"Spark cannot run here: {lack}")
    with engine("spark", Settings(threads=2, temp_folder=tmp_path_factory.mktemp("spark"))) as opened:
        yield opened
