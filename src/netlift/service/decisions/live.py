"""What is live now, made ready once per process: the plan's decider, the live promotions and their engines.

One query a request reads which versions are live; while they are the same, nothing else is read and nothing is built.
"""

import json
import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db import connection

from netlift.decision.decider import Decider
from netlift.plan.artefact import Head
from netlift.promotions.documents import Document, write_document
from netlift.promotions.effects.deposit import Deposit
from netlift.promotions.engine import Engine
from netlift.promotions.gates import as_entered
from netlift.promotions.promotion import Group, Promotion
from netlift.service.catalog.live import live_tree, promotion_of, read_plan
from netlift.service.catalog.models import PlanVersion, PromotionVersion, Tree
from netlift.service.catalog.states import LIVE
from netlift.service.core.heap import set_aside
from netlift.service.core.refusals import Unavailable

_CURRENCIES = 32
_ENGINES = 512
"""Sets of promotions whose engines are kept."""


class Limited(NamedTuple):
    """A promotion that may be used only so often, or may cost only so much."""

    id: str
    total: int | None
    per_customer: int | None
    budget: int | None
    currency: str


class Agreed(NamedTuple):
    """The terms of an order."""

    digest: str
    document: Mapping[str, Any]
    """Promotions and their tree, as `promotions.documents` writes them."""


class Live:
    """What is live, and the engines for it; shared by all threads of a process.

    Args:
        decider: of the live plan; None while there is none.
        head: of the same plan.
        catalogue: the live promotions.
        root: how they combine.
    """

    def __init__(self, decider: Decider | None, head: Head | None, catalogue: Iterable[Promotion], root: Group) -> None:
        self.decider, self.head, self.root = decider, head, root
        self.catalogue = {one.id: one for one in catalogue}
        parts = () if head is None else head.parts
        public = () if head is None else head.public
        self.offers: Mapping[str, tuple[Promotion, ...]] = MappingProxyType(
            {part.candidate.offer.offer_id: part.candidate.promotions for part in (*parts, *public)}
        )
        """By offer of the plan, what carries it out."""
        self.personal = frozenset(part.candidate.offer.offer_id for part in parts)
        self.uses = {part.candidate.offer.offer_id: part.candidate.offer.uses for part in (*parts, *public)}
        """By offer of the plan, how often one customer may use it; 0: without limit."""
        self.of_plan = {one.id: offer for offer, found in self.offers.items() for one in found}
        """By promotion of the plan, its offer."""
        planned = [one for found in self.offers.values() for one in found]
        self.promotions = ({one.id: one for one in planned} | self.catalogue).values()
        """All of them; of the same id the catalogue's."""
        self.presales = tuple(
            one.id for one in self.promotions if any(isinstance(part.effect, Deposit) for part in one.benefits)
        )
        """Promotions for which deposits were paid before."""
        self.codes = frozenset(as_entered(code) for one in self.promotions for code in one.trigger.codes)
        """Codes that promotions name themselves; all others are of a batch, or wrong."""
        self.limited = lru_cache(maxsize=_CURRENCIES)(self._limited)
        self.engine = lru_cache(maxsize=_ENGINES)(self._engine)
        self.terms = lru_cache(maxsize=_ENGINES)(self._terms)

    @property
    def plan_id(self) -> str:
        """Of the live plan; empty where there is none."""
        return "" if self.decider is None else self.decider.plan_id

    def promotion(self, promotion_id: str) -> Promotion | None:
        """A live promotion, of the catalogue or of the plan."""
        return next((one for one in self.promotions if one.id == promotion_id), None)

    def _limited(self, currency: str) -> tuple[Limited, ...]:
        """The promotions that have a limit; the plan's have their offer's too."""
        found = []
        for one in self.promotions:
            offered = self.uses.get(one.id, 0)  # the first promotion of an offer is named by it, and counts for it
            mine = [limit for limit in (one.limits.per_customer, offered or None) if limit is not None]
            if mine or one.limits.total is not None or one.limits.budget is not None:
                found.append(Limited(one.id, one.limits.total, min(mine, default=None), one.limits.budget, currency))
        return tuple(found)

    def _engine(self, offers: tuple[str, ...], closed: frozenset[str]) -> Engine:
        """The engine for the catalogue and some offers of the plan, without the promotions that are closed.

        A promotion of the catalogue stands for the plan's of the same id, so that nothing is given twice.
        """
        return Engine(self._chosen(offers, closed), self.root)

    def _terms(self, offers: tuple[str, ...], closed: frozenset[str]) -> Agreed:
        """What such an engine prices with, to be kept with orders."""
        chosen = sorted(self._chosen(offers, closed), key=lambda one: one.id)
        document = write_document(Document(tuple(chosen), self.root))
        return Agreed(sha256(json.dumps(document, sort_keys=True).encode()).hexdigest(), document)

    def _chosen(self, offers: tuple[str, ...], closed: frozenset[str]) -> list[Promotion]:
        chosen = {one.id: one for offer in offers for one in self.offers[offer]} | self.catalogue
        return [one for one in chosen.values() if one.id not in closed]


Stamp = frozenset[tuple[str, str | None]]

_kept: tuple[Stamp, Live] | None = None
_making = threading.Lock()


def live() -> Live:
    """What is live at this moment: one query, and what the process has ready.

    Raises:
        Unavailable: the live plan's files are damaged.
        DefinitionError: live promotions do not go together.
    """
    global _kept  # noqa: PLW0603 - one slot for the process, set whole
    stamp = _stamp()
    kept = _kept
    if kept is not None and kept[0] == stamp:
        return kept[1]
    with _making:  # a plan of a million rows takes seconds and memory: make it once
        kept = _kept
        if kept is None or kept[0] != stamp:
            kept = _kept = (stamp, _made(stamp, kept[1] if kept else None))
            set_aside()
    return kept[1]


def live_decider() -> Decider:
    """The decider of the live plan.

    Raises:
        Unavailable: no plan is live.
    """
    found = live().decider
    if found is None:
        raise Unavailable("no plan is live: publish one, and customers get offers", "no_plan")
    return found


_STAMP = f"""
SELECT 'plan', plan_id FROM {PlanVersion._meta.db_table} WHERE state = %s
UNION ALL SELECT 'promotion', digest FROM {PromotionVersion._meta.db_table} WHERE state = %s
UNION ALL SELECT 'tree', CAST(MAX(made_at) AS VARCHAR(64)) FROM {Tree._meta.db_table}"""
"""Written out because it runs with every request, and Django takes longer to write it than a store to answer it."""


def _stamp() -> Stamp:
    """Which versions are live, of the promotions and of the tree by what tells their content."""
    with connection.cursor() as cursor:
        cursor.execute(_STAMP, [LIVE, LIVE])
        return frozenset(cursor.fetchall())


def _made(stamp: Stamp, before: Live | None) -> Live:
    plan_id = next((name for kind, name in stamp if kind == "plan" and name), "")
    digests = {name for kind, name in stamp if kind == "promotion"}
    rows = PromotionVersion.objects.filter(state=LIVE).values_list("digest", "definition")
    catalogue = [promotion_of(definition) for digest, definition in rows if digest in digests]
    if before is not None and before.plan_id == plan_id:
        decider, head = before.decider, before.head
    elif plan_id:
        plan = read_plan(plan_id)
        decider, head = Decider(plan), plan.head
    else:
        decider, head = None, None
    made = Live(decider, head, catalogue, live_tree())
    made.engine((), frozenset())  # what does not go together is told here
    return made
