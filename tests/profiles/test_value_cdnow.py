"""The published fits to CDNOW's customers, from their orders, and what the models foretold of the next 39 weeks."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from netlift.profiles.value.bg_nbd import BGNBD
from netlift.profiles.value.clv import total_purchases
from netlift.profiles.value.gamma_gamma import GammaGamma
from netlift.profiles.value.histories import Histories, purchase_histories
from netlift.profiles.value.model import PurchaseModel
from netlift.profiles.value.pareto_nbd import ParetoNBD

from .value_worlds import CALIBRATED, END, cdnow, cdnow_orders


@pytest.fixture(scope="module")
def customers() -> Histories:
    return cdnow()


def test_bg_nbd_is_the_published_fit(customers: Histories) -> None:
    """Fader, Hardie & Lee 2005, table 2; the log-likelihood to its second decimal place but for their rounded weeks."""
    model = BGNBD().fit(customers)
    assert list(model.parameters_.values()) == pytest.approx([0.2426, 4.4136, 0.793, 2.426], rel=1e-3)
    assert model.log_likelihood_ == pytest.approx(-9582.43, abs=0.005)
    assert model.n_customers_ == 2357


def test_pareto_nbd_is_the_published_fit(customers: Histories) -> None:
    """Fader, Hardie & Lee 2005, table 2 (log-likelihood -9595.0)."""
    model = ParetoNBD().fit(customers)
    assert list(model.parameters_.values()) == pytest.approx([0.5533, 10.578, 0.6062, 11.668], rel=1e-3)
    assert model.log_likelihood_ == pytest.approx(-9595.0, abs=0.05)


def test_gamma_gamma_is_the_published_fit(customers: Histories) -> None:
    """Fader & Hardie 2013: p 6.25, q 3.74, gamma 15.44 dollars, from 946 customers; mean spend 35 dollars."""
    model = GammaGamma().fit(customers)
    p, q, v = model.parameters_.values()
    assert (p, q, v / 100) == pytest.approx((6.25, 3.745, 15.45), rel=1e-3)
    assert model.n_customers_ == 946
    assert model.correlation_ == pytest.approx(0.114, abs=5e-4)  # lifetimes' documentation: 0.1139
    assert p * v / (q - 1) / 100 == pytest.approx(35.2, abs=0.1)


def test_the_expected_purchases_are_those_of_the_published_spreadsheet(customers: Histories) -> None:
    """Fader, Hardie & Lee 2005b (BG/NBD in Excel): the first customer, two purchases until week 30.43, buys 1.226."""
    first = Histories(np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert BGNBD().fit(customers).expected_purchases(first, 39)[0] == pytest.approx(1.226, abs=5e-4)


def test_the_orders_give_the_published_summary(repository: Path) -> None:
    published = repository.parent / "shared" / "data" / "cdnow" / "cdnow_customers_summary.csv"
    if not published.is_file():
        pytest.skip("the summary published with CDNOW's data is not there")
    rows = list(csv.DictReader(published.read_text(encoding="utf-8").splitlines()))
    found = purchase_histories(cdnow_orders(), CALIBRATED).to_pylist()
    assert len(found) == len(rows)
    for row, one in zip(rows, sorted(found, key=lambda one: int(one["customer_id"])), strict=True):
        assert one["frequency"] == int(row["frequency"])
        assert (one["recency"], one["age"]) == pytest.approx((float(row["recency"]), float(row["T"])), abs=0.0051)


@pytest.mark.parametrize("model", [BGNBD, ParetoNBD])
def test_the_next_39_weeks_come_out_near_what_was_foretold(
    customers: Histories, model: type[PurchaseModel], capsys: pytest.CaptureFixture[str]
) -> None:
    """Weeks 40 to 78: the repeat purchases of all 78 weeks are foretold to 6 %; the past rate misses by far more.

    The customers really bought less evenly than any of these models has it, so the interval need not hold the actual
    number, and for BG/NBD it does not.
    """
    actual = purchases(purchase_histories(cdnow_orders(), END)) - purchases(
        purchase_histories(cdnow_orders(), CALIBRATED)
    )
    fitted = model().fit(customers)
    total = total_purchases(fitted, customers, 39, rng=np.random.default_rng(1), draws=39)
    naive = customers.frequency.sum() / customers.age.sum() * 39 * len(customers)
    with capsys.disabled():
        print(
            f"\n{model.__name__}, CDNOW weeks 40-78: foretold {total.estimate:.0f} "
            f"({total.lower:.0f} to {total.upper:.0f}), actual {actual}, at the past rate {naive:.0f}"
        )
    assert actual == 1882  # purchase days after 1997-09-30, counted from the file
    before = customers.frequency.sum()
    assert before + total.estimate == pytest.approx(before + actual, rel=0.06)
    assert abs(total.estimate - actual) < abs(naive - actual) / 2


def purchases(histories: pa.Table) -> int:
    """Days with a purchase, the first included."""
    return sum(histories["frequency"].to_pylist()) + histories.num_rows
