"""Quotes as programs read them: what `netlift quote` writes, with what is to be paid and why the rest gave nothing."""

from typing import Any

from django.http import HttpResponse
from ninja import Schema
from pydantic import Field

from netlift.service.decisions.keep import Reply


class WhyOut(Schema):
    """Why a promotion gives nothing."""

    why: str
    text: str


class EnteredCodeOut(Schema):
    """What became of a code that no live promotion names itself."""

    code: str
    promotion_id: str | None
    why: str | None
    """unknown_code, code_expired, code_claimed, not_live, used_up; null: it opens its promotion."""


class QuoteOut(Schema):
    """A complete price: sums are exact, and what is at its default may be left out."""

    currency: str
    payable: int
    """Lines and delivery after promotions, minor units."""
    total: int
    discount: int
    shipping_discount: int
    net: int
    tax: int
    gross: int
    """What is to be paid, tax included."""
    lines: list[dict[str, Any]]
    shipping: list[dict[str, Any]]
    adjustments: list[dict[str, Any]]
    """By promotion, benefit and line, what is taken off each unit."""
    shipping_adjustments: list[dict[str, Any]]
    applied: list[str]
    refusals: dict[str, WhyOut]
    codes: list[EnteredCodeOut]
    gifts: list[dict[str, Any]] = Field(default_factory=list)
    offered: list[dict[str, Any]] = Field(default_factory=list)
    removed: list[str] = Field(default_factory=list)
    points: int = 0
    """Earned."""
    points_burned: int = 0
    credits: list[dict[str, Any]] = Field(default_factory=list)
    funding: dict[str, int] = Field(default_factory=dict)
    optimality: str = "not searched"
    versions: dict[str, int] = Field(default_factory=dict)


def sent(reply: Reply, status: int = 200) -> HttpResponse:
    """An answer as it was kept, byte for byte."""
    headers = {"Idempotent-Replay": "true"} if reply.replayed else None
    return HttpResponse(reply.body, status=status, content_type="application/json", headers=headers)
