"""Offers on goods: by what they earn beyond what would be bought anyway."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from netlift.errors import ConfigError, DataError
from netlift.recommend.interactions import Interactions
from netlift.recommend.offers import anyway, recommend_offers
from netlift.schema import RECOMMENDATIONS, RESPONSE
from tests.recommend.test_interactions import events


def goods(*rows: tuple[str, str]) -> pa.Table:
    ranked = [(who, place + 1, what, 1.0, "popular", ["popular"]) for place, (who, what) in enumerate(rows)]
    return pa.table(list(zip(*ranked, strict=True)) or [[]] * 6, schema=RECOMMENDATIONS)


def response(*rows: tuple[str, str, float, float, float | None]) -> pa.Table:
    found = [
        {"customer_id": who, "offer_id": offer, "incremental_margin": margin, "expected_cost": cost,
         "net_margin": margin - cost, "se": 1.0, "liability": 1.0, "p_buy": buy, "grade": "randomized",
         "model_id": "m", "reasons": []}
        for who, offer, margin, cost, buy in rows
    ]  # fmt: skip
    return pa.Table.from_pylist(found, schema=RESPONSE)


def again(*rows: tuple[str, str, float]) -> pa.Table:
    who, what, chance = zip(*rows, strict=True)
    return pa.table({"customer_id": who, "product_id": what, "probability": chance})


GOODS = goods(("ann", "tea"), ("ann", "cup"), ("ann", "pot"), ("bob", "tea"))


def shown(table: pa.Table) -> list[tuple[str, int, str, str]]:
    return [(row["customer_id"], row["rank"], row["product_id"], row["offer_id"]) for row in table.to_pylist()]


def test_the_offer_goes_to_what_would_not_be_bought_anyway() -> None:
    """Ann buys tea nine times of ten: an offer on it changes little, and costs the more."""
    table = recommend_offers(GOODS, response(("ann", "ten", 300, 100, 0.6)), again(("ann", "tea", 0.9)))
    assert shown(table) == [("ann", 1, "cup", "ten"), ("ann", 2, "pot", "ten")]
    # mean of p: .3; u = (.6 - .3) / .7; margins (1 - p) / .7, costs (p + (1 - p) u) / .6
    one, u = table.to_pylist()[0], 0.3 / 0.7
    assert one["incremental_margin"] == pytest.approx(300 / 0.7)
    assert one["expected_cost"] == pytest.approx(100 * u / 0.6)
    assert one["net_margin"] == pytest.approx(one["incremental_margin"] - one["expected_cost"])
    assert (one["would_buy_anyway"], one["grade"], one["reasons"]) == (0.0, "randomized", ["popular", "earns_most"])


@pytest.mark.parametrize("buy", [None, 0.1, 0.6, 1.0])
def test_over_the_goods_it_adds_up_to_the_response(buy: float | None) -> None:
    rng = np.random.default_rng(2)
    many = goods(*(("ann", f"p{place:02}") for place in range(20)))
    own = again(*(("ann", f"p{place:02}", chance) for place, chance in enumerate(rng.uniform(0, 0.5, 20).tolist())))
    rows = recommend_offers(many, response(("ann", "ten", 5000, 40, buy)), own, n=20).to_pylist()
    assert len(rows) == 20
    assert np.mean([row["incremental_margin"] for row in rows]) == pytest.approx(5000)
    assert np.mean([row["expected_cost"] for row in rows]) == pytest.approx(40)
    order = [row["would_buy_anyway"] for row in rows]
    assert order == sorted(order)


def test_a_product_gets_its_best_offer_and_a_loss_is_no_offer() -> None:
    told = response(
        ("ann", "five", 50, 10, 0.5), ("ann", "ten", 90, 20, 0.5), ("ann", "mug", 500, 10, 0.5),
        ("bob", "five", 10, 30, 0.5), ("cat", "five", 10, 0, 0.5),
    )  # fmt: skip
    covers = {"mug": {"cup", "unheard"}, "never asked": {"tea"}}
    assert shown(recommend_offers(GOODS, told, covers=covers)) == [
        ("ann", 1, "cup", "mug"), ("ann", 2, "pot", "ten"), ("ann", 3, "tea", "ten"),
    ]  # fmt: skip
    assert shown(recommend_offers(GOODS, told, covers=covers, n=1)) == [("ann", 1, "cup", "mug")]
    assert recommend_offers(GOODS, told, covers=dict.fromkeys(("five", "ten", "mug"), ())).num_rows == 0


def test_who_buys_everything_anyway_keeps_the_response() -> None:
    sure = again(*(("ann", name, 1.0) for name in ("tea", "cup", "pot")))
    rows = recommend_offers(GOODS, response(("ann", "ten", 300, 100, 1.0)), sure).to_pylist()
    assert {(row["incremental_margin"], row["expected_cost"]) for row in rows} == {(300, 100)}


def test_nothing_to_go_by_is_an_empty_list() -> None:
    told = response(("ann", "ten", 300, 100, None))
    assert recommend_offers(goods(), told).num_rows == 0
    assert recommend_offers(GOODS, response()).num_rows == 0
    assert recommend_offers(GOODS, told, anyway(Interactions.of(events()), 30)).num_rows == 3
    with pytest.raises(ConfigError, match="n = 0"):
        recommend_offers(GOODS, told, n=0)
    with pytest.raises(DataError, match="must lie in 0 to 1"):
        recommend_offers(GOODS, told, again(("ann", "tea", 1.2)))
    with pytest.raises(DataError, match="twice"):
        recommend_offers(GOODS, told, again(("ann", "tea", 0.2), ("ann", "tea", 0.2)))


def test_chances_of_buying_again_hold_in_a_shop_of_steady_paces() -> None:
    """Paces are drawn per customer from a gamma distribution; 120 days are seen, the next 14 are forecast."""
    rng = np.random.default_rng(7)
    pace = rng.gamma(0.5, 0.06, (3000, 2))
    first = datetime(2026, 1, 1, 12, tzinfo=UTC)
    rows = [
        (f"c{who:04}", f"p{what}", first + timedelta(days=int(day)))
        for (who, what), own in np.ndenumerate(pace)
        for day in np.flatnonzero(rng.random(120) < 1 - np.exp(-own))
    ]
    who, what, at = zip(*rows, strict=True)
    seen = Interactions.of(
        pa.table({"customer_id": who, "product_id": what, "at": pa.array(at, pa.timestamp("us", tz="UTC"))})
    )
    told = anyway(seen, 14)
    assert told.num_rows == len(set(zip(who, what, strict=True)))
    truth = 1 - np.exp(-14 * pace)
    real = np.array([truth[int(row["customer_id"][1:]), int(row["product_id"][1:])] for row in told.to_pylist()])
    chance = told["probability"].to_numpy()
    assert abs(chance.mean() - real.mean()) < 0.03
    for part in np.array_split(np.argsort(chance, kind="stable"), 5):
        assert abs(chance[part].mean() - real[part].mean()) < 0.06
    with pytest.raises(ConfigError, match="above 0 days"):
        anyway(seen, 0)
