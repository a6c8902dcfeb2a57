"""Responses in words and figures: who is moved, by what, how sure, and above all what is not shown."""

import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from rich.console import Console

from netlift.errors import ConfigError
from netlift.report.respond_card import feature_label
from netlift.report.respond_html import responses_html, write_responses_html
from netlift.report.respond_json import FORM, SCHEMA, to_json, to_table
from netlift.report.respond_sentences import headline, not_shown
from netlift.report.respond_table import response_table
from netlift.report.respond_tally import Tally
from netlift.report.respond_values import Outlook, Values, names, outlooks, values
from netlift.report.words import LANGS, words
from netlift.response.results import Learned, Responses, Source, Why
from netlift.schema import RESPONSE
from netlift.types import Effect, Grade
from tests.report.examples_respond import (
    ALL,
    DECLARED,
    MAIL,
    VOUCHER,
    WEAK,
    comparison,
    effect,
    empty,
    estimate,
    many,
    only_unknown,
    plain,
    shop,
    undecided,
)
from tests.report.test_html import Reader

EVIL = "<script>alert('x')</script> [/red]{} \" onclick=\"x"


def drawn(responses: Responses, width: int = 100, lang: str = "en") -> str:
    console = Console(width=width, force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(response_table(responses, lang))
    return capture.get()


def euros(found: Effect) -> str:
    return values(shop(), "en").said(found, each=True)


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Each example written once."""
    return {name: responses_html(make()) for name, make in ALL.items()}


def test_amounts_have_the_digits_that_their_interval_supports() -> None:
    """By hand: half of the 90 % interval is 1.645 x 51 = 84 cents, so cents are the last digit that is shown."""
    assert euros(effect(158.6, 51.0)) == "+1.59 EUR per customer (90% interval +0.75 to +2.42)"
    assert euros(effect(158.6, 0.051)) == "+1.58600 EUR per customer (90% interval +1.58516 to +1.58684)"
    assert euros(effect(158_600.0, 51_000.0)) == "+1,590 EUR per customer (90% interval +750 to +2,420)"


def test_amounts_in_a_currency_without_decimals() -> None:
    assert values(ALL["yen"](), "en").said(effect(158.6, 51.0)) == "+159 JPY (90% interval +75 to +242)"


def test_plain_outcomes_keep_their_unit() -> None:
    value = values(plain(), "en")
    assert value.said(estimate(0.0005, 0.0033), each=True) == "+0.0005 per customer (90% interval −0.0049 to +0.0059)"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (effect(0.0, 0.0), "0 EUR (90% interval 0 to 0)"),
        (effect(math.nan, math.nan), "no interval"),
        (effect(12.0, 1.0)._replace(lower=-math.inf), "+0.12 EUR (90% interval at most +0.14)"),
        (effect(12.0, 1.0, Grade.BOUND), "90% interval +0.104 to +0.136"),
    ],
)
def test_amounts_without_a_width(found: Effect, said: str) -> None:
    """Known exactly, not at all, on one side only, or by limits alone."""
    assert values(shop(), "en").said(found) == said


def test_outlooks_of_the_example() -> None:
    """An offer pays or loses only where the whole interval says so and no check failed."""
    wanted = (Outlook.PAYS, Outlook.OPEN, Outlook.LOSES, Outlook.WEAK, Outlook.ASSUMED)
    assert outlooks(shop().learned) == wanted


def test_one_of_many_borderline_offers_is_not_shown() -> None:
    """Alone p = .08 is shown at 90 %; beside nineteen offers of p = .5 its q-value is above .1 (by hand: .08 x 20)."""
    borderline = replace(VOUCHER, net=effect(1.75, 1.0))
    noise = replace(VOUCHER, net=effect(0.6745, 1.0))
    assert outlooks([borderline]) == (Outlook.PAYS,)
    assert outlooks([borderline, *[noise] * 19])[0] is Outlook.OPEN


def test_offers_without_an_interval_are_unknown_and_do_not_count_among_many() -> None:
    nan = replace(VOUCHER, net=effect(math.nan, math.nan))
    assert outlooks([nan, VOUCHER]) == (Outlook.UNKNOWN, Outlook.PAYS)
    assert outlooks([]) == ()


def test_offers_that_share_a_name_are_told_apart() -> None:
    other = replace(VOUCHER, offer=replace(VOUCHER.offer, offer_id="autumn"))
    assert names([VOUCHER, other, MAIL]) == (
        "Win-back voucher, 10 off 50 · winback-q2/ten", "Win-back voucher, 10 off 50 · autumn",
        "Spring newsletter 15%",
    )  # fmt: skip
    assert names([replace(VOUCHER, offer=replace(VOUCHER.offer, name=""))]) == ("winback-q2/ten",)


def test_the_headline_answers_its_four_questions() -> None:
    who, what, sure, still_open = headline(shop(), values(shop(), "en"))
    assert who == (
        "3,410 of 12,400 customers (28%) are shown to be moved by “Win-back voucher, 10 off 50” by enough to pay for "
        "it. “Win-back voucher, 10 off 50” is shown to lose money on 920 of 12,400 customers (7%)."
    )
    assert what.startswith("“Win-back voucher, 10 off 50” is shown to earn +1.59 EUR per customer (90% interval")
    assert "“Black Friday 25% off everything” is shown to lose money: −2.10 EUR per customer" in what
    assert sure.startswith("5 offers: 1 measured by experiment, 2 compared with customers who were alike, 1 from")
    assert "For 1 of them a check failed." in sure
    assert still_open.startswith("Personalisation is not shown to beat “Win-back voucher, 10 off 50” to all: +0.42 EUR")
    assert still_open.endswith("In all, 6 things are not shown; they are listed below. Of 2 more offers nothing could "
                               "be learned.")  # fmt: skip


def test_the_headline_in_chinese() -> None:
    who, what, sure, still_open = headline(ALL["chinese"](), values(ALL["chinese"](), "zh"))
    assert who.startswith(
        "12,400 位顾客中有 3,410 位（28%）证实被「沉睡客唤醒：无门槛 15 元红包」打动，且足以收回投入。"
    )
    assert "「双11 全场满300减50」证实亏钱：每位顾客 −2.10 元（90% 区间 −2.73 至 −1.47）。" in what
    assert sure.startswith("2 个优惠：")
    assert still_open.startswith("未能证实个性化优于给所有人「无门槛 15 元红包」：")


def test_the_issue_s_line() -> None:
    """Three arms of a mailing: what the mailing did is shown, and that choosing between mails gains anything is not."""
    said = headline(plain(), values(plain(), "en"))
    assert said[1].startswith("“Mens E-Mail” is shown to raise visit: +0.0766 per customer")
    assert said[3].startswith("Personalisation is not shown to beat “Mens E-Mail” to all: +0.0005 per customer (90% ")


def test_a_win_over_the_best_single_arm_is_told_as_shown() -> None:
    won = replace(shop().tests[0], comparison=comparison(1, best=(90, 20)))
    said = headline(replace(shop(), tests=(won,)), values(shop(), "en"))
    assert "Personalisation is shown to beat “Win-back voucher, 10 off 50” to all: +0.90 EUR per customer" in said[2]
    assert "Personalisation" not in said[3]
    assert not any("Personalisation" in text for text in not_shown(replace(shop(), tests=(won,)), values(shop(), "en")))


def test_a_policy_that_is_worse_or_the_same_says_so() -> None:
    """Where the best single arm is to give nothing, "no offer" is not told twice."""
    said = not_shown(undecided(), values(undecided(), "en"))
    assert said[0] == "Personalisation is not shown to beat no offer to anybody: it comes to exactly the same."
    response, random = said[1:3]
    assert response.startswith(
        "Personalisation is not shown to beat ranking by chance of buying: −0.03 EUR per customer"
    )
    assert random.startswith(
        "Personalisation is shown to do worse than the same offers at random: −0.80 EUR per customer"
    )


def test_nothing_assumed_or_doubtful_counts_as_moved() -> None:
    """Their customers may be counted in the results, but "shown" is not said of them."""
    doubtful = tuple(replace(one, moved=9000, harmed=50) for one in (WEAK, DECLARED))
    responses = replace(shop(), learned=doubtful, tests=())
    said = headline(responses, values(responses, "en"))
    assert said[0] == "No customer is shown to be moved by any offer by enough to pay for it."
    assert said[1].startswith("No offer is shown to earn more than it costs; the best estimate is that of “VIP early")
    assert not_shown(responses, values(responses, "en")) == (
        "“VIP early access”: anything, because a check failed (comparable customers exist).",
        "“Double points week”: anything; its figures are assumed and were not measured.",
    )


def test_where_customers_do_not_differ_nobody_is_singled_out() -> None:
    alike = replace(VOUCHER, slope=None, moved=12_400, harmed=0)
    other = replace(alike, offer=replace(VOUCHER.offer, offer_id="x", name="Another"))
    said = headline(replace(shop(), learned=(alike, other)), values(shop(), "en"))
    assert said[0] == (
        "“Win-back voucher, 10 off 50” and “Another”: shown to pay on average; nothing is shown to tell the 12,400 "
        "customers apart."
    )


@pytest.mark.parametrize("make", [empty, only_unknown])
def test_without_anything_learned_it_says_what_to_do(make: object) -> None:
    responses = make()  # type: ignore[operator]
    said = headline(responses, values(responses, "en"))
    assert said[0] == "Of no offer in these data could anything be learned."
    assert said[1:3] == ("", "")
    assert said[3].startswith("Add a list of who was reached")
    assert ("Of 2 more offers" in said[3]) == bool(responses.unknown)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("example", list(ALL))
def test_no_hole_in_any_sentence(example: str, lang: str) -> None:
    """No nan, no empty bracket, no placeholder left."""
    responses = ALL[example]()
    value = values(responses, lang)
    for text in (*headline(responses, value), *not_shown(responses, value), drawn(responses, lang=lang)):
        for hole in ("nan", "inf", "()", "（）", "{", "}", "None"):
            assert hole not in text, (hole, text)


def test_the_table_fits_and_drops_columns_when_narrow() -> None:
    wide, narrow = drawn(shop(), 100), drawn(shop(), 60)
    for said in ("+1.59", "+0.75 to +2.42", "1.82", "3,410 (28%)", "920 (7%)", "▲ pays", "▼ loses", "○ not shown",
                 "a check failed", "randomized", "90% interval", "HELLO10: users chose themselves"):  # fmt: skip
        assert said in wide, said
    assert max(map(len, wide.splitlines())) <= 100
    assert "+1.59" in narrow
    assert "3,410" not in narrow


def test_the_table_of_a_plain_experiment_has_no_cost() -> None:
    text = drawn(plain())
    assert "Difference" in text
    assert "Cost" not in text
    assert "▲ more" in text


def test_an_empty_table_prints_nothing_but_what_is_unknown() -> None:
    assert drawn(empty()) == ""
    assert drawn(only_unknown()).splitlines() == [
        "○ HELLO10: users chose themselves",
        "○ Three letters: too few buyers",
    ]


def hostile() -> Responses:
    """Names from somebody else's file, in every place where a name stands."""
    offer = replace(VOUCHER.offer, name=EVIL, mechanism=EVIL)
    first = replace(VOUCHER, offer=offer, model_id=EVIL, reasons=(EVIL,),
                    drivers=(VOUCHER.drivers[0]._replace(feature=f"region={EVIL}"),))  # fmt: skip
    test = replace(shop().tests[0], name=EVIL, arms=(EVIL, EVIL))
    unknown = replace(shop().unknown[0], offer=replace(shop().unknown[0].offer, name=EVIL), detail=EVIL)
    return replace(shop(), name=EVIL, learned=(first,), tests=(test,), unknown=(unknown,))


def test_names_cannot_break_out_of_the_page_or_the_terminal() -> None:
    reader = Reader(responses_html(hostile()))
    assert len(reader.all("script")) == 1
    assert not [attrs for _, attrs in reader.tags if "onclick" in attrs]
    assert "alert('x')" in reader.words
    assert "[/red]" in drawn(hostile(), 200)


@pytest.mark.parametrize("example", list(ALL))
def test_tags_match_ids_are_unique_and_nothing_is_loaded(pages: dict[str, str], example: str) -> None:
    reader = Reader(pages[example])
    ids = Counter(attrs["id"] for _, attrs in reader.tags if "id" in attrs)
    assert [name for name, times in ids.items() if times > 1] == []
    links = [str(attrs["href"]) for attrs in reader.all("a")]
    assert [link for link in links if not link.startswith("#") or link[1:] not in ids] == []
    assert not [attrs for _, attrs in reader.tags if "src" in attrs or "srcset" in attrs]
    assert not reader.all("link")
    assert "url(" not in pages[example]


def test_the_page_tells_everything(pages: dict[str, str]) -> None:
    said = Reader(pages["shop"]).words
    for text in (
        "Who is moved, and by what?",
        "3,410 of 12,400 customers (28%)",
        "What is not shown",
        "Build nothing on what stands here.",
        "ranking by chance of buying",
        "Does the model know whom it moves?",
        "days since last order",
        "the more of it, the larger the effect",
        "+3.41 EUR (90% interval +2.55 to +4.27)",
        "shown, slope 0.62",
        "Nearly all have one.",
        "3,100 customers with it and as many without, drawn at random, read after 35 days",
        "difference of 0.62 EUR per customer or more with 80% probability and costs about 4,123 EUR.",
        "The shop does not have that many customers",
        "Offers of which nothing could be learned",
        "3 customers had it.",
        "Goods cost 62% of their list price.",
        "seed 7, netlift 0.1.0",
        "谁会被什么打动？",
        "哪些未能证实",
    ):
        assert text in said, text


def test_every_figure_has_a_text_and_its_numbers(pages: dict[str, str]) -> None:
    figures = Reader(pages["shop"]).all("svg")
    assert all(attrs.get("role") == "img" and attrs.get("aria-label") for attrs in figures)
    # per language: forest and test for two widths each, and the groups of two offers
    assert len(figures) == 2 * (2 + 2 + 2)
    assert pages["shop"].count("The numbers of this figure") == 1 + 2


def test_what_is_not_shown_stands_before_the_details(pages: dict[str, str]) -> None:
    said = Reader(pages["shop"]).words
    assert said.index("What is not shown") < said.index("All offers", said.index("What is not shown"))
    assert said.index("What is not shown") < said.index("One by one")


def test_reasons_come_with_their_rows() -> None:
    """A tally says how many rows carry each code; without one only the codes of all rows are listed."""
    offer = VOUCHER.offer.offer_id
    tally = Tally(Counter({offer: 12_400}), Counter({(offer, Why.MOVED_BY_OFFER.value): 3410, (offer, "odd_code"): 1}))
    said = Reader(responses_html(shop(), tally=tally)).words
    assert "3,410 (28%)The whole 90% interval of this customer's net margin lies above zero." in said
    assert "odd code1 (<1%)" in said


def test_several_outcomes_share_a_page() -> None:
    """Each has its own figures and anchors."""
    reader = Reader(responses_html([plain("visit"), plain("spend")]))
    ids = Counter(attrs["id"] for _, attrs in reader.tags if "id" in attrs)
    assert max(ids.values()) == 1
    assert {"en-1-1", "en-2-1", "zh-CN-2-2"} <= set(ids)
    assert "is shown to raise spend" in reader.words


def test_many_offers_stay_small_and_the_forest_says_that_it_is_cut() -> None:
    text = responses_html(many())
    assert len(text.encode()) < 2_000_000
    assert "Here are 25 of 30 offers." in text


@pytest.mark.parametrize("lang", LANGS)
def test_the_language_asked_for_is_shown_first(tmp_path: Path, lang: str) -> None:
    text = write_responses_html(undecided(), tmp_path / "r.html", lang).read_text("utf-8")
    assert Reader(text).all("html")[0]["lang"] == lang


def test_a_language_without_words_is_an_error() -> None:
    with pytest.raises(ConfigError, match="'fr'"):
        responses_html(shop(), "fr")


def test_the_same_responses_give_the_same_file() -> None:
    assert responses_html(shop()) == responses_html(shop())


@pytest.mark.parametrize("example", list(ALL))
def test_json_takes_everything(example: str) -> None:
    """No nan leaves the program, and nothing is lost on the way."""
    text = json.dumps(to_json(ALL[example]()), ensure_ascii=False, allow_nan=False)
    found = json.loads(text)
    assert found["form"] == FORM
    assert len(found["learned"]) == len(ALL[example]().learned)


def test_json_keeps_its_keys() -> None:
    """Scripts depend on them: a change here is a new FORM."""
    found = to_json(shop())
    assert list(found) == ["form", "name", "currency", "outcome", "as_of", "customers", "learned", "unknown", "tests",
                           "assumptions", "facts"]  # fmt: skip
    learned = found["learned"][0]
    assert list(learned) == ["offer", "source", "grade", "margin", "cost", "net", "slope", "groups", "checks",
                             "drivers", "scored", "moved", "harmed", "model_id", "reasons", "pilot", "numbers",
                             "personal"]  # fmt: skip
    assert learned["net"]["estimate"] == 158.6
    assert learned["personal"] is True
    assert learned["source"] == "experiment"
    assert found["tests"][0]["not_shown_to_beat"] == ["best single arm"]
    assert found["unknown"][1] == {**found["unknown"][1], "refused": "too_few_treated", "detail": "3 customers had it."}


def test_the_flat_table_has_a_row_per_offer() -> None:
    table = to_table(shop(), plain())
    assert table.schema.equals(SCHEMA)
    rows = table.to_pylist()
    assert [row["offer_id"] for row in rows] == [
        "winback-q2/ten", "spring-mail", "deep", "vip", "points-2x", "hello10", "tiny", "mailing/Mens E-Mail",
        "mailing/Womens E-Mail",
    ]  # fmt: skip
    assert rows[0]["net"] == rows[0]["margin"] - rows[0]["cost"] == pytest.approx(158.6)
    assert rows[3]["checks_failed"] == ["overlap"]
    assert rows[5]["refused"] == "self_selected"
    assert rows[5]["net"] is None
    assert to_table(ALL["broken"]()).to_pylist()[0]["net"] is None
    assert to_table(empty()).num_rows == 0


def rows_of(*rows: tuple[str, list[str]]) -> pa.RecordBatch:
    """Response rows in which only offer and reasons matter."""
    filled = {
        "customer_id": "c", "incremental_margin": 0.0, "expected_cost": 0.0, "net_margin": 0.0, "se": 1.0,
        "liability": 0.0, "p_buy": None, "grade": "randomized", "model_id": "m",
    }  # fmt: skip
    listed = [{**filled, "offer_id": offer, "reasons": reasons} for offer, reasons in rows]
    return pa.RecordBatch.from_pylist(listed, schema=RESPONSE)


def test_a_tally_counts_what_streams_by_and_changes_nothing() -> None:
    batches = [rows_of(("a", ["x", "y"]), ("b", [])), rows_of(), rows_of(("a", ["x"]), ("b", ["y"]))]
    tally = Tally()
    passed = tally.watch(pa.RecordBatchReader.from_batches(RESPONSE, batches)).read_all()
    assert passed.equals(pa.Table.from_batches(batches))
    assert tally.rows == {"a": 2, "b": 2}
    assert tally.of("a") == [("x", 2), ("y", 1)]
    assert tally.of("b") == [("y", 1)]
    assert tally.of("c") == []


@pytest.mark.parametrize("lang", LANGS)
def test_every_code_of_a_response_has_words(lang: str) -> None:
    one = words(lang)
    assert [why for why in Why if not one.text("because", why.value, level="90%")] == []
    assert [source for source in Source if not one.text("source", source.value, "many", n="1")] == []
    assert [outlook for outlook in Outlook if not one.knows("outlook_plain", outlook.value)] == []


@pytest.mark.parametrize("lang", LANGS)
def test_every_feature_has_a_label(lang: str) -> None:
    from netlift.profiles.features import FAMILIES

    columns = [column.name for family in FAMILIES.values() for column in family.columns]
    assert [name for name in columns if not words(lang).knows("feature", name)] == []


def test_features_with_a_level_and_interests() -> None:
    assert feature_label("region=North_Sea", words("en")) == "region: North Sea"
    assert feature_label("interest=茶", words("zh")) == "对茶的兴趣"
    assert feature_label("moon_phase", words("en")) == "moon phase"


def test_columns_of_one_feature_are_one_driver() -> None:
    """The levels of a text are columns of one name; their shares add up, and no direction is claimed."""
    drivers = tuple(VOUCHER.drivers[0]._replace(feature=name, share=share)
                    for name, share in (("zip_code", 0.2), ("history", 0.3), ("zip_code", 0.25)))  # fmt: skip
    said = Reader(responses_html(replace(shop(), learned=(replace(VOUCHER, drivers=drivers),)))).words
    assert said.index("zip code") < said.index("45%") < said.index("differs by value") < said.index("history")


def test_figures_come_with_their_standard_error_and_shares_in_percent() -> None:
    numbers = {"elasticity": -1.84, "shop_elasticity": -2.0, "shop_elasticity_se": 0.25, "own_weight": 0.4}
    said = Reader(responses_html(replace(shop(), learned=(replace(MAIL, numbers=numbers),)))).words
    for text in ("price elasticity of these goods", "−1.84", "−2 (standard error 0.25)", "40%"):
        assert text in said, text


def test_a_slope_is_a_plain_number() -> None:
    value: Values = values(shop(), "en")
    assert value.slope(estimate(0.62, 0.14)) == "0.62 (0.39 to 0.85)"
    assert value.slope(estimate(math.nan, math.nan)) == ""


def test_learned_without_groups_draws_no_groups(pages: dict[str, str]) -> None:
    """An offer that everybody gets the average of has no figure of groups, and its page still says why."""
    one: Learned = replace(MAIL, groups=(), slope=None, drivers=())
    text = responses_html(replace(shop(), learned=(one,), tests=()))
    assert "Does the model know" not in Reader(text).words
    assert "that customers differ in how it moves them." in Reader(text).words
