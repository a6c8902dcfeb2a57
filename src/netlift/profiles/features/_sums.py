"""Sums that come out the same on every engine: whole numbers in 64 bits, divided once at the end."""

import narwhals as nw


def share(part: nw.Expr, whole: nw.Expr) -> nw.Expr:
    """`part / whole` as a float; null where the whole is 0."""
    some = nw.when(whole != 0).then(whole)
    return part.cast(nw.Float64) / some.cast(nw.Float64)


def total(value: nw.Expr) -> nw.Expr:
    """A sum of whole numbers in 64 bits; too large a sum is an error of the engine, never a wrong number."""
    return value.sum().cast(nw.Int64)


def count_if(condition: nw.Expr) -> nw.Expr:
    """How many rows of a group fulfil the condition."""
    return total(nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0)))


def sum_if(value: nw.Expr, condition: nw.Expr) -> nw.Expr:
    """Sum of whole numbers over the rows of a group that fulfil the condition."""
    return total(nw.when(condition).then(value).otherwise(nw.lit(0)))


def whole(value: nw.Expr) -> nw.Expr:
    """The nearest whole number: sums of whole numbers do not depend on the order in which rows are met."""
    return (value + 0.5).floor().cast(nw.Int64)
