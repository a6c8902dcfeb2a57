"""What a simulated shop is made of: the shop's parameters and its promotions, with units."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from netlift.errors import ConfigError

Kind = Literal["experiment", "campaign", "rollout", "price_cut", "code", "open", "member"]
Benefit = Literal["percent", "amount", "bundle", "nth", "gift", "points", "shipping", "none"]
Design = Literal["randomized", "campaign", "regions", "price_cut", "open_code"]

DESIGN_OF: dict[Kind, Design] = {
    "experiment": "randomized",
    "campaign": "campaign",
    "rollout": "regions",
    "price_cut": "price_cut",
    "code": "open_code",
    "open": "price_cut",
    "member": "price_cut",
}
"""The comparison that an audit can make for each way of running a promotion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionSpec:
    """One promotion: who can have it (`kind`), what it gives (`benefit`), when, on which goods.

    Kinds: `experiment` (customers by chance, control logged), `campaign` (known customers, chosen by the shop),
    `rollout` (regions from their dates on), `price_cut` (everybody, only the price tells), `code` (whoever knows
    the code), `open` (automatic at checkout for everybody), `member` (the same for members only).
    """

    promotion_id: str
    kind: Kind
    start_day: int
    """First day, counted from the shop's first day (0)."""
    days: int
    """Length of the window."""
    benefit: Benefit = "percent"
    depth: float = 0.2
    """Share off (percent, bundle, nth) or share of spend credited (points)."""
    amount_minor: int = 0
    """Money off per order (amount)."""
    min_basket_minor: int = 0
    """Spend on eligible goods that an order must reach; makes `amount` a threshold promotion."""
    every_threshold: bool = False
    """`amount_minor` for each full `min_basket_minor`, not once."""
    tiers: tuple[tuple[int, int], ...] = ()
    """Further (spend, amount) steps of a threshold promotion, ascending; the highest one reached counts."""
    categories: tuple[int, ...] | None = None
    """Category numbers on offer; None: the whole shop."""
    product_share: float = 1.0
    """Share of those categories' products that is on offer."""
    effect: float = 1.0
    """Strength of perception, 0..1; 0 is a placebo: announced, but nobody perceives or uses it, and it is free."""
    washout_days: int = 28
    """Days after the window that count into net lift."""
    treated_share: float = 0.5
    """Experiment: probability of treatment; campaign: expected share reached; rollout: share of regions."""
    targeting: float = 0.0
    """Slope of the logit of being chosen on standardised past spend and recency."""
    hidden_targeting: float = 0.0
    """The same on the customer's own visit rate, which no table shows: a hidden confounder."""
    visit_boost: float = 0.0
    """Added to the log of the visit rate on the day of contact (codes, open and rollouts: all through the window)."""
    boost_days: float = 10.0
    """Days in which the contact's boost falls to 1/e."""
    display: float = 0.0
    """Added to the utility of the goods on offer, beside any price."""
    attention: float = 0.7
    """Chance to think of the offer at a visit (code: to know it at all), for a customer of middling deal-proneness."""
    uses: int | None = None
    """Redemptions per customer, 0: no limit; None: one for experiments and campaigns, no limit for the others."""
    funding: float = 0.0
    """Share of the discount that a supplier pays back."""
    contact_cost_minor: int = 0
    fixed_cost_minor: int = 0
    waves: int = 1
    """Rollout: number of cohorts of regions, `wave_days` apart."""
    wave_days: int = 14
    episodes: int = 1
    """Repeats of the whole promotion, `every_days` apart; each is a promotion of its own with id `ID.n`."""
    every_days: int = 0
    announced: bool | None = None
    """Whether it has a row in PROMOTIONS; None: yes, except real price cuts."""
    name: str = ""

    def __post_init__(self) -> None:
        problems = [
            (self.days < 1, f"days must be >= 1, got {self.days}"),
            (self.start_day < 0, f"start_day must be >= 0, got {self.start_day}"),
            (not 0 <= self.depth < 0.95, f"depth is a share in [0, 0.95), got {self.depth}"),
            (not 0 < self.product_share <= 1, f"product_share is in (0, 1], got {self.product_share}"),
            (not 0 <= self.effect <= 1, f"effect is in [0, 1], got {self.effect}"),
            (not 0 < self.treated_share < 1, f"treated_share is in (0, 1), got {self.treated_share}"),
            (not 0 <= self.funding <= 1, f"funding is in [0, 1], got {self.funding}"),
            (self.benefit == "amount" and self.amount_minor <= 0, "benefit 'amount' needs amount_minor > 0"),
            (self.kind == "price_cut" and self.benefit != "percent", "a price_cut gives a percent"),
            (bool(self.tiers) and self.every_threshold, "tiers and every_threshold exclude each other"),
            (list(self.tiers) != sorted(self.tiers), f"tiers must ascend, got {self.tiers}"),
            (self.every_threshold and self.min_basket_minor <= 0, "every_threshold needs min_basket_minor > 0"),
            (self.episodes > 1 and self.every_days < self.days, "episodes must be every_days >= days apart"),
        ]
        for wrong, text in problems:
            if wrong:
                raise ConfigError(f"promotion {self.promotion_id!r}: {text}")

    @property
    def is_announced(self) -> bool:
        """Whether PROMOTIONS tells of it."""
        return (self.kind != "price_cut" or self.effect == 0) if self.announced is None else self.announced

    @property
    def is_shelf(self) -> bool:
        """Whether it works through the price or the place on the shelf, for everybody who stands before it."""
        return self.kind == "price_cut" or (self.kind == "rollout" and self.benefit in {"percent", "none"})

    @property
    def contacts(self) -> bool:
        """Whether single customers are written to."""
        return self.kind in {"experiment", "campaign"}

    @property
    def limit(self) -> int:
        """Redemptions per customer; 0: no limit."""
        return int(self.contacts) if self.uses is None else self.uses

    @property
    def design(self) -> Design:
        """The comparison that an audit can make."""
        return DESIGN_OF[self.kind]


@dataclass(frozen=True, slots=True)
class Festival:
    """A day that fills the shop."""

    day: int
    """Centre, counted from the shop's first day."""
    lift: float
    """Added to the log of the visit rate at the centre."""
    width: float = 3.0
    """Standard deviation in days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopConfig:
    """All parameters of a shop; money in minor units, times in days, rates per week where named so."""

    customers: int = 4000
    products: int = 200
    categories: int = 25
    regions: int = 20
    days: int = 364
    start: date = date(2024, 1, 1)
    seed: int = 0
    currency: str = "EUR"
    promotions: tuple[PromotionSpec, ...] = ()
    # goods
    price_minor: int = 450
    """Median list price."""
    margin: float = 0.35
    """Mean gross margin of list price; products scatter by 0.05."""
    return_rate: float = 0.015
    """Share of lines sent back; the goods are lost."""
    shipping_fee_minor: int = 0
    shipping_cost_minor: int = 0
    free_shipping_from_minor: int = 0
    # people
    visits_per_week: float = 0.75
    visit_shape: float = 2.5
    """Shape of the gamma distribution of visit rates; small means unequal."""
    basket_lines: float = 4.5
    """Mean lines of an order, about."""
    taste_spread: float = 1.1
    """Standard deviation of category tastes (logit)."""
    price_sensitivity: float = 3.3
    """Exponent of price in the weight of a product: share elasticity at small shares."""
    deal_charm: float = 0.15
    """Utility of the red tag itself."""
    nest: float = 0.38
    """How much of a category's gain in attraction reaches incidence (0: only brand switching)."""
    traffic: float = 0.15
    """How much of the gain of all categories reaches the visit rate."""
    complement: float = 0.7
    """Logit added to a category when its leading complement is in the basket."""
    loyalty: float = 0.7
    """Log weight of the product bought last in the category."""
    stock_drag: float = 2.5
    """Logit taken off a category by one full unit at home."""
    stock_days: float = 18.0
    """Days that one unit lasts in a mean household."""
    stock_up: float = 1.1
    """How strongly a discount raises the extra units of a line."""
    flexible: float = 0.15
    """Share of extra units that is simply consumed sooner."""
    newcomers: float = 0.08
    """Share of customers who arrive during the horizon."""
    members: float = 0.3
    """Share of customers who are members."""
    churn_per_year: float = 0.12
    """Hazard of leaving for good."""
    fatigue: float = 0.35
    """Loss of response (log) for each contact in the 60 days before."""
    sharing_rings: float = 0.0
    """Share of customers who live in rings of four that pass coupons on."""
    top_up: float = 0.5
    """Chance that somebody just under a threshold adds goods, at middling deal-proneness."""
    # weather of trade
    trend_per_year: float = 0.05
    """Log growth of visits per year."""
    season: float = 0.08
    """Amplitude of the yearly season of visits (log)."""
    week: tuple[float, ...] = (0.9, 0.85, 0.9, 0.95, 1.15, 1.35, 0.9)
    """Monday to Sunday."""
    category_season: float = 0.25
    """Amplitude of categories' own yearly seasons (logit)."""
    festivals: tuple[Festival, ...] = ()
    category_shock: float = 0.05
    """Standard deviation of categories' weekly shocks (logit)."""
    competitor_prices: float = 0.03
    """Standard deviation of the log of competitors' price level, by category and week; no table shows it."""
    shop_shock: float = 0.02
    """Standard deviation of weekly shocks to all visits (log)."""
    region_shock: float = 0.02
    """Standard deviation of regions' weekly shocks to visits (log)."""
    shock_memory: float = 0.5
    """Week-to-week correlation of all shocks."""
    stock_outs: float = 0.01
    """Share of product-days without stock."""
    stock_out_days: float = 4.0
    reporting_delay_days: float = 0.0
    """Mean delay until an order shows in the tables; what has not arrived at the end is missing."""
    # what is told
    costs_known: bool = True
    """False: PRODUCTS and ORDER_LINES carry no cost of goods."""
    with_events: bool = False
    """Write EVENTS (views, carts, purchases); several rows for each order line."""
    with_truth: bool = True
    """Run the shop without each promotion too."""
    all_potentials: bool = False
    """Give both potential outcomes also for those whom a campaign or experiment did not reach."""

    def __post_init__(self) -> None:
        problems = [
            (self.customers < 1, f"customers must be >= 1, got {self.customers}"),
            (self.categories < 2, f"categories must be >= 2, got {self.categories}"),
            (self.products < self.categories, f"{self.products} products cannot fill {self.categories} categories"),
            (self.regions < 1, f"regions must be >= 1, got {self.regions}"),
            (self.days < 1, f"days must be >= 1, got {self.days}"),
            (not 0 < self.margin < 1, f"margin is a share in (0, 1), got {self.margin}"),
            (self.visits_per_week <= 0, f"visits_per_week must be > 0, got {self.visits_per_week}"),
            (len(self.week) != 7, f"week needs seven factors, got {len(self.week)}"),
            (not 0 <= self.seed < 2**63, f"seed must be in [0, 2**63), got {self.seed}"),
            (len(self.episodes()) > 60, f"at most 60 promotions, got {len(self.episodes())}"),
        ]
        for wrong, text in problems:
            if wrong:
                raise ConfigError(text)
        self._check_promotions()

    def _check_promotions(self) -> None:
        ids = [spec.promotion_id for spec in self.episodes()]
        if len(ids) != len(set(ids)):
            raise ConfigError(f"promotion ids must be unique, got {ids}")
        for spec in self.episodes():
            if spec.start_day + spec.days > self.days:
                raise ConfigError(f"promotion {spec.promotion_id!r} ends after the shop's last day {self.days}")
            if any(not 0 <= c < self.categories for c in spec.categories or ()):
                raise ConfigError(f"promotion {spec.promotion_id!r}: categories are numbered 0..{self.categories - 1}")

    def episodes(self) -> tuple[PromotionSpec, ...]:
        """The promotions with their repeats written out, each with one window."""
        return tuple(
            replace(
                spec,
                promotion_id=f"{spec.promotion_id}.{n + 1}",
                start_day=spec.start_day + n * spec.every_days,
                episodes=1,
            )
            if spec.episodes > 1
            else spec
            for spec in self.promotions
            for n in range(spec.episodes)
        )

    def moment(self, day: float) -> datetime:
        """The UTC time of a day number."""
        return datetime.combine(self.start, time(), UTC) + timedelta(days=day)
