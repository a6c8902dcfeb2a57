"""Every mechanism can be decided and exported: said, or refused with a reason, never broken."""

from dataclasses import replace
from pathlib import Path

import pytest

from netlift.candidates.candidate import Scope
from netlift.decision.decider import Decider
from netlift.export.format import NEVER, Asked, export
from netlift.plan.artefact import Plan
from netlift.promotions import evaluate
from netlift.promotions.documents import loads
from netlift.promotions.mechanism import MECHANISMS, Example
from netlift.schema import PLAN
from tests.decision.test_decider import NOW
from tests.plan import examples

TRANSLATED = {"amount_off", "cheap_shipping", "coupon_code", "joint_promotion", "spend_threshold"}
"""Mechanisms of which Shopify can say an example; the others are refused."""


def planned(kind: str, example: Example, scope: Scope) -> Plan:
    """The example as the only offer of a plan, which c1 gets and c2 does not, or everybody."""
    made = examples.plan()
    candidate = examples.candidate(f"{kind}-1", kind, example.form, scope=scope)
    part = replace(made.head.parts[0], candidate=candidate)
    personal = scope is Scope.PERSONAL
    rows = examples.rows([("c1", f"{kind}-1", "treatment", 0.5), ("c2", f"{kind}-1", "control", 0.5)])
    parts, public = ((part,), ()) if personal else ((), (part,))
    head = replace(made.head, currency=example.cart.currency, parts=parts, public=public)
    return Plan(head, rows if personal else PLAN.empty_table())


@pytest.mark.parametrize("kind", MECHANISMS)
@pytest.mark.parametrize("scope", [Scope.PERSONAL, Scope.SITE])
def test_a_basket_costs_what_the_engine_says(kind: str, scope: Scope) -> None:
    for example in MECHANISMS[kind].examples:
        plan = planned(kind, example, scope)
        facts = replace(example.facts, now=None, customer=None)
        found = Decider(plan).decide("c1", example.cart, now=NOW, facts=facts)
        given = facts.tokens | ({one.id for one in promotions(plan)} if scope is Scope.PERSONAL else set())
        known = replace(facts, now=NOW, customer="c1", tokens=given)
        assert found.quote == evaluate(example.cart, known, promotions(plan))
        held = Decider(plan).decide("c2", example.cart, now=NOW, facts=facts)
        if scope is Scope.PERSONAL:
            assert held.quote == evaluate(example.cart, replace(known, customer="c2"), [])


def promotions(plan: Plan):
    (part,) = (*plan.head.parts, *plan.head.public)
    return part.candidate.promotions


@pytest.mark.parametrize("kind", MECHANISMS)
def test_the_json_is_read_back(kind: str, tmp_path: Path) -> None:
    for number, example in enumerate(MECHANISMS[kind].examples):
        plan = planned(kind, example, Scope.PERSONAL)
        found = export(plan, "json", tmp_path / str(number))
        read = loads((found.folder / "promotions.json").read_bytes()).promotions
        written = [] if found.refused else [one.id for one in promotions(plan)]
        assert [one.id for one in read] == written
        assert all(one.trigger.kind != "auto" for one in read)
        assert [one.why for one in found.refused] == [NEVER] * (kind == "flash_sale")  # its dates are not the plan's


def test_shopify_says_or_refuses_every_mechanism(tmp_path: Path) -> None:
    said = set()
    for kind in MECHANISMS:
        for number, example in enumerate(MECHANISMS[kind].examples):
            plan = planned(kind, example, Scope.SITE)
            found = export(plan, "shopify", tmp_path / f"{kind}-{number}", Asked(key=b"k" * 32))
            inputs = list(found.folder.glob("*.jsonl"))
            assert bool(inputs) != bool(found.refused), kind
            assert all(one.why for one in found.refused)
            if inputs:
                said.add(kind)
    assert said == TRANSLATED
