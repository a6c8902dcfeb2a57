"""Ready-made shops: for learning, for tests, for benchmarks of each audit design, and the source cases as questions."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from netlift.errors import ConfigError
from netlift.simulate.config import Design, Festival, PromotionSpec, ShopConfig
from netlift.simulate.draws import key_of

YEAR_FEASTS = (
    Festival(day=45, lift=0.15),
    Festival(day=310, lift=0.35, width=4.0),
    Festival(day=352, lift=0.4, width=6.0),
)
"""A spring feast, the November sales and the end of the year, for a shop that opens on 1 January."""


def tiny(seed: int = 0) -> ShopConfig:
    """200 customers, 40 products, half a year, one promotion of each design: runs in a blink."""
    cut = PromotionSpec(promotion_id="cut", kind="price_cut", start_day=60, days=14, categories=(1,), product_share=0.5)
    test = PromotionSpec(promotion_id="test", kind="experiment", start_day=90, days=14, visit_boost=0.3, depth=0.15)
    mail = PromotionSpec(
        promotion_id="mail", kind="campaign", start_day=110, days=14, visit_boost=0.3, depth=0.15, targeting=1.0
    )
    roll = PromotionSpec(promotion_id="roll", kind="rollout", start_day=130, days=21, depth=0.1, categories=(0, 2))
    code = PromotionSpec(promotion_id="code", kind="code", start_day=40, days=10, depth=0.1, attention=0.4)
    return ShopConfig(
        customers=200,
        products=40,
        categories=8,
        regions=6,
        days=182,
        seed=seed,
        promotions=(cut, test, mail, roll, code),
    )


def easy(seed: int = 0) -> ShopConfig:
    """4,000 customers, a year, promotions far apart, everything by chance or in open view; nothing hides the truth."""
    return ShopConfig(
        seed=seed,
        stock_outs=0.0,
        category_shock=0.02,
        region_shock=0.0,
        promotions=(
            PromotionSpec(
                promotion_id="welcome-mail", kind="experiment", start_day=120, days=21, visit_boost=0.45,
                depth=0.1, categories=tuple(range(8)),
            ),
            PromotionSpec(
                promotion_id="half-price-week", kind="price_cut", start_day=190, days=7, depth=0.4, categories=(4, 9),
                product_share=0.4,
            ),
            PromotionSpec(
                promotion_id="display", kind="rollout", benefit="none", start_day=240, days=56, display=0.5,
                visit_boost=0.08, categories=tuple(range(10)),
            ),
            PromotionSpec(
                promotion_id="summer10", kind="code", start_day=310, days=14, depth=0.1, attention=0.3
            ),
        ),
    )  # fmt: skip


def confounded(seed: int = 0) -> ShopConfig:
    """4,000 customers whose best are written to most: treated and untreated were never alike."""
    mail = PromotionSpec(
        promotion_id="spring-mail", kind="campaign", start_day=140, days=21, depth=0.08, visit_boost=0.6, targeting=1.0,
        attention=0.5, categories=tuple(range(8)), contact_cost_minor=4,
    )  # fmt: skip
    return ShopConfig(
        seed=seed,
        festivals=YEAR_FEASTS,
        promotions=(
            mail,
            replace(mail, promotion_id="deep-mail", start_day=225, depth=0.3, visit_boost=0.15, categories=None),
            PromotionSpec(
                promotion_id="cut", kind="price_cut", start_day=60, days=14, categories=(3, 11), product_share=0.5
            ),
            replace(mail, promotion_id="silent-mail", start_day=300, effect=0.0),
        ),
    )


def mega_sale(seed: int = 0) -> ShopConfig:
    """A festival shop: deep cuts, thresholds (满减), codes and gifts in the same fortnight, then the hole after it."""
    day = 305
    return ShopConfig(
        seed=seed,
        festivals=(*YEAR_FEASTS, Festival(day=311, lift=0.9, width=2.5)),
        sharing_rings=0.05,
        promotions=(
            PromotionSpec(
                promotion_id="doorbusters", kind="price_cut", start_day=day, days=10, depth=0.35,
                categories=(0, 5, 10, 15, 20), product_share=0.5,
            ),
            PromotionSpec(
                promotion_id="300-50", kind="open", benefit="amount", start_day=day, days=10, amount_minor=500,
                min_basket_minor=3000, every_threshold=True, attention=0.6,
            ),
            PromotionSpec(
                promotion_id="early-bird", kind="code", start_day=day - 5, days=10, depth=0.12, attention=0.25, uses=1,
            ),
            PromotionSpec(
                promotion_id="gift", kind="open", benefit="gift", start_day=day, days=10, min_basket_minor=4000,
                attention=0.4,
            ),
            PromotionSpec(
                promotion_id="app-push", kind="experiment", benefit="none", start_day=day, days=10, visit_boost=0.25,
                treated_share=0.8,
            ),
        ),
    )  # fmt: skip


def null(seed: int = 0) -> ShopConfig:
    """`confounded` with all responses switched off: whatever an audit finds here is a false alarm."""
    shop = confounded(seed)
    return replace(shop, promotions=tuple(replace(spec, effect=0.0) for spec in shop.promotions))


def case1(seed: int = 0) -> ShopConfig:
    """Personalised promotion beside recommendations: a mail drawn by lot, so that its effect can be read off."""
    mail = PromotionSpec(
        promotion_id="personal-mail", kind="experiment", start_day=180, days=28, depth=0.1, visit_boost=0.3,
        categories=tuple(range(10)), contact_cost_minor=3,
    )  # fmt: skip
    return ShopConfig(seed=seed, customers=8000, festivals=YEAR_FEASTS, promotions=(mail,))


def case2(seed: int = 0) -> ShopConfig:
    """Promotion planned on behaviour: the same mail to customers by chance, and later to the best customers."""
    blind = PromotionSpec(
        promotion_id="mail-by-chance", kind="campaign", start_day=130, days=21, depth=0.1, visit_boost=0.3,
        treated_share=0.4, categories=tuple(range(10)), contact_cost_minor=3,
    )  # fmt: skip
    chosen = replace(blind, promotion_id="mail-by-behaviour", start_day=250, targeting=1.0)
    return ShopConfig(seed=seed, customers=8000, promotions=(blind, chosen))


def case3(seed: int = 0) -> ShopConfig:
    """Time slots, personal offers and an A/B test: a flash offer of three days, drawn by lot."""
    flash = PromotionSpec(
        promotion_id="flash", kind="experiment", start_day=200, days=3, depth=0.25, visit_boost=0.8, boost_days=3.0,
        attention=0.9, categories=tuple(range(12)), washout_days=28,
    )  # fmt: skip
    return ShopConfig(seed=seed, customers=8000, festivals=YEAR_FEASTS, promotions=(flash,))


PRESETS: Mapping[str, Callable[[int], ShopConfig]] = {
    "easy": easy, "confounded": confounded, "tiny": tiny, "mega-sale": mega_sale, "null": null,
    "case1": case1, "case2": case2, "case3": case3,
}  # fmt: skip
"""Shops by name, each a function of the seed. What the cases ask is in `simulate.cases`."""


def preset(name: str, seed: int = 0) -> ShopConfig:
    """A ready-made shop by name.

    Raises:
        ConfigError: no such name.

    >>> preset("tiny").customers
    200
    """
    if name not in PRESETS:
        raise ConfigError(f"unknown preset {name!r}; known: {', '.join(sorted(PRESETS))}")
    return PRESETS[name](seed)


def resized(
    config: ShopConfig,
    *,
    customers: int | None = None,
    products: int | None = None,
    categories: int | None = None,
    days: int | None = None,
) -> ShopConfig:
    """The same shop in another size; promotions that end after the last day or name missing categories are left out.

    >>> resized(easy(), days=200).promotions[-1].promotion_id
    'half-price-week'
    """
    days, categories = days or config.days, categories or config.categories
    fits = tuple(
        spec
        for spec in config.promotions
        if spec.start_day + (spec.episodes - 1) * spec.every_days + spec.days <= days
        and max(spec.categories or (0,)) < categories
    )
    return replace(
        config,
        customers=customers or config.customers,
        products=products or config.products,
        categories=categories,
        days=days,
        promotions=fits,
    )


class _Lot:
    """Parameters of benchmark shops drawn by seed."""

    def __init__(self, design: str, seed: int) -> None:
        self._key, self._n = key_of(seed, "bench", design), 0

    def between(self, low: float, high: float) -> float:
        """A number, uniform."""
        self._n += 1
        return low + (high - low) * (key_of(self._key, self._n) / 2**64)

    def one_of(self, *values: float) -> float:
        """One of the values."""
        return values[int(self.between(0, len(values)))]

    def aisles(self, count: int, categories: int) -> tuple[int, ...]:
        """So many different categories."""
        ranked = sorted(range(categories), key=lambda c: key_of(self._key, self._n, c))
        self._n += 1
        return tuple(sorted(ranked[:count]))


def bench(design: Design, seed: int) -> ShopConfig:
    """One shop for one audit design: one or two real promotions and one or two placebos, parameters by seed."""
    makers = {
        "randomized": _bench_randomized,
        "campaign": _bench_campaign,
        "regions": _bench_regions,
        "price_cut": _bench_price_cut,
        "open_code": _bench_open_code,
    }
    if design not in makers:
        raise ConfigError(f"unknown design {design!r}; known: {', '.join(makers)}")
    return makers[design](_Lot(design, seed), 1_000_003 * seed + sorted(makers).index(design))


def _bench_randomized(lot: _Lot, seed: int) -> ShopConfig:
    """Two experiments, one paying and one wasting, and a placebo; a year of 4,000 customers."""
    good = PromotionSpec(
        promotion_id="pays", kind="experiment", start_day=130, days=21, depth=lot.between(0.05, 0.1),
        visit_boost=lot.between(0.45, 0.7), attention=0.5, categories=lot.aisles(8, 25), contact_cost_minor=3,
    )  # fmt: skip
    bad = PromotionSpec(
        promotion_id="wastes", kind="experiment", start_day=215, days=21, depth=lot.between(0.3, 0.4), uses=0,
        visit_boost=lot.between(0.0, 0.1), attention=0.9, categories=lot.aisles(12, 25),
    )  # fmt: skip
    placebo = replace(good, promotion_id="placebo", start_day=300, days=21, effect=0.0)
    return ShopConfig(seed=seed, festivals=YEAR_FEASTS, promotions=(good, bad, placebo))


def _bench_campaign(lot: _Lot, seed: int) -> ShopConfig:
    """As `randomized`, but whom to write to depends on past spend and recency."""
    shop = _bench_randomized(lot, seed)
    strength = lot.between(0.3, 0.8)
    return replace(
        shop,
        promotions=tuple(replace(p, kind="campaign", targeting=strength, treated_share=0.45) for p in shop.promotions),
    )


def _bench_regions(lot: _Lot, seed: int) -> ShopConfig:
    """Two roll-outs in half of 30 to 60 regions, and a placebo."""
    display = PromotionSpec(
        promotion_id="display", kind="rollout", benefit="none", start_day=105, days=70, display=lot.between(0.4, 0.7),
        visit_boost=lot.between(0.08, 0.14), categories=lot.aisles(10, 25),
    )  # fmt: skip
    cheap = PromotionSpec(
        promotion_id="cheap", kind="rollout", start_day=220, days=56, depth=lot.between(0.15, 0.25),
        categories=lot.aisles(8, 25),
    )  # fmt: skip
    placebo = replace(display, promotion_id="placebo", start_day=308, days=28, effect=0.0)
    regions = int(lot.between(30, 60))
    return ShopConfig(seed=seed, regions=regions, festivals=YEAR_FEASTS, promotions=(display, cheap, placebo))


def _bench_price_cut(lot: _Lot, seed: int) -> ShopConfig:
    """Two product sets cut at different times, one with a supplier's money, and a placebo; 25 categories, a year."""
    aisles = lot.aisles(6, 25)
    deep = PromotionSpec(
        promotion_id="deep", kind="price_cut", start_day=7 * int(lot.between(14, 20)), days=14,
        depth=lot.between(0.18, 0.3), categories=aisles[:2], product_share=lot.one_of(0.4, 0.5, 0.6),
    )  # fmt: skip
    funded = replace(
        deep, promotion_id="funded", start_day=7 * int(lot.between(28, 34)), days=int(lot.one_of(7, 14, 21)),
        categories=aisles[2:4], depth=lot.between(0.18, 0.28), funding=lot.between(0.75, 0.95),
    )  # fmt: skip
    placebo = replace(
        deep, promotion_id="placebo", start_day=7 * int(lot.between(40, 45)), categories=aisles[4:], effect=0.0
    )
    return ShopConfig(seed=seed, customers=6000, festivals=YEAR_FEASTS, promotions=(deep, funded, placebo))


def _bench_open_code(lot: _Lot, seed: int) -> ShopConfig:
    """Two codes that anybody may type; those who do are not like the others."""
    code = PromotionSpec(
        promotion_id="save", kind="code", start_day=int(lot.between(110, 160)), days=14, depth=lot.between(0.1, 0.15),
        attention=lot.between(0.25, 0.4), visit_boost=lot.between(0.0, 0.3),
    )  # fmt: skip
    again = replace(
        code, promotion_id="more", start_day=int(lot.between(220, 250)), depth=lot.between(0.15, 0.3), uses=1
    )
    placebo = replace(code, promotion_id="placebo", start_day=int(lot.between(295, 310)), effect=0.0)
    return ShopConfig(seed=seed, festivals=YEAR_FEASTS, promotions=(code, again, placebo))


PLAN_DAY = 413
"""Morning on which a `planning` shop decides what comes next."""


def planning(seed: int = 0, *, customers: int = 4000) -> ShopConfig:
    """Five offers were tried out by lot, one after another; now the shop decides who gets which of them next.

    A letter without a discount, a small one on some aisles, a deep one on everything, money off from a threshold, and
    a placebo. They lie too far apart to tire anybody for the next one; the horizon reaches to the end of the wash-out
    of offers that start on `PLAN_DAY`.
    """
    lot = _Lot("planning", seed)
    letter = PromotionSpec(
        promotion_id="letter", kind="experiment", benefit="none", start_day=98, days=14,
        visit_boost=lot.between(0.3, 0.7), contact_cost_minor=int(lot.between(60, 140)),
    )  # fmt: skip
    light = PromotionSpec(
        promotion_id="light", kind="experiment", start_day=161, days=14, depth=lot.between(0.05, 0.12),
        visit_boost=lot.between(0.3, 0.6), attention=0.5, categories=lot.aisles(10, 25), contact_cost_minor=4,
    )  # fmt: skip
    deep = PromotionSpec(
        promotion_id="deep", kind="experiment", start_day=224, days=14, depth=lot.between(0.2, 0.3),
        visit_boost=lot.between(0.1, 0.4), attention=0.8, uses=2, contact_cost_minor=4,
    )  # fmt: skip
    step = PromotionSpec(
        promotion_id="step", kind="experiment", benefit="amount", start_day=287, days=14,
        amount_minor=int(lot.between(300, 600)), min_basket_minor=int(lot.between(2500, 4500)),
        visit_boost=lot.between(0.2, 0.5), contact_cost_minor=4,
    )  # fmt: skip
    silent = replace(light, promotion_id="silent", start_day=350, effect=0.0)
    return ShopConfig(
        seed=1_000_003 * seed + 7,
        customers=customers,
        days=PLAN_DAY + 14 + 28,
        promotions=(letter, light, deep, step, silent),
    )


def once_more(config: ShopConfig, day: int = PLAN_DAY) -> tuple[PromotionSpec, ...]:
    """The offers of a shop's past, to be given again from a day on; their ids get `+`.

    >>> [offer.promotion_id for offer in once_more(planning())]
    ['letter+', 'light+', 'deep+', 'step+', 'silent+']
    """
    return tuple(
        replace(spec, promotion_id=f"{spec.promotion_id}+", start_day=day)
        for spec in config.promotions
        if spec.contacts and spec.product_share == 1
    )
