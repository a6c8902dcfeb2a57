"""The page about lists: what is served, what was measured, and a job that is asked for."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from netlift.service.decisions.shelf import folder, settle, shelf
from netlift.service.runs.models import Job
from netlift.service.runs.shelf.files import HEAD
from tests.service.console.shop import person, signed_in
from tests.service.decisions.shelves import learned

pytestmark = pytest.mark.usefixtures("store", "own")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A service's folder of this test's own."""
    monkeypatch.setattr(settings, "FOLDER", replace(settings.FOLDER, root=tmp_path))
    yield
    settle()


def test_the_page_tells_what_is_served_and_what_was_measured() -> None:
    reverse("admin:index")  # which finds all pages
    address = reverse("admin:console_lists")
    english, chinese = (signed_in(person(lang, "analyst"), lang) for lang in ("en", "zh-hans"))
    assert "Nothing was learned yet." in english.get(address).content.decode()
    told = learned(settings.FOLDER.workspace, ("popular", "item_knn"))
    found = english.get(address).content.decode()
    assert reverse("admin:console_ask", args=("recommend",)) in found
    for figure in (told["evaluation"]["models"][0]["test"]["ndcg"], told["evaluation"]["models"][0]["validation_ndcg"]):
        assert f"{figure:.3f}" in found
    assert found.count("✓ chosen") == 1
    assert "有推荐列表的顾客" in chinese.get(address).content.decode()
    viewer = signed_in(person("viewer", "viewer")).get(address).content.decode()
    assert reverse("admin:console_ask", args=("recommend",)) not in viewer
    (folder() / HEAD).write_text("{", "utf-8")
    shelf()
    settle()
    assert "80" in english.get(address).content.decode()  # the last good one goes on


def test_a_job_is_asked_for_with_its_form() -> None:
    reverse("admin:index")
    ann = signed_in(person("ann", "analyst"))
    address = reverse("admin:console_ask", args=("recommend",))
    assert ann.get(address).status_code == 200
    told = ann.post(address, {"ask.bought": "allow", "ask.diversity": "20", "ask.explore": "60"})
    assert told.status_code == 200  # beyond what the kind takes
    assert not Job.objects.exists()
    told = ann.post(address, {"ask.bought": "allow", "ask.diversity": "20", "ask.explore": "5"})
    assert told.status_code == 302, told.content.decode()
    assert Job.objects.get().arguments == {"bought": "allow", "diversity": 0.2, "explore": 0.05}
