"""Callers for tests: an author, a second person, and one who only looks."""

from netlift.service.access.caller import Caller
from netlift.service.access.roles import ROLES


def caller(name: str, role: str = "admin") -> Caller:
    return Caller(f"user:{name}", role, ROLES[role])


ANN, BEN, CAS, EVE = caller("ann", "operator"), caller("ben", "approver"), caller("cas"), caller("eve", "viewer")
