"""What decisions keep of a person: told to whoever may ask, erased, and cleared when it is old."""

from collections.abc import Sequence
from datetime import datetime

from netlift.service.decisions.hand_over import leave_out
from netlift.service.decisions.models import Answer, Exposure, Redemption
from netlift.service.decisions.redeem import told

KEPT_DAYS = 2
"""How long an answer is kept for who asks again."""
_MANY = 500


def held(customer: str) -> dict[str, list[dict[str, object]]]:
    """What is kept of the person behind a pseudonym."""
    exposures = Exposure.objects.filter(customer=customer).order_by("pk")
    redemptions = Redemption.objects.filter(customer=customer).order_by("pk")
    return {
        "exposures": [
            {"promotion_id": row.promotion_id, "arm": row.arm, "exposed_at": row.exposed_at.isoformat()}
            for row in exposures
        ],
        "redemptions": [told(row) | {"asked": row.asked} for row in redemptions],
    }


def forget(customer: str) -> int:
    """Erase answers and exposures, here and with the next hand-over in the workspace, and unlink redemptions.

    What an order cost stays for the books; whose it was does not.

    Returns:
        How many rows those were.
    """
    if not customer:
        return 0
    count = Answer.objects.filter(customer=customer).delete()[0]
    count += leave_out(customer)
    for row in Redemption.objects.filter(customer=customer):
        row.asked["facts"]["customer"] = "erased"  # a return is priced with the facts of then: a customer was known
        row.customer = ""
        row.held = [one for one in row.held if customer not in one["ref"]]
        row.save(update_fields=["asked", "customer", "held"])
        count += 1
    return count


def unsay(customers: Sequence[str]) -> None:
    """Drop answers that may be personal, so that a request sent again after a withdrawal is answered anew."""
    for start in range(0, len(customers), _MANY):
        Answer.objects.filter(customer__in=customers[start : start + _MANY]).delete()


def old_answers(before: datetime) -> int:
    """Answers from before a moment."""
    return Answer.objects.filter(at__lt=before).count()


def clear_answers(before: datetime, most: int) -> int:
    """Delete some of them."""
    ids = list(Answer.objects.filter(at__lt=before).order_by("at").values_list("pk", flat=True)[: min(most, 5_000)])
    return Answer.objects.filter(pk__in=ids).delete()[0]
