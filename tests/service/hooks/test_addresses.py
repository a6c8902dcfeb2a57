"""News leave to the world by https, or stay on this machine."""

import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from netlift.service.core.refusals import Refused
from netlift.service.hooks import send
from netlift.service.hooks.addresses import Place, place, resolved
from netlift.service.hooks.send import Unsent, post
from netlift.service.hooks.subscriptions import MOST, subscribe

OUTSIDE = "93.184.215.14"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names mean."""
    known: dict[str, list[str]] = {}

    def found(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        if host == "127.0.0.1":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        if host not in known:
            raise socket.gaierror(host)
        family = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in known[host]]
        return [(kind, socket.SOCK_STREAM, 6, "", (one, port)) for kind, one in zip(family, known[host], strict=True)]

    monkeypatch.setattr("socket.getaddrinfo", found)
    return known


@pytest.mark.parametrize(
    "url",
    [
        "", "shop.example", "ftp://shop.example/", "http://shop.example/", "https://", "https:///path",
        "https://user@shop.example/", "https://:word@shop.example/", "https://shop.example/#part",
        "https://shop.example:99999/", "https://shop.example:0/", "https://shop.example/a b",
        "https://shop.example/\r\nX: y", "https://bücher.example/", "https://[::1/", "https://[fe80::1%25eth0]/",
        "https://shop.example/" + "x" * 500, "http://127.0.0.1.shop.example/", "http://2130706433/", "http://127.1/",
        "file:///etc/passwd",
    ],
)  # fmt: skip
def test_what_is_no_address_for_news_is_refused(url: str) -> None:
    """Only https, or http to this machine by a name that means nothing else."""
    with pytest.raises(Refused, match="cannot be sent to this address"):
        place(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
        "64:ff9b::7f00:1", "2002:0a00:0001::1", "2002:7f00:0001::1", "198.18.0.1", "192.0.2.1",
    ],
)  # fmt: skip
def test_no_network_around_is_reached_by_a_name(names: dict[str, list[str]], address: str) -> None:
    """Private, link-local, carrier, multicast, documentation; also inside addresses of version 6."""
    names["shop.example"] = [OUTSIDE, address]
    with pytest.raises(Refused, match="private network"):
        resolved(place("https://shop.example/"))


def test_a_name_of_this_machine_means_this_machine(names: dict[str, list[str]]) -> None:
    """`localhost` that leads elsewhere is as suspicious as a name from outside that leads here."""
    names["localhost"] = [OUTSIDE]
    with pytest.raises(Refused, match="private network"):
        resolved(place("http://localhost:8080/"))
    names["localhost"] = ["127.0.0.1", "::1"]
    assert resolved(place("http://LOCALHOST:8080/")) == ("127.0.0.1", "::1")


def test_the_world_is_reached(names: dict[str, list[str]]) -> None:
    """A name of public addresses, of both versions."""
    names["shop.example"] = [OUTSIDE, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]
    where = place("https://shop.example.:8443/hooks?a=b")
    assert where == Place(True, "shop.example", 8443, "/hooks?a=b")
    assert resolved(where)[0] == OUTSIDE
    with pytest.raises(Refused, match="not known"):
        resolved(place("https://other.example/"))


def test_the_connection_goes_to_the_address_that_was_checked(
    names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the name means a moment later."""
    names["shop.example"] = [OUTSIDE, "93.184.215.15"]
    asked: list[object] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        asked.append(address)
        names["shop.example"] = ["127.0.0.1"]
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.create_connection", connect)
    with pytest.raises(Unsent, match="no answer"):
        post(place("https://shop.example/"), b"{}", {})
    assert asked == [(OUTSIDE, 443), ("93.184.215.15", 443)]


def test_the_certificate_is_checked_for_the_name(
    names: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS knows the host by its name though the connection goes to an address; a certificate of another name fails."""
    trust, server = certified("shop.example", tmp_path)
    monkeypatch.setattr(send, "_trust", lambda: trust)
    monkeypatch.setattr("netlift.service.hooks.addresses._public", lambda _: True)
    names["shop.example"] = names["other.example"] = ["127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)
        port = listening.getsockname()[1]

        def answer() -> None:
            for _ in range(2):
                with suppress(OSError), server.wrap_socket(listening.accept()[0], server_side=True) as talk:
                    heard = b""
                    # what is left unread when it closes would cut the answer off
                    while not heard.endswith(b"{}") and (piece := talk.recv(10_000)):
                        heard += piece
                    asked.append(heard)
                    talk.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        asked: list[bytes] = []
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        assert post(place(f"https://shop.example:{port}/hooks"), b"{}", {}) == 204
        with pytest.raises(Unsent, match="certificate"):
            post(place(f"https://other.example:{port}/hooks"), b"{}", {})
        thread.join(5)
    assert f"Host: shop.example:{port}".encode() in asked[0]


def certified(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Whom to trust, and a server that is trusted for a name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(certificate + own)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return ssl.create_default_context(cadata=certificate.decode()), server


def test_subscribing_has_its_bounds(store: str) -> None:
    """Kinds are small words with dots, and there are so many subscriptions at a time."""
    for kind in ("Plan.Published", "plan..published", "plan published", "x" * 61, ""):
        with pytest.raises(Refused, match="no kind of news"):
            subscribe("https://shop.example/", [kind], "key:1")
    for _ in range(MOST):
        subscribe("https://shop.example/", [], "key:1")
    with pytest.raises(Refused, match="end one first"):
        subscribe("https://shop.example/", [], "key:1")
