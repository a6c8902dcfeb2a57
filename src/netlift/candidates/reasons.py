"""Why a candidate is proposed, and what to know about it, in words of both languages."""

from collections.abc import Mapping
from types import MappingProxyType

from netlift.candidates.candidate import Candidate
from netlift.money import Money
from netlift.promotions.form import Words


def _words(*rows: tuple[str, str, str]) -> Mapping[str, Words]:
    return MappingProxyType({code: Words(en, zh) for code, en, zh in rows})


REASONS: Mapping[str, Words] = _words(
    ("above_usual_basket", "The threshold lies just above a usual basket.", "门槛略高于常见的客单价。"),
    ("tiers_along_baskets", "The tiers follow the quartiles of the baskets.", "各档位按客单价的四分位数设定。"),
    ("steps_of_usual_basket", "A step is about a usual basket.", "每一档约为一个常见客单价。"),
    ("cheap_payment", "This way of payment costs the shop less.", "该支付方式对店铺的费用更低。"),
    ("strong_shelf", "The shelf is among those that sell most.", "该品类属于销售额最高的品类。"),
    ("dearer_half", "For the dearer half of the shelf.", "适用于该品类中价格较高的一半商品。"),
    (
        "one_price_for_many",
        "One price for {products} goods of about the same price.",
        "{products} 件价格相近的商品统一价。",
    ),
    (
        "quiet_hours",
        "In these hours only {even_share} of an even day's orders come.",
        "该时段的订单仅为平均水平的 {even_share}。",
    ),
    (
        "silent_for_long",
        "These customers are silent for longer than is their habit.",
        "这些顾客未下单的时间已超过其习惯。",
    ),
    ("uses_coupons", "These customers use coupons.", "这些顾客习惯用券。"),
    ("buys_cheap", "These customers buy when goods are cheaper than usual.", "这些顾客多在低价时购买。"),
    ("spends_most", "These customers spend most.", "这些顾客消费最高。"),
    ("buys_regularly", "These customers buy regularly.", "这些顾客经常购买。"),
    ("pays_full_price", "These customers mostly pay the full price.", "这些顾客大多按原价购买。"),
    ("bought_once", "These customers have bought on one day only.", "这些顾客只在一天下过单。"),
    ("small_gift_of_money", "A small amount for a small basket.", "小额红包，低门槛。"),
    ("code_can_be_measured", "Each use of the code can be counted.", "优惠码的每次使用都可统计。"),
    (
        "liked_not_bought",
        "Interested in the shelf, but no order for longer than usual.",
        "对该品类感兴趣，但已超过通常间隔未下单。",
    ),
    ("buys_it", "They buy from this shelf.", "他们购买该品类。"),
    ("best_seller", "It is the best seller of its shelf.", "它是该品类最畅销的商品。"),
    (
        "one_more_than_usual",
        "Usual are {units} units an order; the offer asks for more.",
        "通常每单 {units} 件，优惠需多买。",
    ),
    (
        "bought_together",
        "{together} orders had both, {lift} times what chance would give.",
        "{together} 个订单同时包含两者，为随机水平的 {lift} 倍。",
    ),
    (
        "pays_from_further_sets",
        "It pays if {further} more sets are sold for each that is sold at full price today.",
        "目前每以原价售出一套，需再多售出 {further} 套才划算。",
    ),
    ("partner_pays", "The partner bears {partner_percent} % of the discount.", "合作方承担优惠的 {partner_percent}%。"),
    (
        "gift_worth_more_than_cost",
        "The gift is worth more to the customer than it costs the shop.",
        "赠品对顾客的价值高于其成本。",
    ),
    (
        "delivery_free_above_usual",
        "Delivery is free from {spend_minor}; it is usually {shipping_minor}.",
        "满 {spend_minor} 免运费，运费通常为 {shipping_minor}。",
    ),
    (
        "within_two_gaps",
        "The coupon is valid for {valid_days} days, about two usual gaps.",
        "优惠券有效期 {valid_days} 天，约为两个通常间隔。",
    ),
    ("points_for_return", "Points bring customers back.", "积分促使顾客回购。"),
    ("birthdays_known", "The birthdays of {birthdays} customers are known.", "已知 {birthdays} 位顾客的生日。"),
    ("members_known", "The price list is for {members} members.", "价格表适用于 {members} 位会员。"),
    ("first_order", "For the first order.", "适用于首单。"),
    ("second_order", "The second order makes a customer.", "第二单使其成为老客。"),
    ("lasts_for_months", "The stock lasts for {weeks} weeks.", "库存可销售 {weeks} 周。"),
    ("one_day_only", "For one day only.", "仅限一天。"),
    ("tagged_for_clearance", "The shop has tagged these goods for clearance.", "店铺已将这些商品标记为清仓。"),
    (
        "repeats_the_past",
        "It was done before; it ended {days_since} days before.",
        "曾经做过，结束于 {days_since} 天前。",
    ),
    ("as_before", "The discount is that of the past.", "优惠与以往相同。"),
    ("depth_estimated", "The discount is read from what redeemers paid.", "优惠力度由核销者的实付金额推得。"),
    (
        "depth_guessed",
        "The past discount is not in the data; the shop's usual one is put in its place.",
        "数据中没有以往的力度，以店铺常用力度代替。",
    ),
    (
        "threshold_guessed",
        "The past threshold is not in the data; a usual one is put in its place.",
        "数据中没有以往的门槛，以常用门槛代替。",
    ),
    (
        "letter_only",
        "As far as the data tell, it gave no discount: a letter.",
        "就数据所示，当时没有优惠，只是一次触达。",
    ),
    ("festival_save_up", "Build-up before a festival: collecting.", "节日蓄水期。"),
    ("festival_warm_up", "Warm-up right before a festival.", "节日预热期。"),
    ("festival_burst", "The days of the festival.", "节日爆发期。"),
    ("festival_encore", "The days after the festival.", "节日返场期。"),
    ("deposit_binds", "Who has paid a deposit comes back.", "付了定金的顾客会回来。"),
    (
        "below_cost",
        "{below_cost} of these goods, by revenue, would sell below cost.",
        "其中按销售额 {below_cost} 的商品将低于成本出售。",
    ),
    (
        "some_goods_left_out",
        "{kept} of the goods' revenue takes part; the rest has no margin for it, was cheaper of late, or rests.",
        "按销售额 {kept} 的商品参加；其余因毛利、近期低价或促销间隔而不参加。",
    ),
    (
        "waits_for_rest",
        "It starts {waits} days later, because these goods were on offer lately.",
        "因商品近期刚促销过，推迟 {waits} 天开始。",
    ),
    (
        "people_rest",
        "Customers whom a promotion on these goods reached lately are left out.",
        "近期刚收到这些商品促销的顾客不参加。",
    ),
    ("margin_assumed", "The cost of some of these goods is assumed, not known.", "部分商品的成本为假设值。"),
)
"""Sentence of each code; figures in braces are `Candidate.numbers`."""
_SHARES = frozenset({"even_share", "kept", "below_cost", "shelf_share"})


def said(candidate: Candidate, currency: str, lang: str = "en") -> tuple[str, ...]:
    """The reasons of a candidate as sentences.

    Args:
        candidate: whose `why` is asked for.
        currency: of its amounts.
        lang: en or zh-CN.
    """
    shown = {name: _shown(name, value, currency) for name, value in candidate.numbers.items()}
    texts = (REASONS[code] for code in candidate.why)
    return tuple((text.en if lang == "en" else text.zh).format(**shown) for text in texts)


def _shown(name: str, value: float, currency: str) -> str:
    if name.endswith("_minor"):
        return str(Money(round(value), currency))
    return f"{value:.0%}" if name in _SHARES else f"{value:,.4g}"
