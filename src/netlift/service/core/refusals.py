"""How the service says no: every refusal has a code for programs and a sentence for people."""

from netlift.errors import NetliftError


class Refused(NetliftError):  # noqa: N818 - a refusal is an answer, and reads as one
    """A request that is understood and not granted.

    Args:
        detail: what is wrong, where, and what to do.
        code: stable name of this refusal, when it is more special than its class.
        **more: members that a program may want, such as `available=3`; never personal data.
    """

    status = 400
    code = "bad_request"
    title = "The request is wrong"

    def __init__(self, detail: str, code: str = "", **more: object) -> None:
        super().__init__(detail)
        self.detail, self.code, self.more = detail, code or type(self).code, more


class NotFound(Refused):
    """What was named is not there."""

    status, code, title = 404, "not_found", "Not found"


class Conflict(Refused):
    """It clashes with what is there: another use of the key, another version, another state."""

    status, code, title = 409, "conflict", "In conflict with what is there"


class Exhausted(Refused):
    """A limit, a budget or a balance has too little left."""

    status, code, title = 409, "exhausted", "Too little left"


class Expired(Refused):
    """Its time is over."""

    status, code, title = 410, "expired", "Its time is over"


class Unauthenticated(Refused):
    """Nobody known is asking."""

    status, code, title = 401, "unauthenticated", "Who is asking?"


class Forbidden(Refused):
    """Who asks may not do this."""

    status, code, title = 403, "forbidden", "Not allowed"


class TooLarge(Refused):
    """More than may be sent at once."""

    status, code, title = 413, "too_large", "Too large"


class Throttled(Refused):
    """Too many tries; `retry_after` in `more` says when, in seconds."""

    status, code, title = 429, "throttled", "Too many requests"


class Unavailable(Refused):
    """Not now: no plan is live, or a store does not answer."""

    status, code, title = 503, "unavailable", "Not available now"
