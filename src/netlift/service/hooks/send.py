"""One POST to one address: bounded in time, without redirects, and nothing of the answer is kept but its status."""

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from http.client import HTTPConnection, HTTPException

from netlift.service.hooks.addresses import Place, resolved

SECONDS = 5.0
"""For a whole try, from the connection to the status."""


class Unsent(Exception):  # noqa: N818 - what happened to the message
    """No status came back; the text says why, without anything that the other side said."""


def post(where: Place, body: bytes, headers: Mapping[str, str], seconds: float = SECONDS) -> int:
    """The status of the answer.

    Raises:
        Unsent: no connection, no answer in time, or not one of HTTP.
        Refused: the address leads into a private network by now.
    """
    connection = _Pinned(where, resolved(where), seconds)
    watch = threading.Timer(seconds, connection.cut)  # the socket's own timeout starts anew with every byte
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", where.path, body, {"Connection": "close", **headers})
        status = connection.getresponse().status
        connection.go_on()  # an answer that was cut off looks like one that ended early
        return status
    except ssl.SSLCertVerificationError:
        raise Unsent("its certificate is not valid for this host") from None
    except (OSError, HTTPException, ValueError) as error:
        late = isinstance(error, TimeoutError) or connection.was_cut
        raise Unsent(f"no answer within {seconds:g} s" if late else f"no answer ({type(error).__name__})") from None
    finally:
        watch.cancel()
        connection.close()


class _Pinned(HTTPConnection):
    """A connection to addresses that were checked before, under the name that they were found by."""

    def __init__(self, where: Place, addresses: tuple[str, ...], seconds: float) -> None:
        super().__init__(where.host, where.port, timeout=seconds)
        self.default_port = 443 if where.tls else 80  # so that the header Host does not name it
        self._where, self._addresses, self._seconds = where, addresses, seconds
        self.was_cut = False

    def connect(self) -> None:
        """To the first address that answers."""
        self.sock = self._connected()
        if self._where.tls:
            self.sock = _trust().wrap_socket(self.sock, server_hostname=self._where.host, do_handshake_on_connect=False)
            self.go_on()
            self.sock.do_handshake()  # only now, so that it can be cut too
        self.go_on()

    def go_on(self) -> None:
        """Only if it was not cut.

        Raises:
            TimeoutError: it was.
        """
        if self.was_cut:
            raise TimeoutError

    def cut(self) -> None:
        """End it from another thread, whatever it waits for."""
        self.was_cut = True
        if self.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # not TLS's own, which takes part in the talk

    def _connected(self) -> socket.socket:
        for address in self._addresses[:-1]:
            try:
                return socket.create_connection((address, self.port), self._seconds / len(self._addresses))
            except OSError:
                continue
        return socket.create_connection((self._addresses[-1], self.port), self._seconds)


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
