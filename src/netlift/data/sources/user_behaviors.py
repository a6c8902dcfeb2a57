"""`user_behaviors.csv`: who bought, looked at or rated what, and when (R27)."""

from netlift.data.rules import dated, identified
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.engines.sql import text
from netlift.errors import Reason

_USER = ("user_id", "用户ID", "用户id")
_ITEM = ("item_id", "商品ID", "商品id")
_BOUGHT = ("purchase_time", "buy_time", "timestamp", "time", "购买时间")
_BROWSED = ("browse_time", "view_time", "browsing_time", "浏览时间")
_RATING = ("rating", "score", "评分")
_REVIEW = ("review", "comment", "评论")
_KIND = ("behavior_type", "behavior", "action", "event", "行为类型", "行为")
_EVENTS = {
    "view": ("pv", "view", "browse", "click", "浏览", "点击"),
    "cart": ("cart", "add_to_cart", "加购", "加购物车"),
    "purchase": ("buy", "purchase", "order", "购买"),
    "favourite": ("fav", "favorite", "favourite", "collect", "收藏"),
}

_ROWS = """
SELECT _row, user_id, item_id, customer_id, moment_text, moment(moment_text, {zone}) AS happened,
    browsed_text, moment(browsed_text, {zone}) AS browsed, rating_text, number(rating_text) AS rating, review,
    kind, CASE {kinds} WHEN kind IS NULL THEN 'purchase' END AS event
FROM (SELECT _row, {user} AS user_id, {item} AS item_id, {person} AS customer_id, {bought} AS moment_text,
    {browsed} AS browsed_text, {rating} AS rating_text, {review} AS review, lower({kind}) AS kind FROM raw)
"""
_EVENTS_QUERY = """
SELECT {name} || _row AS event_id, event, happened AS "at", customer_id, item_id AS product_id
FROM kept WHERE happened IS NOT NULL
UNION ALL
SELECT {name} || _row || '-view', 'view', browsed, customer_id, item_id FROM kept WHERE browsed IS NOT NULL
"""
_FEEDBACK = """
SELECT {name} || _row AS feedback_id, coalesce(happened, browsed) AS "at", customer_id, item_id AS product_id, rating,
    review AS "text"
FROM kept WHERE rating IS NOT NULL OR review IS NOT NULL
"""


class UserBehaviors(Source):
    """One row per purchase; a browsing time or a rating in it becomes an event or feedback of its own."""

    kind = "user_behaviors"
    title = "user behaviours (user_behaviors.csv)"
    telling = ("user_id", "item_id", "purchase_time")

    def recognises(self, peek: Peek) -> float:
        """Sure with a user, an item and a time of purchase."""
        user, item = (any(name in peek.columns for name in names) for names in (_USER, _ITEM))
        if not (user and item and any(name in peek.columns for name in (*_BOUGHT, *_BROWSED))):
            return 0.0
        return 0.9 if peek.known("purchase_time", "购买时间", *_KIND, *_RATING) else 0.7

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Events, and feedback where there are ratings or reviews."""
        columns = {"user": _USER, "item": _ITEM, "bought": _BOUGHT, "browsed": _BROWSED, "rating": _RATING}
        columns |= {"review": _REVIEW, "kind": _KIND}
        fields = {name: peek.text(*names) for name, names in columns.items()}
        kinds = " ".join(
            f"WHEN kind IN ({', '.join(map(text, words))}) THEN '{event}'" for event, words in _EVENTS.items()
        )
        personal = any("@" in (row.get(name) or "") for row in peek.sample for name in _USER)
        person = f"{'person' if personal else 'customer'}({fields['user']})"
        name = text(peek.path.name.partition(".")[0] + "-")
        tables = {"events": _EVENTS_QUERY.format(name=name)}
        if peek.known(*_RATING, *_REVIEW):
            tables["feedback"] = _FEEDBACK.format(name=name)
        return Reading(
            rows=_ROWS.format(**fields, person=person, kinds=kinds, zone=text(options.timezone)),
            tables=tables,
            refuse=(
                *identified("user_id"),
                *identified("item_id"),
                *dated("coalesce(moment_text, browsed_text)", "coalesce(happened, browsed)", options),
                Rule(Reason.BAD_TIME, "moment_text IS NOT NULL AND happened IS NULL"),
                Rule(Reason.BAD_TIME, "browsed_text IS NOT NULL AND browsed IS NULL"),
                Rule(Reason.UNKNOWN_EVENT, "event IS NULL"),
                Rule(Reason.BAD_AMOUNT, "rating_text IS NOT NULL AND rating IS NULL"),
            ),
            identity=("user_id", "item_id", "happened", "browsed", "event", "rating", "review"),
            notes=("no_amount", "no_cost"),
        )
