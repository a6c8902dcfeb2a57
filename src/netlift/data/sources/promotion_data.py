"""`promotion_data.csv`: past promotions with the rates that the shop reported for them (R30)."""

from netlift.data.rules import identified
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.engines.sql import text
from netlift.errors import Reason

_NAMES = {
    "promotion": ("promotion_id", "id", "促销ID", "活动ID", "促销id"),
    "name": ("promotion_name", "name", "活动名称"),
    "moment_text": ("time", "start_time", "date", "促销时间", "时间"),
    "end_text": ("end_time", "结束时间"),
    "participation_text": ("participation", "participants", "participation_count", "参与度", "参与人数"),
    "click_text": ("click_rate", "click_through_rate", "ctr", "点击率"),
    "conversion_text": ("sales_conversion_rate", "conversion_rate", "销售转化率", "转化率"),
}
_RATE = "CASE WHEN {0} LIKE '%\\%' ESCAPE '\\' THEN number(trim({0}, '% ')) / 100 ELSE number({0}) END"
_ROWS = f"""
SELECT _row, promotion, name, moment_text, moment(moment_text, {{zone}}) AS starts,
    end_text, moment(end_text, {{zone}}) AS ends,
    participation_text, {_RATE.format("participation_text")} AS participation,
    click_text, {_RATE.format("click_text")} AS clicks, conversion_text, {_RATE.format("conversion_text")} AS conversion
FROM (SELECT _row, {{fields}} FROM raw)
"""
# a share of customers is not a number of participants: it is kept beside
_IS_SHARE = "participation_text LIKE '%\\%' ESCAPE '\\' OR participation < 1 AND participation > 0"
_PROMOTIONS = f"""
SELECT promotion AS promotion_id, name, starts AS starts_at, ends AS ends_at,
    CASE WHEN NOT ({_IS_SHARE}) THEN CAST(round(participation) AS BIGINT) END AS participants,
    clicks AS click_rate, conversion AS conversion_rate,
    CASE WHEN {_IS_SHARE} THEN json_object('participation', participation)::VARCHAR END AS attributes
FROM kept
"""


_REPORTED = {"participation": "participation", "click": "clicks", "conversion": "conversion"}


class PromotionData(Source):
    """One row per promotion: when it ran, how many took part, click and conversion rates."""

    kind = "promotion_data"
    title = "promotions (promotion_data.csv)"
    telling = ("promotion_id", "time", "participation", "click_rate", "sales_conversion_rate")

    def recognises(self, peek: Peek) -> float:
        """Sure with a promotion that has a click or conversion rate."""
        has = {name: bool(peek.known(*names)) for name, names in _NAMES.items()}
        rated = has["click_text"] + has["conversion_text"]
        return 0.5 + 0.2 * rated if has["promotion"] and rated and (has["moment_text"] or rated == 2) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Promotions with what was reported of them; rates are fractions, "12 %" is 0.12."""
        return Reading(
            rows=_ROWS.format(zone=text(options.timezone), fields=peek.fields(_NAMES)),
            tables={"promotions": _PROMOTIONS},
            refuse=(
                *identified("promotion"),
                *(Rule(Reason.BAD_TIME, _unread(*pair)) for pair in (("moment_text", "starts"), ("end_text", "ends"))),
                *(Rule(Reason.BAD_AMOUNT, _unread(f"{name}_text", value)) for name, value in _REPORTED.items()),
                *(Rule(Reason.BAD_AMOUNT, f"NOT {rate} BETWEEN 0 AND 1") for rate in ("clicks", "conversion")),
                Rule(Reason.NEGATIVE_QUANTITY, "participation < 0"),
            ),
            identity=("promotion",),
            notes=("no_exposure",),
        )


def _unread(written: str, value: str) -> str:
    """SQL for a text that is there but could not be read."""
    return f"{written} IS NOT NULL AND {value} IS NULL"
