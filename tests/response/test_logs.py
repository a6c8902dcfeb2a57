"""Which offers of the past can teach, and why others cannot."""

import pytest

from netlift.errors import Reason
from netlift.history.shop import Shop, Terms, connect, day_number, open_shop
from netlift.response.logs import LEAST, Logs, find_logs
from tests.evaluation.tiny import day, line, orders_of, rows

END = day_number(day(120))


def shop(arms: dict[str, int], *, chance: bool = True, starts: float = 50, days: float = 10, **more: object) -> Shop:
    """Sixty customers who buy soap every ten days until day 119; the first ones of each arm got the mail `p`."""
    lines = [line(f"{n}-{at}", f"c{n:03}", day(at), "soap") for n in range(60) for at in range(0, 120, 10)]
    lines.append(line("last", "c000", day(119), "soap"))
    exposed, who = [], 0
    for arm, size in arms.items():
        for _ in range(size):
            exposed.append(
                {
                    "promotion_id": "p",
                    "customer_id": f"c{who:03}",
                    "arm": arm,
                    "exposed_at": day(starts),
                    "propensity": 0.5 if chance else None,
                }
            )
            who += 1
    promotion = {"promotion_id": "p", "name": "May mail", "mechanism": "campaign", "starts_at": day(starts),
                 "ends_at": day(starts + days), "contact_cost_minor": 7} | more  # fmt: skip
    tables = {
        "order_lines": rows("order_lines", lines),
        "orders": rows("orders", orders_of(lines)),
        "exposures": rows("exposures", exposed),
        "promotions": rows("promotions", [promotion]),
        "promotion_products": rows("promotion_products", [{"promotion_id": "p", "product_id": "soap"}]),
    }
    return open_shop(connect(tables), Terms())


def found(opened: Shop, last: int = END, washout: int | None = 7) -> Logs:
    return find_logs(opened, last, washout_days=washout)


def test_an_experiment_with_one_arm_is_named_after_its_promotion() -> None:
    (log,) = found(shop({"control": 30, "mail": 30}, value=0.2, value_type="percent")).usable
    (offer,) = log.offers
    assert (offer.offer_id, offer.name, offer.arm, offer.depth, offer.face_minor) == (
        "p",
        "May mail",
        "mail",
        0.2,
        None,
    )
    assert (offer.contact_cost_minor, offer.products, log.randomized, log.controls_logged) == (7, ("soap",), True, True)
    start = day_number(day(50))
    assert (log.span.start, log.span.end, log.span.until, log.asked) == (start, start + 11, start + 18, 18)


def test_arms_of_one_promotion_are_offers_of_their_own() -> None:
    (log,) = found(shop({"control": 20, "blue": 20, "red": 20}, value=500, value_type="amount")).usable
    assert [(o.offer_id, o.name, o.face_minor) for o in log.offers] == [
        ("p/blue", "May mail · blue", 500),
        ("p/red", "May mail · red", 500),
    ]


def test_an_arm_of_three_is_unknown_and_the_others_are_learned() -> None:
    logs = found(shop({"control": 25, "mail": 25, "letter": 3}))
    assert [offer.arm for offer in logs.usable[0].offers] == ["mail"]
    (unknown,) = logs.unknown
    assert (unknown.offer.offer_id, unknown.refused) == ("p/letter", Reason.TOO_FEW_TREATED)
    assert unknown.detail == f"3 customers, at least {LEAST} are needed"


def test_a_small_control_leaves_every_arm_unknown() -> None:
    logs = found(shop({"control": 3, "blue": 20, "red": 20}))
    assert not logs.usable
    assert {one.refused for one in logs.unknown} == {Reason.TOO_FEW_CONTROLS}
    assert len(logs.unknown) == 2


def test_without_logged_controls_it_is_a_log_that_somebody_decided() -> None:
    (log,) = found(shop({"mail": 30}, chance=False)).usable
    assert (log.randomized, log.controls_logged) == (False, False)


@pytest.mark.parametrize(("starts", "reason"), [(20, Reason.STARTS_BEFORE_DATA), (115, Reason.ENDS_AFTER_DATA)])
def test_a_campaign_needs_a_past_and_a_future(starts: float, reason: Reason) -> None:
    (unknown,) = found(shop({"mail": 30}, chance=False, starts=starts)).unknown
    assert unknown.refused is reason


def test_an_experiment_needs_no_past() -> None:
    assert found(shop({"control": 30, "mail": 30}, starts=2)).usable


def test_what_is_not_known_yet_as_of_an_earlier_day_is_cut_off() -> None:
    opened = shop({"control": 30, "mail": 30})
    start = day_number(day(50))
    (log,) = found(opened, start + 12).usable
    assert (log.span.end, log.span.until) == (start + 11, start + 12)
    (unknown,) = found(opened, start + 5).unknown
    assert (unknown.refused, unknown.detail) == (Reason.ENDS_AFTER_DATA, "5 of 18 days are known")
    (unknown,) = found(opened, start - 5).unknown
    assert unknown.refused is Reason.ENDS_AFTER_DATA


def test_a_contact_ahead_of_the_announced_start_moves_the_start() -> None:
    """Else the contact would be a feature, and tell who was offered."""
    (log,) = found(shop({"control": 30, "mail": 30}, starts=50, starts_at=day(53))).usable
    assert log.span.start == day_number(day(50))
