"""The refusals that most formats share, so that the same fault has the same reason in every file."""

from netlift.data.source import Options, Rule
from netlift.engines.sql import text
from netlift.errors import Reason


def identified(column: str) -> tuple[Rule, ...]:
    """Refuse rows without the number that says what they belong to."""
    return (Rule(Reason.MISSING_ID, f"{column} IS NULL"),)


def dated(written: str, moment: str, options: Options) -> tuple[Rule, ...]:
    """Refuse rows whose time is missing, cannot be read, or lies after the moment of ingestion.

    Args:
        written: column with the time as the file writes it.
        moment: column with the same time in UTC, null where it could not be read.
        options: gives `now`.
    """
    return (
        Rule(Reason.MISSING_TIME, f"{written} IS NULL"),
        Rule(Reason.BAD_TIME, f"{moment} IS NULL"),
        Rule(Reason.FUTURE_TIME, f"{moment} > TIMESTAMPTZ '{options.now.isoformat()}'"),
    )


def priced(written: str, minor: str) -> tuple[Rule, ...]:
    """Refuse rows whose money is missing, cannot be read, or is negative (`minor`: the same in minor units)."""
    return (
        Rule(Reason.MISSING_AMOUNT, f"{written} IS NULL"),
        Rule(Reason.BAD_AMOUNT, f"{minor} IS NULL"),
        Rule(Reason.NEGATIVE_PRICE, f"{minor} < 0"),
    )


def counted(quantity: str) -> tuple[Rule, ...]:
    """Refuse rows without a readable quantity above zero."""
    return (
        Rule(Reason.BAD_QUANTITY, f"{quantity} IS NULL OR {quantity} = 0"),
        Rule(Reason.NEGATIVE_QUANTITY, f"{quantity} < 0"),
    )


def in_currency(currency: str) -> tuple[Rule, ...]:
    """Refuse rows that do not say which money they are in, where the user did not say it either."""
    return (Rule(Reason.MISSING_CURRENCY, f"{currency} IS NULL"),)


def known_currency(column: str, options: Options) -> str:
    """SQL for the currency that a row names, else the user's; null where nobody says."""
    return f"coalesce(upper({column}), {text(options.currency.upper())})" if options.currency else f"upper({column})"


def code_of(options: Options) -> str:
    """SQL text of the user's currency, for files that never name one; XXX ("no currency", ISO 4217) without one."""
    return text((options.currency or "XXX").upper())


def zone_of(options: Options, usual: str = "UTC") -> str:
    """SQL text of the zone of times that carry none: the user's, or what the platform always uses."""
    return text(usual if options.timezone == "UTC" else options.timezone)
