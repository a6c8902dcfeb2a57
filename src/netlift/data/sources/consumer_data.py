"""`consumer_data.csv`: numeric features of consumers, the last column is the label (R26)."""

from netlift.data import clean
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.engines.sql import text
from netlift.errors import Reason, SourceError

_LABELS = ("label", "target", "class", "y", "outcome", "标签", "类别", "是否购买")
_MOST_LABELS = 20


class ConsumerData(Source):
    """A matrix for learning: every column but the last is a number, tails are winsorised."""

    kind = "consumer_data"
    title = "numeric samples with a label (consumer_data.csv)"
    telling = ("label",)

    def recognises(self, peek: Peek) -> float:
        """Sure when all columns but the last are numbers, none is an id, and the last has few different values."""
        *features, label = peek.columns or ("",)
        if len(features) < 2 or len(peek.sample) < 2 or any(_is_key(name) for name in features):
            return 0.0
        values = [row.get(name) for row in peek.sample for name in features]
        numbers = sum(value is None or _is_number(value) for value in values)
        labels = {row.get(label) for row in peek.sample}
        if numbers < 0.9 * len(values) or not 1 < len(labels) <= _MOST_LABELS:
            return 0.0
        return 0.7 if label.lower() in _LABELS else 0.5

    def reading(self, peek: Peek, options: Options) -> Reading:  # noqa: ARG002
        """Samples with their features in the order of the file; a row with a feature that is no number is refused.

        Raises:
            SourceError: there is no column beside the label.
        """
        *features, label = peek.columns
        if not features:
            raise SourceError(f"{peek.path} has only the column {label!r}: samples need features before their label")
        name, places = text(peek.path.name.partition(".")[0] + "-"), range(len(features))
        texts = ", ".join(f"{peek.text(feature)} AS t{i}" for i, feature in enumerate(features))
        numbers = ", ".join(f"t{i}, number(t{i}) AS f{i}" for i in places)
        pulled = ", ".join(f"f{i}, {clean.winsorised(f'f{i}')} AS w{i}" for i in places)
        changed = " OR ".join(f"w{i} <> f{i}" for i in places)
        missing = " OR ".join(f"t{i} IS NULL" for i in places)
        bad = " OR ".join(f"t{i} IS NOT NULL AND f{i} IS NULL" for i in places)
        row = ", ".join(f"w{i}" for i in places)
        return Reading(
            rows=f"SELECT _row, label, {numbers} FROM (SELECT _row, {peek.text(label)} AS label, {texts} FROM raw)",
            stages={"pulled": f"SELECT _row, label, {pulled} FROM kept"},
            tables={"samples": f"SELECT {name} || _row AS sample_id, [{row}] AS features, label FROM pulled"},
            refuse=(
                Rule(Reason.MISSING_ID, "label IS NULL"),
                Rule(Reason.MISSING_AMOUNT, missing),
                Rule(Reason.BAD_AMOUNT, bad),
            ),
            counts={"winsorised": f"SELECT count(*) FROM pulled WHERE {changed}"},
        )


def _is_key(name: str) -> bool:
    """Whether a column names things instead of measuring them."""
    low = name.lower()
    return low == "id" or low.endswith(("_id", " id")) or name.endswith(("ID", "编号"))


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
