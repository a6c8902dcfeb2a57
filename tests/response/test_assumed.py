"""Declared offers: the file, its errors with their places, and the money that follows from beliefs."""

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from netlift.errors import ConfigError
from netlift.history.shop import day_number
from netlift.response.assumed import assumed_responses
from netlift.response.assumed_file import Believed, Declared, parse_assumptions, read_assumptions
from netlift.response.declared import declared_responses
from netlift.response.demand import demand
from netlift.response.results import Source, Why
from netlift.schema import RESPONSE
from netlift.types import Grade
from tests.evaluation.tiny import day
from tests.response.test_prices import shop

LAST = day_number(day(180))
BELIEF = {"low": 0.01, "likely": 0.02, "high": 0.06}


def declared(**fields: object) -> tuple[Declared, ...]:
    return parse_assumptions({"offer": [{"id": "mail", **fields}]})


def test_a_file_is_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "offers.toml"
    path.write_text(
        '[[offer]]\nid = "mail-10"\nname = "Ten off"\nmechanism = "code"\ndepth = 0.1\nface_minor = 500\n'
        'contact_cost_minor = 20\ncategories = ["coffee"]\nproducts = ["p1"]\ndays = 7\nuses = 0\n'
        "extra_orders = { low = 0.01, likely = 0.02, high = 0.06 }\nredemption = 0.3\n"
        '[[offer]]\nid = "cut"\ndepth = 0.2\nnoticed = 1\n',
        "utf-8",
    )
    first, second = read_assumptions(path)
    offer = first.planned.offer
    assert (offer.offer_id, offer.name, offer.mechanism, offer.depth) == ("mail-10", "Ten off", "code", 0.1)
    assert (offer.face_minor, offer.contact_cost_minor, offer.products, offer.uses) == (500, 20, ("p1",), 0)
    assert (first.planned.categories, first.planned.days) == (("coffee",), 7)
    assert first.orders == Believed(0.01, 0.02, 0.06)
    assert first.redemption == Believed(0.3, 0.3, 0.3)
    assert first.assumed
    assert not second.assumed
    assert (second.planned.days, second.planned.offer.uses, second.planned.offer.name) == (14, 1, "cut")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"no offer is declared"),
        ("offer = 3", r"no offer is declared"),
        ("[[offers]]\nid = 1", r"unknown setting 'offers'"),
        ('[[offer]]\nname = "x"\ndepth = 0.1', r"offer 1: it has no id"),
        ('[[offer]]\nid = "a"\ndept = 0.1', r"offer 1 \(a\): unknown field 'dept'; did you mean 'depth'\?"),
        ('[[offer]]\nid = "a"\nzzz = 0.1', r"unknown field 'zzz'; known: id, name"),
        ('[[offer]]\nid = "a"\ndepth = 10', r"depth is a share above 0 and below 1 \(0.1 for 10 %\), got 10"),
        ('[[offer]]\nid = "a"\ndepth = true', r"depth is a share"),
        ('[[offer]]\nid = "a"\ndepth = 0.1\ndays = 0', r"days is a whole number at least 1, got 0"),
        (
            '[[offer]]\nid = "a"\nface_minor = 4.5',
            r"face_minor is a whole number of minor units \(cents\), at least 1, got 4.5",
        ),
        ('[[offer]]\nid = "a"\nface_minor = 500', r"prices can only tell what a plain depth changes"),
        ('[[offer]]\nid = "a"\ndepth = 0.1\nredemption = 0.2', r"redemption needs extra_orders"),
        ('[[offer]]\nid = "a"\nextra_orders = "many"', r"extra_orders holds numbers, got"),
        ('[[offer]]\nid = "a"\nextra_orders = nan', r"extra_orders holds numbers"),
        ('[[offer]]\nid = "a"\nextra_orders = { low = 0.1 }', r"extra_orders is a number or { low = .., likely"),
        ('[[offer]]\nid = "a"\nextra_orders = { low = 3, likely = 2, high = 4 }', r"low <= likely <= high"),
        ('[[offer]]\nid = "a"\nextra_orders = 0.1\norder_uplift = 0.1', r"say the same thing: keep one"),
        ('[[offer]]\nid = "a"\nextra_orders = 0.2\nredemption = 0.1', r"0.2 extra orders per customer, but only 0.1"),
        ('[[offer]]\nid = "a"\nextra_orders = 0.2\nredemption = 1.5', r"it can be used 1 times"),
        ('[[offer]]\nid = "a"\ndepth = 0.1\nproducts = "p"', r'products is a list of texts, such as \["a", "b"\]'),
        ('[[offer]]\nid = "a"\ndepth = 0.1\n[[offer]]\nid = "a"\ndepth = 0.2', r"offer id 'a' is used 2 times"),
        ('[[offer]]\nid = "a"\ndepth = 0.1\nnoticed = 1.5', r"noticed is a share above 0"),
        ('[[offer]]\nid = "a"\nextra_orders = 0.1\nnoticed = 0.5', r"extra orders and uses say it already"),
        ("[[offer]", r"are not TOML: .*line 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        read_assumptions(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml cannot be opened: No such file"):
        read_assumptions(tmp_path / "none.toml")


def test_a_triangle_has_its_mean_and_spread() -> None:
    """Against a million draws of the distribution."""
    belief, draws = Believed(0.01, 0.02, 0.06), np.random.default_rng(0).triangular(0.01, 0.02, 0.06, 1_000_000)
    assert belief.mean == pytest.approx(draws.mean(), rel=0.01)
    assert belief.se == pytest.approx(draws.std(), rel=0.01)
    assert Believed(0.3, 0.3, 0.3).se == 0


def test_the_money_of_a_belief_by_hand() -> None:
    """.03 extra orders at the own margin; .3 uses of 10 % off the own basket, 20 for the letter."""
    (answer,) = assumed_responses(
        shop(), declared(depth=0.1, contact_cost_minor=20, extra_orders=BELIEF, redemption=0.3), as_of=LAST
    )
    rates = demand(shop(), LAST)
    (people,) = rates.chunks()
    basket, spread = rates.own_basket(people)
    ann = answer.batches().__next__().to_pylist()[0]
    rate = rates.basket_margin / rates.basket
    assert rate == pytest.approx((18 * 400 + 9 * 1400 + 400) / (18 * 1000 + 9 * 2000 + 1000))
    assert ann["incremental_margin"] == pytest.approx(0.03 * basket[0] * rate, abs=1e-3)
    assert ann["expected_cost"] == pytest.approx(0.3 * 0.1 * basket[0] + 20, abs=1e-3)
    belief = Believed(0.01, 0.02, 0.06)
    assert ann["se"] == pytest.approx(math.hypot(belief.se * basket[0] * rate, 0.03 * spread[0] * rate), rel=1e-6)


def test_without_a_redemption_everybody_who_buys_uses_it() -> None:
    """Ann, who buys nearly every week, costs more than Bob, who came once; the subsidy is in the cost."""
    (answer,) = assumed_responses(shop(), declared(face_minor=300, order_uplift=0.1), as_of=LAST)
    ann, bob = next(answer.batches()).to_pylist()
    assert ann["expected_cost"] > 3 * bob["expected_cost"] > 0
    assert ann["incremental_margin"] > 3 * bob["incremental_margin"] > 0
    assert Why.LIKELY_TO_BUY_ANYWAY in ann["reasons"]
    assert Why.LIKELY_TO_BUY_ANYWAY not in bob["reasons"]
    assert ann["liability"] >= 300


def test_a_discount_is_never_more_than_the_goods() -> None:
    """A face value of 1,000.00 takes no more off than a basket costs; a depth with a face stops at the face."""
    (huge,) = assumed_responses(shop(), declared(face_minor=100_000, extra_orders=0.5, redemption=1), as_of=LAST)
    rates = demand(shop(), LAST)
    basket, _ = rates.own_basket(next(rates.chunks()))
    assert next(huge.batches()).to_pylist()[0]["expected_cost"] == pytest.approx(basket[0], abs=1e-3)
    (capped,) = assumed_responses(
        shop(), declared(depth=0.5, face_minor=100, extra_orders=0.5, redemption=1), as_of=LAST
    )
    row = next(capped.batches()).to_pylist()[0]
    assert (row["expected_cost"], row["liability"]) == (100, 100)


def test_rows_and_averages_agree_and_are_graded_assumed() -> None:
    (answer,) = assumed_responses(shop(), declared(depth=0.1, extra_orders=BELIEF), as_of=LAST)
    table = pa.Table.from_batches(answer.batches())
    assert table.schema.equals(RESPONSE)
    rows = table.to_pylist()
    assert answer.learned.net.estimate == pytest.approx(np.mean([row["net_margin"] for row in rows]))
    assert answer.learned.margin.estimate - answer.learned.cost.estimate == pytest.approx(answer.learned.net.estimate)
    assert (answer.learned.source, answer.learned.grade) == (Source.ASSUMED, Grade.ASSUMED)
    assert {row["grade"] for row in rows} == {"assumed"}
    assert all(row["reasons"][0] == Why.ASSUMED and len(row["reasons"]) <= 4 for row in rows)
    # the belief is everybody's, so it does not average out over customers
    assert answer.learned.net.se > 0.5 * np.mean([row["se"] for row in rows])


def test_every_belief_needs_goods_that_exist() -> None:
    with pytest.raises(ConfigError, match="nothing of toys was sold"):
        assumed_responses(shop(), declared(depth=0.1, categories=["toys"], extra_orders=0.1), as_of=LAST)
    with pytest.raises(ConfigError, match="neither extra_orders nor order_uplift"):
        assumed_responses(shop(), declared(depth=0.1), as_of=LAST)


def test_offers_without_beliefs_go_to_prices_and_what_cannot_be_told_is_said() -> None:
    """Prices of the made-up shop never moved: the believed offer is answered, the other one is unknown."""
    offers = parse_assumptions({"offer": [{"id": "a", "depth": 0.1}, {"id": "b", "depth": 0.1, "extra_orders": 0.1}]})
    answers, unknown = declared_responses(shop(), offers, as_of=LAST)
    assert [answer.learned.offer.offer_id for answer in answers] == ["b"]
    assert [one.offer.offer_id for one in unknown] == ["a"]
    assert "prices" in unknown[0].detail
