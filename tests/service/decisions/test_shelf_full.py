"""A list is as long as there are goods that may stand on it; whoever asks at once has one answer."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from netlift.service.decisions import shelf_choice, shelf_serve, shelf_shown
from netlift.service.decisions.keep import request
from netlift.service.decisions.shelf import Shelf, settle
from netlift.service.decisions.shelf_choice import Asked, choose
from netlift.service.decisions.shelf_models import ShownList
from netlift.service.decisions.shelf_serve import Question
from netlift.service.decisions.shelf_shown import Answered
from netlift.service.privacy.pseudonyms import pseudonym
from netlift.service.runs.shelf import files
from netlift.service.runs.shelf.files import Manners
from netlift.service.shop.products import Told, keep_products
from netlift.service.shop.stock import Count, count
from tests.service.decisions.shelves import CATALOGUE, customer, goods_of, learned
from tests.service.decisions.shop import consents

NEW = [f"new{number}" for number in range(6)]
KINDS = ("tea", "coffee", "cup", "other")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("shop")
    learned(folder)
    return Shelf(files.place_of(folder))


def some(rng: np.random.Generator, names: list[str], most: int) -> list[str]:
    return rng.permutation(names)[: rng.integers(0, most + 1)].tolist()


def served(shelf: Shelf, manners: Manners) -> Shelf:
    """The same one with other manners."""
    made: Shelf = Shelf.__new__(Shelf)
    made.__dict__.update(shelf.__dict__, head=replace(shelf.head, manners=manners))
    return made


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("seed", range(4))
def test_a_list_is_full_and_holds_only_what_may_stand_on_it(
    shelf: Shelf, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf_choice, "ENOUGH", (1_000, 10)[seed % 2])
    rng, whole = np.random.default_rng(seed), [*CATALOGUE, *NEW]
    kind = dict(zip(sorted(CATALOGUE), shelf.said("category", np.arange(len(shelf), dtype=np.int32)), strict=True))
    told = {name: str(rng.choice(KINDS)) for name in [*some(rng, CATALOGUE, 8), *NEW]}
    sold = {name: bool(rng.random() > 0.3) for name in told}
    keep_products([Told(name, "EUR", 500, category=told[name], active=sold[name]) for name in told])
    gone = set(some(rng, whole, 12))
    count([Count(name, 0, timezone.now()) for name in gone])
    there = {
        name for name in whole if name not in gone and (name in CATALOGUE or name in told) and sold.get(name, True)
    }
    for _ in range(40):
        who = int(rng.integers(0, 20))
        bought = str(rng.choice(["allow", "exclude", "only"]))
        manners = Manners(bought, float(rng.choice([0, 0.5])), int(rng.integers(0, 3)), 0.3, 0.5)
        asked = Asked(
            int(rng.integers(1, 30)), shelf.personal(pseudonym(customer(who))), cart=tuple(some(rng, whole, 3)),
            context=tuple(some(rng, whole, 3)), hidden=frozenset(some(rng, whole, 5)),
            bought=frozenset(some(rng, whole, 4)), category=str(rng.choice(["", *KINDS])),
            spare=int(rng.integers(0, 5)),
        )  # fmt: skip
        had = set(goods_of(who)) | asked.bought
        may = there - asked.hidden - set(asked.cart) - set(asked.context)
        may = may if bought == "allow" else may - had if bought == "exclude" else may & had
        may = {name for name in may if not asked.category or told.get(name, kind.get(name)) == asked.category}
        found = [one.product_id for one in choose(served(shelf, manners), asked)]
        assert len(set(found)) == len(found)
        assert set(found) <= may
        assert len(found) >= min(asked.n, len(may))
        assert len(found) <= asked.n + asked.spare


@pytest.mark.usefixtures("committed")
def test_whoever_asks_and_answers_at_once_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "FOLDER", replace(settings.FOLDER, root=tmp_path))
    learned(settings.FOLDER.workspace, explore=0.5)
    ann = customer(0)
    consents(ann, "personalisation", "measurement")

    def ask(number: int) -> dict[str, Any]:
        try:
            asked = request("till", "recommend", f"r{number % 4}", "the same")
            found: dict[str, Any] = json.loads(shelf_serve.recommend(asked, Question(pseudonym(ann), 3)).body)
            return found
        finally:
            connections.close_all()

    def answer(_: int) -> int:
        try:
            said = [Answered("satisfaction", "", 4.0), Answered("click", shown[0]["items"][0]["product_id"])]
            return shelf_shown.hear(shown[0]["list_id"], ann, said).accepted
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        shown = list(pool.map(ask, range(24)))
        ids = {one["list_id"] for one in shown}
        assert len(ids) == 4
        assert ids == set(ShownList.objects.values_list("list_id", flat=True))
        assert sum(pool.map(answer, range(12))) == 4
    settle()
