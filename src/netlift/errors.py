"""Everything that can go wrong, as one tree, and everything that can be refused, as one closed list.

NetliftError
├── DataError          a file or table is not what it must be (says where, and what to do)
│   ├── SchemaError    an Arrow table does not fit its named schema
│   ├── SourceError    a file could not be read or recognised
│   └── CartError      a cart, or what is known about its shopper, cannot be priced
├── ConfigError        an option, a mapping file or netlift.toml is wrong
│   └── DefinitionError    a promotion, group or policy is not what the language allows (names the place)
├── EngineError        an engine is missing or refused its work
├── NotFittedError     predict was called before fit
└── EstimationError    an estimator cannot answer on the data that it was given

A business refusal (a row left out, a promotion that cannot be judged) is never an exception: it is a
`Reason` in a result.
"""

from enum import StrEnum


class NetliftError(Exception):
    """Base of every error that netlift raises on purpose."""


class DataError(NetliftError):
    """A file or table is not what it must be."""


class SchemaError(DataError):
    """An Arrow table does not fit its named schema."""


class SourceError(DataError):
    """A file could not be read, or its format was not recognised."""


class CartError(DataError):
    """A cart, or what is known about its shopper, cannot be priced."""


class ConfigError(NetliftError):
    """An option, a mapping file or netlift.toml is wrong."""


class DefinitionError(ConfigError):
    """A promotion, group or policy is not what the language allows; the message names the place."""


class EngineError(NetliftError):
    """An engine is missing or refused its work."""


class NotFittedError(NetliftError):
    """`predict` was called before `fit`."""


class EstimationError(NetliftError):
    """An estimator cannot answer on the data that it was given."""


class Reason(StrEnum):
    """Why a row was refused, or why a promotion could not be judged. Texts live with the report."""

    # rows
    MALFORMED_ROW = "malformed_row"
    MISSING_ID = "missing_id"
    MISSING_TIME = "missing_time"
    BAD_TIME = "bad_time"
    FUTURE_TIME = "future_time"
    MISSING_AMOUNT = "missing_amount"
    BAD_AMOUNT = "bad_amount"
    BAD_QUANTITY = "bad_quantity"
    NEGATIVE_QUANTITY = "negative_quantity"
    NEGATIVE_PRICE = "negative_price"
    MISSING_CURRENCY = "missing_currency"
    OTHER_CURRENCY = "other_currency"
    DUPLICATE = "duplicate"
    UNMATCHED_REFUND = "unmatched_refund"
    CANCELLED = "cancelled"
    NOT_A_PRODUCT = "not_a_product"
    UNKNOWN_EVENT = "unknown_event"
    BLANK_ROW = "blank_row"
    # promotions
    STARTS_BEFORE_DATA = "starts_before_data"
    ENDS_AFTER_DATA = "ends_after_data"
    TOO_FEW_TREATED = "too_few_treated"
    TOO_FEW_CONTROLS = "too_few_controls"
    NO_OVERLAP = "no_overlap"
    NO_UNPROMOTED_PERIODS = "no_unpromoted_periods"
    NO_OUTCOME = "no_outcome"
    SELF_SELECTED = "self_selected"
