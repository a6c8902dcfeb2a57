"""What an audit says: one `Finding` per promotion, whose money adds up to the cent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from netlift.errors import EstimationError, Reason
from netlift.types import Check, Effect, Grade, Verdict, Window


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of a waterfall."""

    code: str
    """list_revenue, discount, funding, returns, cost_of_goods, fees, contact_cost, fixed_cost."""
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From incremental revenue at list price to net lift; the steps sum to the total exactly."""

    steps: tuple[Step, ...]
    total_minor: int

    def __post_init__(self) -> None:
        if sum(step.amount_minor for step in self.steps) != self.total_minor:
            raise EstimationError(f"waterfall does not add up: {self.steps} != {self.total_minor}")


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Where the bump came from and where the discount went; minor units of margin at list price.

    gross_lift = incremental + pulled_forward + cannibalised
    discount_given = discount_on_incremental + subsidy
    """

    gross_lift_minor: int
    """Extra margin, before discounts, on the promoted goods inside the window."""
    incremental_minor: int
    """What is left of it after the two thefts."""
    pulled_forward_minor: int
    """Taken from the weeks after the window (wash-out)."""
    cannibalised_minor: int
    """Taken from substitutes in the same category."""
    halo_minor: int
    """Extra margin in other categories; beside the identity, not part of it."""
    discount_given_minor: int
    discount_on_incremental_minor: int
    subsidy_minor: int
    """Discount on units that would have been sold anyway."""

    def __post_init__(self) -> None:
        bump = self.incremental_minor + self.pulled_forward_minor + self.cannibalised_minor
        if bump != self.gross_lift_minor:
            raise EstimationError(f"lift does not add up: {bump} != {self.gross_lift_minor}")
        if self.discount_on_incremental_minor + self.subsidy_minor != self.discount_given_minor:
            raise EstimationError("discount does not add up")


@dataclass(frozen=True, slots=True)
class Naive:
    """What the usual answers would have claimed, for comparison only."""

    before_after_minor: int | None
    """Profit of the affected in the window less the same length before it."""
    redeemer_revenue_minor: int | None
    """All revenue of orders that used the promotion."""


@dataclass(frozen=True, slots=True)
class NextTest:
    """The experiment that would decide the question."""

    units_per_arm: int
    unit: str
    """customer, region-week, product-week."""
    days: int
    detectable_minor: int
    """Smallest total net lift it would find with power .8."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One past promotion: what it was, what it earned against control, and how sure that is."""

    promotion_id: str
    name: str
    mechanism: str
    """campaign, code, price_cut, rollout, experiment."""
    design: str
    """randomized, campaign, regions, price_cut, open_code: the comparison that was possible."""
    window: Window
    washout_days: int
    customers: int
    """Customers reached (campaign) or buying under it (others)."""
    redemptions: int
    discount_minor: int
    """Discount given in the window, all parties' shares."""
    spend_minor: int
    """What the shop spent: its share of the discount, contacts, fixed cost."""
    verdict: Verdict
    why: tuple[str, ...]
    """Codes of the reasons for the verdict, most important first."""
    net_lift: Effect | None = None
    """Incremental profit over window and wash-out, minor units; None: it could not be judged (see `refused`)."""
    per_coin: Effect | None = None
    """Net lift per coin spent."""
    waterfall: Waterfall | None = None
    decomposition: Decomposition | None = None
    checks: tuple[Check, ...] = ()
    naive: Naive = Naive(None, None)
    q_value: float = float("nan")
    """False-discovery-rate adjusted p-value over the promotions of the audit (Benjamini & Hochberg 1995)."""
    refused: Reason | None = None
    next_test: NextTest | None = None
    breakeven_margin: float | None = None
    """Gross margin rate at which net lift would be zero; only where the margin is an assumption."""
    subsidy: Effect | None = None
    """Discount on units that would have been sold anyway, with its interval, minor units; its estimate is the
    decomposition's `subsidy_minor` to the rounding of one minor unit."""

    @property
    def grade(self) -> Grade | None:
        """Evidence grade, None where nothing could be estimated."""
        return self.net_lift.grade if self.net_lift else None


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that was not in the data and had to be declared."""

    code: str
    """margin, washout, currency, timezone, ..."""
    value: float | str
    given: bool
    """True: by the user or the workspace; False: a default, shown as such."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """What a mechanism did on average over several promotions: the prior for planning the next one."""

    mechanism: str
    promotions: int
    unit: str
    """customer: net lift in minor units per customer reached; coin: per coin spent."""
    mean: float
    lower: float
    upper: float
    between: float
    """Standard deviation of the true effects between promotions."""


@dataclass(frozen=True, slots=True)
class Audit:
    """All promotions found in a shop's data, judged."""

    shop: str
    currency: str
    span: Window
    """First to last order."""
    orders: int
    customers: int
    revenue_minor: int
    discount_minor: int
    """All discounts given in the span."""
    findings: tuple[Finding, ...]
    """Most money at stake first."""
    assumptions: tuple[Assumption, ...]
    level: float
    """Confidence level of all intervals."""
    seed: int
    version: str
    """netlift version."""
    created: datetime
    receipts: tuple[Mapping[str, object], ...] = ()
    """The data receipts of the files behind it, as JSON-ready mappings."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Reason -> number of price-cut episodes or promotions too small to be listed."""
    pooled: tuple[Pooled, ...] = ()
