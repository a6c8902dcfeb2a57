"""The runner of other engines' vectors: what passes, what must fail, and what it says."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from netlift.testing._benefits import SCOPES
from netlift.testing._expect import CHECKS
from netlift.testing._kinds import KINDS
from netlift.testing._policies import HOUSES
from netlift.testing.conformance import main, run, vectors_in

SHAPES = Path(__file__).parent / "data" / "shapes.json"
SHARED = Path(__file__).parents[2].parent / "shared" / "vectors" / "promotion_vectors.json"
OWN = json.loads(SHAPES.read_text("utf-8"))["vectors"]
AMOUNTS = ("discount", "total", "net", "gross", "tax", "paid", "refund", "item_total", "shipping_total", "gift_qty")

Vector = dict[str, Any]


def why(vector: Vector) -> str:
    """Why a vector fails; empty where it passes."""
    return run([vector])[0].why


def a_vector(**changes: Any) -> Vector:
    """One line of 10.00 with 10 % off, with some fields replaced."""
    vector: Vector = {
        "id": "one",
        "kind": "cart",
        "source": {"engine": "doc"},
        "cart": {"lines": [{"id": "a", "unit_price": 1000, "qty": 1}]},
        "promotions": [{"id": "P", "scope": "order", "type": "percent", "value": "10", "allocation": "across"}],
        "expect": {"discount": 100},
    }
    vector.update(changes)
    return vector


def with_promotion(**changes: Any) -> Vector:
    """The same with some fields of its promotion replaced; None takes one away."""
    vector = a_vector()
    promotion = {**vector["promotions"][0], **changes}
    vector["promotions"] = [{name: value for name, value in promotion.items() if value is not None}]
    return vector


@pytest.mark.parametrize("vector", vectors_in(SHAPES), ids=lambda vector: vector["id"])
def test_every_shape_of_the_format(vector: Vector) -> None:
    assert why(vector) == ""


@pytest.mark.skipif(not SHARED.exists(), reason="the vectors of other engines are not beside this checkout")
def test_vectors_of_other_engines() -> None:
    verdicts = run(vectors_in(SHARED))
    assert len(verdicts) == 138
    assert [verdict for verdict in verdicts if not verdict.passed] == []


@pytest.mark.parametrize("vector", OWN, ids=lambda vector: vector["id"])
def test_a_wrong_figure_fails(vector: Vector) -> None:
    changed = copy.deepcopy(vectors_in(SHAPES)[OWN.index(vector)])
    name = next((name for name in AMOUNTS if isinstance(changed["expect"].get(name), int)), None)
    if name is not None:
        changed["expect"][name] += 1
    elif "parts" in changed["expect"]:
        changed["expect"]["parts"].append(1)
    else:
        changed["expect"]["total"] = -1
    assert why(changed) != ""


@pytest.mark.parametrize("vector", OWN, ids=lambda vector: vector["id"])
def test_ids_do_not_matter(vector: Vector) -> None:
    renamed = vectors_in(SHAPES)[OWN.index(vector)]
    assert why({**renamed, "id": "another name"}) == ""


@pytest.mark.parametrize(
    ("vector", "place"),
    [
        (a_vector(colour="red"), "colour"),
        (a_vector(expect={"discount": 100, "surplus": 1}), "expect.surplus"),
        (a_vector(policy={"mood": "good"}), "policy.mood"),
        (a_vector(customer={"shoe_size": 42}), "customer.shoe_size"),
        (a_vector(cart={"lines": [], "weather": "rain"}), "cart.weather"),
        (a_vector(cart={"lines": [{"id": "a", "unit_price": 1, "qty": 1, "depth": 2}]}), "cart.lines[0].depth"),
        (a_vector(cart={"lines": [], "shipping": [{"id": "s", "price": 1, "wings": 2}]}), "cart.shipping[0].wings"),
        (with_promotion(sparkle=1), "promotions[0].sparkle"),
        (with_promotion(when={"moon_phase": 3}), "promotions[0].when.moon_phase"),
        (with_promotion(when={"all": [{"subtotal_gte": 1}, {"moon_gte": 3}]}), "promotions[0].when.all[1].moon_gte"),
        (
            with_promotion(type="tiered_percent", value={"base": "1", "tiers": [], "of": "x"}),
            "promotions[0].value.of",
        ),
    ],
)
def test_an_unknown_field_is_never_ignored(vector: Vector, place: str) -> None:
    assert why(vector).startswith("unknown field ")
    assert why(vector).endswith(place)


@pytest.mark.parametrize(
    ("vector", "text"),
    [
        (a_vector(policy={"rounding": "sideways"}), "policy.rounding"),
        (a_vector(policy={"rounding": "half_up (per moon)"}), "policy.rounding"),
        (a_vector(policy={"granularity": "galaxy"}), "policy.granularity"),
        (a_vector(policy={"remainder": "the shop"}), "policy.remainder"),
        (a_vector(policy={"stack_base": "sand"}), "policy.stack_base"),
        (a_vector(policy={"select": "prettiest"}), "policy.select"),
        (a_vector(policy={"claims": "whatever"}), "policy.claims"),
        (a_vector(policy={"objective": "max_margin"}), "policy.objective"),
        (a_vector(policy={"unit_price": "guess"}), "policy.unit_price"),
        (a_vector(policy={"prices_include_tax": "yes"}), "policy.prices_include_tax"),
        (a_vector(kind="poem"), "kind"),
        (with_promotion(scope="galaxy"), "promotions[0].scope"),
        (with_promotion(type="percentish"), "promotions[0].type"),
        (with_promotion(allocation="nowhere"), "promotions[0].allocation"),
        (
            with_promotion(type="tiered_percent", value={"base": "1", "tiers": [], "on": "luck"}),
            "promotions[0].value.on",
        ),
    ],
)
def test_an_unknown_text_is_never_ignored(vector: Vector, text: str) -> None:
    assert "unknown text" in why(vector)
    assert text in why(vector)


@pytest.mark.parametrize(
    "vector",
    [
        with_promotion(type="fixed", value=10.5),
        with_promotion(value="ten"),
        with_promotion(type="fixed", value="1.005"),
        with_promotion(type="fixed", value=-100),
        a_vector(cart=7),
        a_vector(cart={"lines": [{"id": "a", "unit_price": 1000, "qty": -1}]}),
        a_vector(cart={"lines": [{"id": "a", "unit_price": 1000, "qty": True}]}),
        a_vector(promotions={"id": "P"}),
        a_vector(promotions=[{"id": "P"}]),
        a_vector(expect=[1]),
        a_vector(kind="allocation"),
        a_vector(kind="refund"),
        with_promotion(id="P", benefits=[{"scope": "order", "type": "percent", "value": "10"}]),
    ],
)
def test_a_malformed_vector_fails_with_a_reason(vector: Vector) -> None:
    verdict = run([vector])[0]
    assert not verdict.passed
    assert verdict.why


@pytest.mark.parametrize("vector", [None, 7, [], "text", {}])
def test_what_is_no_vector_fails(vector: object) -> None:
    assert not run([vector])[0].passed


def test_two_promotions_of_one_id_fail() -> None:
    twice = a_vector()
    twice["promotions"] *= 2
    assert "not unique" in why(twice)


def test_a_number_with_a_point_is_no_money(tmp_path: Path) -> None:
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps([with_promotion(type="fixed", value=100.0)]))
    assert "minor units" in run(vectors_in(path))[0].why


def test_source_engines_differ() -> None:
    def discount(engine: str) -> Vector:
        return {
            **with_promotion(scope="items", allocation="each"),
            "source": {"engine": engine},
            "cart": {"lines": [{"id": "a", "unit_price": 105, "qty": 3}]},
        }

    expected = {"Sylius": 33, "Saleor": 32, "WooCommerce": 31, "an engine nobody knows": 32}
    found = {engine: why({**discount(engine), "expect": {"discount": off}}) for engine, off in expected.items()}
    assert set(found.values()) == {""}


def test_output_has_a_line_for_every_vector_and_a_last_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps({"vectors": [a_vector(), a_vector(id="two", expect={"discount": 99})]}))
    assert main([str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "PASS one"
    assert lines[1] == "FAIL two (discount expected 99, got 100)"
    assert lines[2].startswith("policy netlift ")
    assert lines[2].endswith(": one, two")
    assert lines[-1] == "1 passed, 1 failed"


def test_json_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps([a_vector()]))
    assert main([str(path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["passed"], answer["failed"]) == (1, 0)
    assert answer["vectors"][0]["id"] == "one"
    assert answer["vectors"][0]["why"] is None
    assert answer["vectors"][0]["policy"].startswith("netlift")


@pytest.mark.parametrize("text", [None, "no json", "{}", '{"vectors": 3}', "[" * 100_000, '{"vectors": [\udc80]}'])
def test_a_file_that_cannot_be_read(text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "vectors.json"
    if text is not None:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert main([str(path)]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "netlift.testing.conformance", str(SHAPES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"{len(OWN)} passed, 0 failed"


def test_every_default_scope_and_expectation_is_documented(repository: Path) -> None:
    page = (repository / "docs" / "reference" / "conformance.md").read_text("utf-8")
    for name, house in HOUSES.items():
        assert f"| {name} | {house.text} |" in page
    undocumented = [name for name in (*SCOPES, *CHECKS, *KINDS) if f"`{name}`" not in page]
    assert undocumented == []
