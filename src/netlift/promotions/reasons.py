"""Why a promotion gives nothing in a quote: one closed list of codes, each with its text in `texts`."""

from enum import StrEnum


class Why(StrEnum):
    """Reason of a refusal; the code is stable, the text is a translation of it."""

    NOT_STARTED = "not_started"
    ENDED = "ended"
    OUTSIDE_HOURS = "outside_hours"
    NEEDS_CODE = "needs_code"
    NEEDS_TOKEN = "needs_token"  # noqa: S105
    OTHER_CURRENCY = "other_currency"
    WRONG_CUSTOMER = "wrong_customer"
    WRONG_CHANNEL = "wrong_channel"
    WRONG_REGION = "wrong_region"
    NO_MATCHING_GOODS = "no_matching_goods"
    TOO_FEW_UNITS = "too_few_units"
    BELOW_THRESHOLD = "below_threshold"
    CONDITION_NOT_MET = "condition_not_met"
    FACT_UNKNOWN = "fact_unknown"
    LIMIT_REACHED = "limit_reached"
    CUSTOMER_LIMIT_REACHED = "customer_limit_reached"
    BUDGET_SPENT = "budget_spent"
    EXCLUDED = "excluded"
    NOT_BEST = "not_best"
    NOTHING_LEFT = "nothing_left"
    AT_FLOOR = "at_floor"
    DECLINED = "declined"
    NOT_CHOSEN = "not_chosen"


HOW_FAR = {why: place for place, why in enumerate(Why)} | {Why.NO_MATCHING_GOODS: -1}
"""How far a promotion got, as reasons stand above in that order; without goods of its own it did not even start."""
