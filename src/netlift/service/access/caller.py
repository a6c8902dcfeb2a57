"""Who is asking."""

from dataclasses import dataclass

from netlift.service.core.refusals import Forbidden


@dataclass(frozen=True, slots=True)
class Caller:
    """A person or a key, as it was recognised."""

    name: str
    """Stable and without personal data: `key:KEY_ID` or `user:USER_PK`."""
    role: str
    scopes: frozenset[str]
    person: str = ""
    """Who made the key, if this is one: `user:USER_PK`, or `shell`."""

    @property
    def behind(self) -> str:
        """Who acts, whether by themselves or by a key that they made: what a second person must differ in."""
        return self.person or self.name

    def need(self, scope: str) -> None:
        """Refuse what the caller may not do.

        Raises:
            Forbidden: the scope is not the caller's.
        """
        if scope not in self.scopes:
            raise Forbidden(f"this needs {scope!r}, which a caller of role {self.role!r} lacks here", scope=scope)
