"""/api/v1: one file per resource, each a `router`; the frame does what all have in common."""

from netlift.service.api.frame import assembled as _assembled

api = _assembled(__path__, __name__)
