"""Five roles and what each may do: one table, read by the API, the console and the test that covers every pair."""

from collections.abc import Mapping
from types import MappingProxyType

READ = frozenset(
    {"plans:read", "promotions:read", "ledger:read", "audits:read", "shop:read", "jobs:read", "metrics:read"}
)
ANALYSE = frozenset({"audits:run", "plans:make", "exposures:read"})
OPERATE = frozenset({
    "events:write", "shop:write", "decide", "redeem", "codes:write", "promotions:write", "plans:write", "hooks:write",
})  # fmt: skip
APPROVE = frozenset({"plans:approve", "promotions:approve", "plans:publish"})
GOVERN = frozenset({"keys:write", "people:erase", "log:read", "ledger:adjust"})

SCOPES = READ | ANALYSE | OPERATE | APPROVE | GOVERN
"""Everything that can be asked for."""
ROLES: Mapping[str, frozenset[str]] = MappingProxyType({
    "viewer": READ,
    "analyst": READ | ANALYSE,
    "operator": READ | ANALYSE | OPERATE,
    "approver": READ | ANALYSE | APPROVE,
    "admin": SCOPES,
})  # fmt: skip
"""What a person or a key of each role may do. Only an admin both writes and approves, and never the same artefact."""
