"""How Django finds this room."""

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    """The room `decisions`."""

    name = "netlift.service.decisions"
    label = "decisions"

    def ready(self) -> None:
        """Let exports, erasures and retention reach this room."""
        from netlift.service.decisions import shelf_people, shelf_shown
        from netlift.service.decisions.people import KEPT_DAYS, clear_answers, forget, held, old_answers, unsay
        from netlift.service.ledger.people import erase, export
        from netlift.service.privacy.registry import heeds_withdrawals, holds_people
        from netlift.service.privacy.retention import keeps

        holds_people("decisions", held, forget)
        holds_people("ledger", export, erase)  # the ledger knows no people's room
        holds_people("lists", shelf_people.held, shelf_people.forget)
        keeps("lists shown", shelf_shown.KEPT_DAYS, shelf_shown.old, shelf_shown.clear)
        heeds_withdrawals("decisions", unsay)
        keeps("answers", KEPT_DAYS, old_answers, clear_answers)
