"""What gorse exports: users, items and feedback, one JSON object a line (gorse.io, Data Source).

Identifiers of users become pseudonyms, in users and feedback alike. A hidden item is one of which none may be sold.
"""

from netlift.data.rules import dated, identified, zone_of
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.engines.sql import text
from netlift.errors import Reason

_EVENTS = {
    "view": ("read", "view", "browse", "watch", "impression"),
    "click": ("click",),
    "cart": ("cart", "add_to_cart", "add-to-cart"),
    "purchase": ("buy", "purchase", "order", "paid"),
    "favourite": ("like", "star", "favorite", "favourite", "wish", "wish_list", "bookmark"),
}
"""Our events and the names that shops give them; other names stay as they are, in small letters."""
_RATINGS = ("rate", "rating", "score")

_USERS = "SELECT _row, blank({user}) AS user_id, person({user}) AS customer_id, {labels} AS labels FROM raw"
_CUSTOMERS = """
SELECT customer_id, CASE WHEN labels IS NOT NULL THEN CAST(json_object('labels', labels) AS VARCHAR) END AS attributes
FROM kept"""
_ITEMS = """
SELECT _row, {item} AS product_id, {comment} AS name, lower({hidden}) = 'true' AS is_hidden,
    from_json(coalesce({categories}, '[]'), '["VARCHAR"]') AS categories, {labels} AS labels
FROM raw"""
_PRODUCTS = """
SELECT product_id, name, categories[1] AS category, nullif(array_to_string(categories, ','), '') AS tags,
    CASE WHEN labels IS NOT NULL THEN CAST(json_object('labels', labels) AS VARCHAR) END AS attributes
FROM kept"""
_INVENTORY = "SELECT product_id, 0.0::DOUBLE AS available FROM kept WHERE is_hidden"
_FEEDBACK = """
SELECT *, coalesce(CASE {kinds} END, kind) AS event, kind IN ({ratings}) AS is_rating FROM (
    SELECT _row, lower({kind}) AS kind, {user} AS user_id, person({user}) AS customer_id, {item} AS product_id,
        {at} AS moment_text, moment({at}, {zone}) AS happened, {value} AS value_text, number({value}) AS amount
    FROM raw)
"""
_DONE = """
SELECT {name} || _row AS event_id, event, happened AS "at", customer_id, product_id,
    CASE WHEN event = 'purchase' AND amount > 0 THEN amount END AS quantity
FROM kept WHERE NOT is_rating"""
_RATED = """
SELECT {name} || _row AS feedback_id, happened AS "at", customer_id, product_id, amount AS rating
FROM kept WHERE is_rating"""


def _labels(peek: Peek) -> str:
    """SQL for the labels as JSON; null where there are none."""
    given = "json_extract(_json, '/Labels')"
    return f"CASE WHEN json_type({given}) <> 'NULL' THEN {given} END" if "Labels" in peek.columns else "NULL::JSON"


class GorseUsers(Source):
    """Users."""

    kind = "gorse_users"
    title = "gorse users (JSONL)"
    forms = ("ndjson",)
    telling = ("UserId", "Labels")

    def recognises(self, peek: Peek) -> float:
        """A user with labels and nothing that they did."""
        return 0.9 if peek.has(*self.telling) and not peek.known("ItemId", "FeedbackType") else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:  # noqa: ARG002
        """Customers; labels become attributes."""
        return Reading(
            rows=_USERS.format(user=peek.text("UserId"), labels=_labels(peek)),
            tables={"customers": _CUSTOMERS},
            refuse=identified("user_id"),
            identity=("customer_id",),
            unused=peek.known("Comment", "Subscribe"),
        )


class GorseItems(Source):
    """Items."""

    kind = "gorse_items"
    title = "gorse items (JSONL)"
    forms = ("ndjson",)
    telling = ("ItemId", "Categories", "IsHidden")

    def recognises(self, peek: Peek) -> float:
        """An item that may be hidden or has categories, and nobody who did anything with it."""
        told = peek.has("ItemId") and peek.known("Categories", "IsHidden")
        return 0.9 if told and not peek.known("UserId", "FeedbackType") else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:  # noqa: ARG002
        """Products with their first category, all categories as tags, the comment as name; none of a hidden one."""
        return Reading(
            rows=_ITEMS.format(
                item=peek.text("ItemId"), comment=peek.text("Comment"), hidden=peek.text("IsHidden"),
                categories=peek.text("Categories"), labels=_labels(peek),
            ),
            tables={"products": _PRODUCTS, "inventory": _INVENTORY},
            refuse=identified("product_id"),
            identity=("product_id",),
            unused=peek.known("Timestamp"),
            notes=("no_cost",),
        )  # fmt: skip


class GorseFeedback(Source):
    """Feedback."""

    kind = "gorse_feedback"
    title = "gorse feedback (JSONL)"
    forms = ("ndjson",)
    telling = ("FeedbackType", "UserId", "ItemId", "Timestamp")

    def recognises(self, peek: Peek) -> float:
        """A kind of feedback of a user on an item."""
        return 0.95 if peek.has("FeedbackType", "UserId", "ItemId") else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Events, and ratings where the kind is one."""
        kinds = " ".join(
            f"WHEN kind IN ({', '.join(map(text, names))}) THEN '{event}'" for event, names in _EVENTS.items()
        )
        name = text(peek.path.name.partition(".")[0] + "-")
        return Reading(
            rows=_FEEDBACK.format(
                kinds=kinds, ratings=", ".join(map(text, _RATINGS)), kind=peek.text("FeedbackType"),
                user=peek.text("UserId"), item=peek.text("ItemId"), at=peek.text("Timestamp"),
                value=peek.text("Value"), zone=zone_of(options),
            ),
            tables={"events": _DONE.format(name=name), "feedback": _RATED.format(name=name)},
            refuse=(
                *identified("user_id"),
                *identified("product_id"),
                *dated("moment_text", "happened", options),
                Rule(Reason.UNKNOWN_EVENT, "event IS NULL"),
                Rule(Reason.BAD_AMOUNT, "is_rating AND amount IS NULL"),
            ),
            identity=("kind", "user_id", "product_id", "happened", "value_text"),
            unused=peek.known("Comment", "Labels", "Updated"),
            notes=("no_amount", "no_cost"),
        )  # fmt: skip
