"""Example responses: every source, gains and losses, nothing shown, unknown offers, a plain experiment."""

import math
from dataclasses import replace

from netlift.candidates.offer import Offer
from netlift.errors import Reason
from netlift.response.results import Driver, Learned, Pilot, Responses, Source, Test, Unknown, Why
from netlift.types import Check, Effect, Grade
from netlift.uplift.calibration import Group
from netlift.uplift.compare import BEST_ARM, NO_OFFER, RANDOM, RESPONSE, Comparison
from netlift.uplift.estimate import Estimate, normal

LEVEL = 0.9
Z = 1.6448536269514722  # normal quantile of .95: half-width of a 90 % interval in standard errors


def effect(estimate: float, se: float, grade: Grade = Grade.RANDOMIZED, method: str = "aipw") -> Effect:
    """An effect with its normal 90 % interval."""
    return Effect(estimate, estimate - Z * se, estimate + Z * se, LEVEL, se, 3120, 3080, method, grade)


def estimate(middle: float, se: float) -> Estimate:
    """An estimate with its normal 90 % interval."""
    return normal(middle, se, 6200, level=LEVEL, method="dr")


def groups(*pairs: tuple[float, float, float]) -> tuple[Group, ...]:
    """Groups of (predicted, found, standard error)."""
    return tuple(Group(predicted, estimate(found, se)) for predicted, found, se in pairs)


CHECKS = (
    Check("overlap", True, 0.03, 0.1, {"trimmed": 92, "treated": 3120, "effective_controls": 4210}),
    Check("balance", True, 0.041, 0.1),
    Check("placebo_before", None, math.nan, 1.96),
)
PILOT = Pilot(per_arm=3100, days=35, effect_minor=62.0, power=0.8, level=0.9, cost_minor=412_300, enough=True)

VOUCHER = Learned(
    offer=Offer("winback-q2/ten", "Win-back voucher, 10 off 50", "campaign", "winback-q2", "ten", face_minor=1000),
    source=Source.EXPERIMENT, grade=Grade.RANDOMIZED,
    margin=effect(341.0, 52.0), cost=effect(182.4, 9.0), net=effect(158.6, 51.0),
    slope=estimate(0.62, 0.14),
    groups=groups((-80, -60, 110), (40, 90, 108), (130, 71, 112), (260, 245, 115), (470, 430, 121)),
    checks=CHECKS[:2],
    drivers=(Driver("days_since_last_order", 0.41, 0.8), Driver("deal_share", 0.22, -0.6),
             Driver("orders_90d", 0.17, 0.1)),
    scored=12_400, moved=3410, harmed=920, model_id="a1b2c3d4e5f6", reasons=(Why.MEASURED_BY_EXPERIMENT.value,),
)  # fmt: skip
MAIL = Learned(
    offer=Offer("spring-mail", "Spring newsletter 15%", "campaign", "spring-mail", depth=0.15, contact_cost_minor=5),
    source=Source.LOG, grade=Grade.OBSERVATIONAL,
    margin=effect(44.0, 31.0, Grade.OBSERVATIONAL), cost=effect(38.0, 1.2, Grade.OBSERVATIONAL),
    net=effect(6.0, 30.5, Grade.OBSERVATIONAL), slope=estimate(0.21, 0.3),
    groups=groups((-9, 20, 60), (1, -14, 61), (6, 2, 59), (12, 31, 63), (20, -8, 66)), checks=CHECKS,
    drivers=(Driver("spend_365d", 0.5, 0.4),), scored=12_400, moved=0, harmed=0, model_id="0f0f0f0f0f0f",
    reasons=(Why.COMPARED_WITH_ALIKE.value, Why.AVERAGE_FOR_ALL.value), pilot=PILOT,
)  # fmt: skip
DEEP = Learned(
    offer=Offer("deep", "Black Friday 25% off everything", "price_cut", "deep", depth=0.25),
    source=Source.PRICES, grade=Grade.QUASI, margin=effect(310.0, 40.0, Grade.QUASI),
    cost=effect(520.0, 33.0, Grade.QUASI), net=effect(-210.0, 38.0, Grade.QUASI), slope=None, groups=(), checks=(),
    drivers=(), scored=12_400, moved=0, harmed=12_400, model_id="778899aabbcc",
    reasons=(Why.AVERAGE_FOR_ALL.value,), numbers={"elasticity": -1.84, "shrinkage": 0.4},
)  # fmt: skip
WEAK = Learned(
    offer=Offer("vip", "VIP early access", "campaign", "vip"), source=Source.LOG, grade=Grade.WEAK,
    margin=effect(300.0, 60.0, Grade.WEAK), cost=effect(50.0, 3.0, Grade.WEAK), net=effect(250.0, 60.0, Grade.WEAK),
    slope=None, groups=(), checks=(Check("overlap", False, 0.4, 0.1), *CHECKS[1:]), drivers=(), scored=12_400,
    moved=0, harmed=0, model_id="1234", reasons=(Why.CHECK_FAILED.value,),
)  # fmt: skip
DECLARED = Learned(
    offer=Offer("points-2x", "Double points week", "points"), source=Source.ASSUMED, grade=Grade.ASSUMED,
    margin=effect(90.0, 40.0, Grade.ASSUMED), cost=effect(30.0, 8.0, Grade.ASSUMED),
    net=effect(60.0, 41.0, Grade.ASSUMED), slope=None, groups=(), checks=(), drivers=(), scored=12_400, moved=0,
    harmed=0, model_id="", reasons=(Why.ASSUMED.value,), pilot=replace(PILOT, enough=False, per_arm=81_000),
)  # fmt: skip
UNKNOWN = (
    Unknown(Offer("hello10", "HELLO10", "code", "hello10"), Reason.SELF_SELECTED),
    Unknown(Offer("tiny", "Three letters", "campaign", "tiny"), Reason.TOO_FEW_TREATED, "3 customers had it."),
)


def comparison(best_arm: int, unit: float = 1.0, **differences: tuple[float, float]) -> Comparison:
    """A policy of value 160 units beside simple answers that it differs from by (middle, standard error)."""
    keys = {"none": NO_OFFER, "best": BEST_ARM, "response": RESPONSE, "random": RANDOM}
    found = {keys[code]: estimate(middle * unit, se * unit) for code, (middle, se) in differences.items()}
    simple = {key: estimate(160 * unit - one.estimate, 40 * unit) for key, one in found.items()}
    return Comparison(estimate(160 * unit, 41 * unit), simple, found, best_arm)


TEST = Test(
    "winback-q2", "Win-back test of spring", ("no offer", "Win-back voucher, 10 off 50"),
    comparison(1, none=(201, 44), best=(42, 38), response=(88, 31), random=(97, 30)), 6200,
)  # fmt: skip


def shop() -> Responses:
    """A shop in euros: every source, one gain, one loss, one failed check, two offers that cannot be learned from."""
    return Responses(
        name="Teehaus Nord", currency="EUR", outcome="profit", as_of="2025-01-01", customers=12_400,
        learned=(VOUCHER, MAIL, DEEP, WEAK, DECLARED), unknown=UNKNOWN, tests=(TEST,), assumptions=("margin",),
        facts={"seed": 7, "versions": {"netlift": "0.1.0"}, "margin": 0.38, "seconds": 12.5},
    )  # fmt: skip


def chinese() -> Responses:
    """A shop in yuan with Chinese names."""
    first = replace(VOUCHER, offer=replace(VOUCHER.offer, name="沉睡客唤醒：无门槛 15 元红包"))
    second = replace(DEEP, offer=replace(DEEP.offer, name="双11 全场满300减50"))
    test = replace(TEST, name="春季唤醒实验", arms=("不发", "无门槛 15 元红包"))
    return replace(shop(), name="山野零食铺", currency="CNY", learned=(first, second), tests=(test,))


def yen() -> Responses:
    """A shop in yen, a currency without decimals."""
    return replace(shop(), name="茶の家", currency="JPY")


def undecided() -> Responses:
    """Nothing is shown, and personalisation comes out as the best single arm."""
    test = replace(TEST, comparison=comparison(0, none=(0, 0), best=(0, 0), response=(-3, 20), random=(-80, 20)))
    return replace(shop(), learned=(MAIL,), unknown=(), tests=(test,), assumptions=())


def broken() -> Responses:
    """Figures without intervals: nan and infinite ends."""
    nan = Effect(math.nan, math.nan, math.nan, LEVEL, math.nan, 0, 0, "", Grade.OBSERVATIONAL)
    first = replace(MAIL, margin=nan, cost=nan, net=nan, slope=Estimate(*[math.nan] * 3, LEVEL, math.nan, 0, ""),
                    groups=groups((math.nan, math.nan, math.nan)))  # fmt: skip
    half = nan._replace(estimate=5.0, lower=-math.inf, upper=20.0)
    return replace(shop(), learned=(first, replace(first, net=half)), unknown=(), tests=())


def empty() -> Responses:
    """A shop without offers."""
    return replace(shop(), learned=(), unknown=(), tests=(), assumptions=(), customers=0)


def only_unknown() -> Responses:
    """A shop of whose offers nothing can be learned."""
    return replace(shop(), learned=(), tests=())


def many(n: int = 30) -> Responses:
    """A shop with `n` offers."""
    listed = tuple(
        replace(VOUCHER, offer=replace(VOUCHER.offer, offer_id=f"p{i}", name=f"Voucher {i}"),
                net=effect(158.6 - 10 * i, 51.0)) for i in range(n)
    )  # fmt: skip
    return replace(shop(), learned=listed, unknown=())


def plain(outcome: str = "visit") -> Responses:
    """Three arms of a mailing, without money, in which personalisation gains nothing."""
    zero = effect(0.0, 0.0)
    arms = tuple(
        Learned(
            offer=Offer(f"mailing/{name}", name, "experiment", "mailing", name), source=Source.EXPERIMENT,
            grade=Grade.RANDOMIZED, margin=effect(middle, 0.0021), cost=zero, net=effect(middle, 0.0021),
            slope=estimate(slope, 0.21), groups=groups((middle, middle * 1.1, 0.004)), checks=(), drivers=(),
            scored=64_000, moved=64_000, harmed=0, model_id="ab", reasons=(Why.AVERAGE_FOR_ALL.value,),
        )
        for name, middle, slope in (("Mens E-Mail", 0.0766, 0.1), ("Womens E-Mail", 0.0453, 0.2))
    )  # fmt: skip
    found = comparison(1, 0.001, none=(77.0, 2.0), best=(0.5, 3.3), response=(8.0, 2.0), random=(9.0, 2.2))
    test = Test("mailing", "mailing.csv", ("No E-Mail", "Mens E-Mail", "Womens E-Mail"), found, 64_000)
    return Responses("mailing.csv", "", outcome, "", 64_000, arms, (), (test,))


ALL = {"shop": shop, "chinese": chinese, "yen": yen, "undecided": undecided, "broken": broken, "empty": empty,
       "only_unknown": only_unknown, "plain": plain}  # fmt: skip
