"""What a worker process of the web server does before its first request, so that no customer waits for it."""

import logging
from collections.abc import Callable

from netlift.service.core.heap import set_aside


def make_ready() -> None:
    """Read what is live, import what addresses lead to, and set both aside; a store that is down stops nothing."""
    from django.db import connections
    from django.urls import get_resolver

    from netlift.service.core.logs import say
    from netlift.service.core.refusals import Refused
    from netlift.service.decisions.live import live
    from netlift.service.decisions.shelf import shelf

    assert get_resolver().url_patterns  # noqa: S101  which imports every room
    made: tuple[Callable[[], object], ...] = (live, shelf)
    for make in made:
        try:
            make()
        except Refused as error:  # such as: nothing was learned for lists yet
            say("not_ready", logging.DEBUG, error=error)
        except Exception as error:  # noqa: BLE001  requests tell what is wrong, and try again
            say("not_ready", logging.WARNING, error=error)
    connections.close_all()
    set_aside()
