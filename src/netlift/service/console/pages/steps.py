"""The steps that a version can take now, for who looks at it: buttons, and why one of them is not theirs."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from netlift.service.access.caller import Caller
from netlift.service.catalog.models import Version
from netlift.service.catalog.states import MOVES
from netlift.service.console.pages.frame import attempt, typed

TITLES: Mapping[str, Any] = MappingProxyType({
    "submit": gettext_lazy("Submit for approval"), "approve": gettext_lazy("Approve"),
    "reject": gettext_lazy("Send back"), "publish": gettext_lazy("Publish"), "pause": gettext_lazy("Pause"),
    "end": gettext_lazy("End for good"),
})  # fmt: skip
DONE: Mapping[str, Any] = MappingProxyType({
    "submit": gettext_lazy("Submitted: a second person can approve it now."), "approve": gettext_lazy("Approved."),
    "reject": gettext_lazy("Sent back to its author."), "publish": gettext_lazy("It is live now."),
    "pause": gettext_lazy("It is paused."), "end": gettext_lazy("It has ended."),
})  # fmt: skip
COLOURS: Mapping[str, str] = MappingProxyType({"live": "keep", "submitted": "shrink", "paused": "shrink"})
"""Colour of a state's chip."""


class Step(NamedTuple):
    """A button."""

    code: str
    title: Any
    asks: bool
    """Whether a reason must be given."""
    grave: bool


def steps(version: Version, by: Caller, scopes: Mapping[str, str]) -> tuple[list[Step], str]:
    """Steps that the state and the person's scopes allow, and why the approval is not theirs, if it is not."""
    open_ = [step for step in TITLES if version.state in MOVES[step].before and scopes[step] in by.scopes]
    own = bool({by.name, by.behind} & {version.author, version.submitted_by})
    why = _("You wrote or submitted it: a second person approves it.") if own and "approve" in open_ else ""
    return [
        Step(step, TITLES[step], step == "reject", step == "end") for step in open_ if not (own and step == "approve")
    ], why


def take(
    request: HttpRequest, does: Mapping[str, Callable[..., object]], names: tuple[Any, ...], by: Caller
) -> HttpResponse:
    """Take the step that was posted, on the revision that was seen, and go back to the page."""
    code = typed(request, "step")
    if code not in does:
        messages.error(request, _("There is no such step."))
        return HttpResponseRedirect(request.path)
    seen = typed(request, "revision")
    more = (typed(request, "reason", 500),) if code == "reject" else ()
    expected = int(seen) if seen.isdecimal() and len(seen) < 10 else None
    return attempt(request, lambda: does[code](*names, by, *more, expected=expected), DONE[code], request.path)
