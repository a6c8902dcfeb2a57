"""Quoting for SQL: names and texts that come from data never reach a query unquoted."""


def identifier(name: str) -> str:
    """A column or table name, quoted as the SQL standard says.

    >>> print(identifier('the "net" total'))
    "the ""net"" total"
    """
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text literal; for values that cannot be bound as parameters.

    >>> print(text("it's"))
    'it''s'
    """
    return "'" + value.replace("'", "''") + "'"
