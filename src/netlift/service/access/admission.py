"""The door of the API: a token in, a caller out; wrong ones are counted by address, right ones are paced."""

from django.conf import settings
from django.http import HttpRequest

from netlift.service.access.caller import Caller
from netlift.service.access.keys import recognised
from netlift.service.access.throttle import allow, pace
from netlift.service.core.addresses import address_of
from netlift.service.core.refusals import Unauthenticated

WRONG_PER_MINUTE = 30
"""Wrong tokens that one address may try in a minute before it is told to wait; a right one always passes."""


def admitted(request: HttpRequest, token: str) -> Caller:
    """Who holds this token.

    Raises:
        Unauthenticated: nobody known does.
        Throttled: too many wrong tokens from there, or too many requests with this one.
    """
    try:
        caller = recognised(token)
    except Unauthenticated:
        allow("wrong_key", address_of(request), WRONG_PER_MINUTE)
        raise
    pace(caller.name, settings.REQUESTS_PER_MINUTE)
    return caller
