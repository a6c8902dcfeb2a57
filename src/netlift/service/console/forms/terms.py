"""What any promotion may be given beside its mechanism's form: when, for whom, how often, from which money."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from netlift.errors import ConfigError
from netlift.money import CURRENCIES
from netlift.promotions.form import entry
from netlift.promotions.mechanism import Common
from netlift.promotions.predicate import Test
from netlift.promotions.promotion import Limits, Share, Trigger, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Funder:
    """Who bears how much of the discount."""

    party: str = field(metadata=entry("Party", "承担方", "text"))
    percent: Decimal = field(metadata=entry("Share", "承担比例", "percent"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of a promotion, as a merchant fills them in."""

    id: str = field(metadata=entry("Identifier", "编号", "code"))
    name: str = field(metadata=entry("Name", "名称", "text"))
    currency: str = field(metadata=entry("Currency", "币种", "code"))
    start: datetime | None = field(default=None, metadata=entry("Starts", "开始时间", "moment"))
    end: datetime | None = field(default=None, metadata=entry("Ends", "结束时间", "moment"))
    time_zone: str = field(default="UTC", metadata=entry("Time zone", "时区", "zone"))
    codes: tuple[str, ...] = field(default=(), metadata=entry("Needs one of these codes", "需输入优惠码", "code"))
    segments: tuple[str, ...] = field(default=(), metadata=entry("Only for these segments", "限定人群", "segment"))
    total: int | None = field(default=None, metadata=entry("Redemptions in all", "总使用次数", "count"))
    per_customer: int | None = field(default=None, metadata=entry("Redemptions per customer", "每人使用次数", "count"))
    budget: int | None = field(default=None, metadata=entry("Budget", "预算", "money"))
    exclusive: bool = field(default=False, metadata=entry("Not with other promotions", "与其他促销互斥", "yes_no"))
    group: str | None = field(default=None, metadata=entry("Lane", "优惠层", "code"))
    funding: tuple[Funder, ...] = field(default=(), metadata=entry("Who pays", "费用承担", "rows"))

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise ConfigError(f'form.currency: {self.currency!r} is no ISO 4217 code; write it like "EUR"')

    def common(self) -> Common:
        """The same in the promotion language; what is not said is left to the mechanism."""
        found: Common = {
            "name": self.name, "currency": self.currency, "window": Window(self.start, self.end, self.time_zone),
            "limits": Limits(self.total, self.per_customer, self.budget), "group": self.group or "",
            "exclusive": self.exclusive,
            "funding": tuple(Share(one.party, one.percent) for one in self.funding),
        }  # fmt: skip
        if self.codes:
            found["trigger"] = Trigger("code", self.codes)
        if self.segments:
            found["audience"] = Test("customer.segments", "in", self.segments)
        return found
