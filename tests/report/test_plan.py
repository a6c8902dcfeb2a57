"""Plans in words and figures: what each is expected to earn, how sure, and above all what is not shown."""

import json
import math
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from netlift.candidates.candidate import Audience, Scope
from netlift.errors import ConfigError
from netlift.plan.make import Made
from netlift.promotions.mechanism import MECHANISMS
from netlift.report.amounts import Amounts
from netlift.report.plan_detail import known, laws, names, rules
from netlift.report.plan_figures import curve, forest, waterfall
from netlift.report.plan_html import plans_html, write_plans_html
from netlift.report.plan_json import FORM, to_json
from netlift.report.plan_limits import limit, one_more
from netlift.report.plan_offer import coded, ideas, offer, when, whom
from netlift.report.plan_sentences import (
    against,
    budget,
    certificate,
    dropped,
    headline,
    hold_out,
    not_shown,
    notes,
)
from netlift.report.plan_table import plan_table
from netlift.report.plan_values import Outlook, best, customers, outlook, said, unbeaten
from netlift.report.words import LANGS, words
from netlift.types import Grade
from tests.plan.examples import candidate
from tests.report import examples_plan as examples
from tests.report.test_html import Reader

EURO = {lang: Amounts(words(lang), "EUR") for lang in LANGS}
EN, ZH = EURO["en"], EURO["zh-CN"]
ALL = {"made": examples.made, "nothing": examples.only_nothing, "hostile": examples.hostile}


def drawn(made: Made, width: int = 100, lang: str = "en") -> str:
    console = Console(width=width, force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(plan_table(made, lang))
    return capture.get()


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Each example written once."""
    return {name: plans_html(make()) for name, make in ALL.items()}


# offers in words


def test_an_offer_is_said_by_its_form() -> None:
    assert offer(examples.THRESHOLD, EN) == "Spend threshold: from 40.00, 5.00 off"
    assert offer(examples.THRESHOLD, ZH) == "满减：满 40.00，减 5.00"
    assert offer(examples.TEN, EN) == "Percent off: 10% off, on coffee and tea"


def test_a_repeated_offer_keeps_its_old_name() -> None:
    named = replace(examples.TEN.offer, name="Campaign 13 · Percent off: discount 10%")
    assert offer(replace(examples.TEN, offer=named, past="13"), ZH) == "Campaign 13 · 打折：减 10%，限coffee和tea"
    assert offer(replace(examples.TEN, offer=named), ZH) == "打折：减 10%，限coffee和tea"
    letter = replace(examples.TEN, offer=named, past="13", why=("letter_only",))
    assert offer(letter, EN) == "Campaign 13 · a message, without a discount"


def test_rows_of_a_form_are_said_one_after_another() -> None:
    tiers = candidate("t", "spend_tiers", {"tiers": [{"spend": 4000, "off": 300}, {"spend": 9000, "off": 1000}]})
    assert offer(tiers, EN) == "Tiers by amount: from 40.00, 3.00 off; from 90.00, 10.00 off"


def test_long_lists_of_goods_are_cut_short() -> None:
    many = candidate("p", "percent_off", {"off": "10", "goods": {"products": [f"SKU-{i}" for i in range(9)]}})
    assert offer(many, EN) == "Percent off: 10% off, on SKU-0, SKU-1, SKU-2 and 6 more"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("kind", list(MECHANISMS))
def test_every_mechanism_can_be_said(kind: str, lang: str) -> None:
    """Each worked example, by its title and whatever its form tells; nothing is left in curly brackets."""
    for one in MECHANISMS[kind].examples:
        made = candidate("x", kind, one.form, scope=Scope.SITE)
        text = offer(replace(made, promotions=()), EURO[lang])
        title = MECHANISMS[kind].title
        assert text.startswith(title.zh if lang == "zh-CN" else title.en)
        assert not re.search(r"[{}]|None", text)


def test_a_mechanism_that_is_not_known_goes_by_the_offers_name() -> None:
    strange = replace(examples.THRESHOLD, kind="moon_phase", offer=replace(examples.THRESHOLD.offer, name="Moon"))
    assert offer(strange, EN) == "Moon"


def test_whom_and_when() -> None:
    assert whom(examples.TEN, EN) == "buyers of coffee by SMS"
    assert whom(examples.TEN, ZH) == "通过短信给买过coffee的顾客"
    assert whom(examples.SHELF, EN) == "everybody, on these goods"
    assert when(examples.SHELF, EN) == "2–15 Mar 2026 · burst"


def test_audiences_without_words_are_readable() -> None:
    strange = replace(examples.TEN, audience=Audience("left_handed:yes"))
    assert whom(strange, EN) == "left handed · yes by SMS"
    assert coded("audience", "buyers:{x}", words("en")) == "buyers of {x}"


def test_reasons_without_words_are_left_out() -> None:
    """So are those whose figures are missing."""
    strange = replace(examples.THRESHOLD, why=("silent_for_long", "moon_phase", "bought_together"))
    assert ideas(strange, EN) == ("These customers are silent for longer than is their habit.",)
    assert ideas(strange, ZH) == ("这些顾客未下单的时间已超过其习惯。",)


# what may be said


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (examples.nothing(), Outlook.NOTHING), (examples.most_profit(), Outlook.PAYS),
        (examples.win_back(), Outlook.OPEN), (examples.shelves(), Outlook.WEAK), (examples.pilot(), Outlook.ASSUMED),
    ],
)  # fmt: skip
def test_what_may_be_said_of_a_plan(plan: object, expected: Outlook) -> None:
    """A gain is said only where its whole interval is one and neither weak nor assumed figures carry it."""
    assert outlook(plan.head) is expected  # type: ignore[attr-defined]


def test_money_has_the_digits_that_its_interval_supports() -> None:
    """By hand: half of the interval is 1.645 x 620 = 1,020 EUR, so hundreds are the last digits shown."""
    assert said(examples.effect(231_000.0, 62_000.0), EN) == "+2,300 EUR (90% interval +1,300 to +3,300)"
    assert said(examples.nothing().head.worth.net, EN) == "0 EUR"


def test_the_best_plan_is_the_one_with_the_best_estimate() -> None:
    made = examples.made()
    chosen = best(made.plans)
    assert chosen is not None
    assert chosen.head.code == "most_profit"
    assert best([examples.nothing()]) is None


def test_held_out_customers_are_not_counted_as_given() -> None:
    """Of six, one is held out; who is explored gets something."""
    assert customers(examples.most_profit()) == 5
    assert customers(examples.nothing()) == 0


def test_rivals_count_as_beaten_only_where_the_whole_difference_is_a_gain() -> None:
    assert [one.code for one in unbeaten(examples.most_profit().head)] == ["best_single_offer"]


def test_nothing_is_shown_by_failed_checks() -> None:
    """Even where the whole difference is a gain: a check failed of what it rests on."""
    head = replace(examples.most_profit().head, grade=Grade.WEAK)
    assert len(unbeaten(head)) == len(head.rivals)
    assert "is not shown to beat ranking by chance of buying" in against(head, head.rivals[2], EN)


# sentences


def test_the_headline_tells_best_estimate_budget_and_doubt() -> None:
    lead, spend, sure, opened = headline(examples.made(), EN)
    assert lead.startswith("“Most profit” is expected to earn +2,300 EUR (90% interval +1,300 to +3,300)")
    assert "for 4,300 EUR of spend, given to 5 customers; the probability that it loses money is <1%." in lead
    assert spend == (
        "Beyond 7,200 EUR of budget the next coin returns less than one; the plans may spend 5,000 EUR. "
        "At 5,000 EUR of budget one more EUR is expected to earn 0.37 EUR."
    )
    assert "“observational”" in sure
    assert "31%" in sure
    assert opened.startswith("“Most profit” is not shown to beat the best single offer to all.")


def test_where_no_plan_pays_nothing_else_is_claimed() -> None:
    assert headline(examples.only_nothing(), EN) == ("No plan is expected to earn more than doing nothing.", "", "", "")


def test_a_budget_that_is_never_too_large_says_so() -> None:
    made = replace(examples.made(), curve=examples.curve(None))
    assert budget(made, EN).startswith("Up to the largest budget tried, 8,000 EUR, the next coin still returns more")


def test_what_pays_for_nothing_is_not_called_a_budget() -> None:
    free = replace(examples.curve(), one=0.0)
    assert budget(replace(examples.made(), curve=free), EN).startswith("What is expected to pay costs nothing")


def test_an_open_gain_on_weak_evidence_is_doubted_twice() -> None:
    one = examples.win_back()
    weak = replace(one, head=replace(one.head, grade=Grade.WEAK))
    lead = headline(replace(examples.made(), plans=(weak,)), EN)[0]
    assert "that it earns anything is not shown" in lead
    assert lead.endswith("Checks failed of what it rests on: measure before money goes into it.")


def test_a_curve_that_never_earns_says_so() -> None:
    points = tuple(replace(one, value_minor=0.0) for one in examples.curve().points)
    flat = replace(examples.curve(), points=points)
    assert budget(replace(examples.made(), curve=flat), EN).startswith("Not even the first coin")


def test_everything_that_is_not_shown_is_listed() -> None:
    listed = not_shown(examples.made(), EN)
    assert len(listed) == 6
    assert "“Shelves”: anything; it rests on “weak” evidence." in listed
    assert "“Pilot”: anything; it rests on “assumed” evidence." in listed
    assert any(text.startswith("“Win back”: that it earns anything: +640 EUR") for text in listed)
    assert any("whether its hold-out will show" in text for text in listed)
    assert not any("Do nothing" in text for text in listed)


def test_laws_that_are_broken_come_first_and_kept_ones_once() -> None:
    """One offer was cheaper of late; that nothing is below cost holds for both and is said once."""
    why = examples.explained(examples.most_profit())
    told = laws(why, names(examples.made().plans, EN), EN)
    assert [(subject, line.label, line.outcome) for subject, line in told] == [
        ("Percent off: 10% off, on coffee and tea", "lowest price of 30 days", "failed"),
        ("2 offers", "not below cost", "passed"), ("", "consent to be contacted", "passed"),
        ("", "not too many messages", "not_run"),
    ]  # fmt: skip
    assert told[0][1].found == "3% of the goods, by revenue, were cheaper"


def test_rules_that_tell_another_plan_are_not_shown() -> None:
    """Below 70 % the small tree is no picture of the plan."""
    why = examples.explained(examples.most_profit())
    assert why.rules is not None
    found = rules(replace(why, rules=replace(why.rules, agreement=0.45)), {}, EN)
    assert found is not None
    assert found[0] is None
    assert "the best places only 45% of the customers as it does" in found[1]
    assert rules(replace(why, rules=None), {}, EN) is None


def test_a_difference_is_told_by_its_interval() -> None:
    head = examples.most_profit().head
    by_p_buy = head.rivals[2]
    assert against(head, by_p_buy, EN).startswith("“Most profit” is shown to beat ranking by chance of buying: +1,620")
    worse = replace(by_p_buy, difference=examples.effect(-90_000.0, 10_000.0))
    assert "is shown to earn less than" in against(head, worse, EN)
    same = replace(by_p_buy, difference=examples.nothing().head.worth.net)
    assert against(head, same, EN).endswith("so it is not shown to beat it.")


def test_the_hold_out_says_size_day_and_price() -> None:
    told = hold_out(examples.most_profit().head, EN)
    assert told[0] == (
        "10% of each offer's customers, 520 in all, do not get it, drawn by chance. Read it on 15 Apr 2026: that "
        "finds a gain of 0.41 EUR per customer or more with 80% probability. Withholding is expected to cost 210 EUR."
    )
    assert told[1].startswith("60 customers (1.0%) get an offer by chance")
    short = hold_out(examples.win_back().head, EN)
    assert "a safeguard, not a proof" in short[1]
    assert short[2] == "2.0% of all customers get nothing from any plan, to measure long effects."
    assert hold_out(replace(examples.pilot().head, hold_out=None), EN) == (
        "Nobody is held out: what it earned will not be measured.",
    )
    assert hold_out(examples.nothing().head, EN) == ()


def test_the_certificate_says_how_much_more_there_could_be() -> None:
    (text,) = certificate(examples.most_profit().head, EN)
    assert text.endswith("The gap is 0.02%.")
    assert "no plan within the limits can earn more than 2,588 EUR" in text
    relaxed = certificate(examples.win_back().head, EN)[-1]
    assert relaxed == "least share: lapsed customers cannot be kept; it gives way by 120."
    assert certificate(examples.nothing().head, EN) == ()


def test_a_certificate_in_another_unit_tells_no_money() -> None:
    """What was chosen by customers is proved in customers."""
    head = replace(examples.most_profit().head, notes=("certificate_in_customers",))
    (text,) = certificate(head, EN)
    assert "EUR" not in text
    assert "0.02%" in text


def test_limits_are_said_by_what_they_are_about() -> None:
    head = examples.most_profit().head
    assert limit("budget", head, EN) == "budget"
    assert limit("channel:sms", head, EN) == "messages by SMS"
    assert limit("stock:SKU-1", head, EN) == "stock of SKU-1"
    assert limit("differs:win_back", head, EN) == "different from “Win back”"
    assert limit("most:percent_off-a1b2c3", head, EN) == "most: Percent off: 10% off, on coffee and tea"
    assert limit("share:goal-win_back", head, EN) == "least share: winning back"
    assert one_more("channel:sms", 12.0, head, EN) == "One more message by SMS would earn 0.12 EUR."
    assert one_more("budget", 0.37, head, EN) == "One more EUR of budget would earn 0.37 EUR."
    assert one_more("moon:x", 12.0, head, EN) == "moon · x: 0.12 EUR"


def test_notes_fill_in_their_numbers_and_leave_out_what_has_none() -> None:
    head = examples.win_back().head
    assert notes(head, EN)[0] == (
        "It was kept different from the plans before it; that costs 41.00 EUR of what is expected."
    )
    assert notes(replace(head, notes=("kept_different", "moon_phase"), numbers={}), EN) == ()
    assert dropped("safest", "equal_to_another", EN) == "It would be the same as another plan."
    assert dropped("safest", "moon_phase", EN) == "“Safest”"


NOTES = """nothing_pays kept_different certificate_of_lower_bound certificate_in_customers public_only
hold_out_too_small spread_unknown not_corrected corrected_by_folds corrected_by_shrinkage limits_gave_way enough_plans
no_candidate_serves_it goal_does_not_pay equal_to_another not_different earns_too_little public_exceeds_budget"""


@pytest.mark.parametrize("lang", LANGS)
def test_every_code_that_a_plan_carries_has_words(repository: Path, lang: str) -> None:
    """Codes are found in the source of the plans, so a new one cannot go without words."""
    source = "".join(path.read_text("utf-8") for path in (repository / "src/netlift/plan").glob("*.py"))
    one = words(lang)
    for code in {*NOTES.split(), *re.findall(r"noted\(\s*\"(\w+)\"", source)}:
        kind = "plan_proof" if code.startswith("certificate_") else "plan_note"
        assert one.knows(kind, code, "text"), code
    for code in re.findall(r"\bStep\(\"(\w+)\"", source):
        assert one.knows("plan_step", code), code
    for code in re.findall(r"\bCheck\(\"(\w+)\"", source):
        assert one.knows("law", code), code


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("spend_365_minor", 31_250, "313 EUR"), ("deal_share", 0.314, "31%"), ("orders_365", 4, "4"),
        ("gap_mean_days", 21.4321, "21.4"), ("gap_mean_days", None, "unknown"), ("gap_mean_days", math.nan, "unknown"),
        ("accepts_marketing", True, "yes"), ("lifecycle", "at_risk", "at risk"), ("region", "North", "North"),
    ],
)  # fmt: skip
def test_what_is_known_of_a_customer_is_written_in_its_unit(column: str, value: object, text: str) -> None:
    assert known(column, value, EN) == text


def test_what_could_not_be_computed_is_said_so_everywhere() -> None:
    """A plan without an interval is open, and no figure draws what is not there."""
    one = examples.most_profit()
    blind = replace(one.head.worth, net=examples.effect(math.nan, math.nan), spend_low=math.nan, p_loss=math.nan)
    plan = replace(one, head=replace(one.head, worth=blind))
    assert outlook(plan.head) is Outlook.OPEN
    assert said(blind.net, EN) == "no interval"
    made = replace(examples.made(), plans=(examples.nothing(), plan))
    assert "unknown" in drawn(made)
    assert "no interval" in plans_html(made)
    assert waterfall(examples.explained(plan).steps, plan.head, EURO) is None
    assert best(made.plans) is None


# the table


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("width", [60, 80, 100, 130])
def test_the_table_fits_its_width(width: int, lang: str) -> None:
    text = drawn(examples.made(), width, lang)
    assert max(map(len, text.splitlines())) <= width
    for plan in examples.made().plans:
        assert words(lang).label("plan", plan.head.code) in text
    assert "+2,300" in text


def test_the_wide_table_names_what_is_not_beaten() -> None:
    text = drawn(examples.made(), 130)
    assert "Not shown to beat" in text
    assert "best single offer" in text
    assert "3,530 to 5,200" in text  # 82 % and 121 % of 4,300 to three digits: half the width is 838


def test_names_that_look_like_markup_are_shown_as_they_are() -> None:
    assert "<script>alert('x')</script>{}[/red]" in drawn(examples.hostile())


# figures


def test_figures_say_their_numbers_in_both_languages() -> None:
    made = examples.made()
    wide, narrow = forest(made.plans, EURO)
    assert wide is not None
    assert narrow is not None
    assert "Win back" in wide.svg("en")
    assert "召回" in narrow.svg("zh-CN")
    figure = curve(made.curve, made.plans, EURO)  # type: ignore[arg-type]
    assert figure is not None
    assert "your budget" in figure.svg("en")
    assert "多花一元收回不到一元" in figure.svg("zh-CN")
    bars = waterfall(examples.explained(made.plans[1]).steps, made.plans[1].head, EURO)
    assert bars is not None
    assert "expected to earn" in bars.svg("en")


def test_figures_of_nothing_are_left_out() -> None:
    assert forest([examples.nothing()], EURO) == (None, None)
    assert curve(replace(examples.curve(), points=()), [], EURO) is None
    assert waterfall((), examples.nothing().head, EURO) is None


# the page


@pytest.mark.parametrize("example", list(ALL))
def test_tags_match_and_ids_are_unique(pages: dict[str, str], example: str) -> None:
    reader = Reader(pages[example])
    ids = Counter(attrs["id"] for _, attrs in reader.tags if "id" in attrs)
    assert [name for name, times in ids.items() if times > 1] == []
    links = {str(attrs["href"])[1:] for attrs in reader.all("a") if str(attrs.get("href", "")).startswith("#")}
    assert links <= set(ids)


@pytest.mark.parametrize("example", list(ALL))
def test_no_placeholder_and_no_code_is_left(pages: dict[str, str], example: str) -> None:
    """Nothing in curly brackets but what a shop's own name holds, no nan, no None, no word with an underscore."""
    text = Reader(pages[example].partition("<body>")[2].partition("<script>")[0]).words
    text = text.replace("{}[/red]", "")
    assert not re.search(r"[{}]|\bnan\b|\bNone\b|\b[a-z]+_[a-z_]+\b", text)


def test_the_page_has_every_part_of_a_plan(pages: dict[str, str]) -> None:
    text = Reader(pages["made"]).words
    page = words("en").page
    for code in ("plan_compare", "plan_forest", "plan_curve", "plan_waterfall", "plan_offers_head", "plan_rules",
                 "plan_segments", "plan_examples", "plan_stock", "plan_rivals", "plan_limits", "plan_conflicts",
                 "plan_laws", "plan_dry_run", "plan_hold_out", "plan_dropped"):  # fmt: skip
        assert page(code) in text, code
    assert "not shown to beat the best single offer to all" in text
    assert "if days since the last order at least 60 and orders, a year 2 to 6" in text
    assert "cust-7731" in text
    assert "Percent off: 10% off, on coffee and tea" in text


def test_a_page_of_nothing_stays_short(pages: dict[str, str]) -> None:
    text = Reader(pages["nothing"]).words
    assert words("en").page("plan_offers_head") not in text
    assert "No plan is expected to earn more than doing nothing." in text


def test_hostile_names_stay_text(pages: dict[str, str]) -> None:
    assert "<script>alert" not in pages["hostile"]
    assert "&lt;script&gt;alert" in pages["hostile"]


def test_the_page_loads_nothing(pages: dict[str, str]) -> None:
    reader = Reader(pages["made"])
    assert [tag for tag, attrs in reader.tags if {"src", "href"} & attrs.keys() and tag not in {"a"}] == []


def test_the_asked_language_comes_first(tmp_path: Path) -> None:
    path = write_plans_html(examples.made(), tmp_path / "plans.html", "zh")
    assert '<html lang="zh-CN">' in path.read_text("utf-8")
    assert [file.name for file in tmp_path.iterdir()] == ["plans.html"]


def test_without_plans_there_is_no_page() -> None:
    with pytest.raises(ConfigError, match="no plan to report"):
        plans_html(replace(examples.only_nothing(), plans=()))


# JSON


@pytest.mark.parametrize("example", list(ALL))
def test_json_holds_the_plans(example: str) -> None:
    made = ALL[example]()
    found = json.loads(json.dumps(to_json(made), allow_nan=False))
    assert found["form"] == FORM
    assert [one["head"]["code"] for one in found["plans"]] == [plan.head.code for plan in made.plans]


def test_json_says_what_is_not_shown_to_beat() -> None:
    found = to_json(examples.made())
    assert found["plans"][1]["not_shown_to_beat"] == ["best_single_offer"]
    assert found["plans"][1]["outlook"] == "pays"
    assert found["plans"][1]["explained"]["rules"]["agreement"] == 0.92
    assert found["curve"]["one"] == 720_000
    assert found["dropped"] == [{"code": "safest", "note": "equal_to_another"}]
