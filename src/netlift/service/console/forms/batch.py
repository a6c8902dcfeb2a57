"""What may be asked of a batch of codes, as a form."""

from dataclasses import dataclass, field
from datetime import datetime

from netlift.promotions.form import entry


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCodes:
    """Random codes of one promotion."""

    promotion_id: str = field(metadata=entry("Promotion", "促销编号", "code"))
    name: str = field(metadata=entry("Name of the batch", "批次名称", "text"))
    count: int = field(metadata=entry("Number of codes", "数量", "count"))
    length: int = field(default=12, metadata=entry("Characters", "字符数", "count"))
    prefix: str | None = field(default=None, metadata=entry("Prefix", "前缀", "code"))
    uses: int | None = field(default=1, metadata=entry("Uses of each code", "每码使用次数", "count"))
    per_customer: int | None = field(default=1, metadata=entry("Uses by one customer", "每人使用次数", "count"))
    expires_at: datetime | None = field(default=None, metadata=entry("Ends", "到期时间", "moment"))
