"""Lists through the Python client, over a socket."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from netlift.client import Client, NotFoundError
from netlift.service.decisions.shelf import settle
from tests.service.api.test_client import admin, shop, url  # noqa: F401  fixtures
from tests.service.decisions.shelves import customer, goods_of, learned

ANN = customer(0)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    learned(folder)
    return folder


@pytest.fixture(autouse=True)
def folder(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service's folder of its own, with its secrets and a shelf."""
    secrets = settings.FOLDER.root / "secrets.json"
    monkeypatch.setattr(settings, "FOLDER", replace(settings.FOLDER, root=tmp_path))
    shutil.copy(secrets, tmp_path)
    shutil.copytree(template, settings.FOLDER.workspace)


def test_goods_and_what_is_said_of_them(shop: Client) -> None:  # noqa: F811
    guest = shop.recommend(n=3, cart=["tea1"])
    assert (guest.items[0].product_id, guest.items[0].reasons, guest.list_id) == ("cup", ("goes_with:tea1",), None)
    for purpose in ("personalisation", "measurement"):
        shop.set_consent(ANN, purpose, True)
    found = shop.recommend(ANN, 4, exclude=["tea0"], request_id="r1", placement="home")
    assert found == shop.recommend(ANN, 4, exclude=["tea0"], request_id="r1", placement="home")
    listed = [one.product_id for one in found.items]
    assert len(listed) == 4
    assert not {*listed} & {*goods_of(0), "tea0"}
    assert found.list_id is not None
    answers: list[dict[str, Any]] = [
        {"kind": "click", "product_id": listed[0]},
        {"kind": "rating", "product_id": listed[1], "value": 5},
    ]
    assert shop.feedback(found.list_id, ANN, answers).accepted == 2
    assert shop.feedback(found.list_id, ANN, answers).repeated == 2
    with pytest.raises(NotFoundError):
        shop.feedback(found.list_id, "somebody else", answers)
    belongs = shop.related("tea1", 2, exclude=["tea4"])
    assert [one.product_id for one in belongs.goes_with] == ["cup"]
    assert len(belongs.similar) == 2


def test_an_erased_person_has_no_list_any_more(shop: Client, admin: Client) -> None:  # noqa: F811
    for purpose in ("personalisation", "measurement"):
        shop.set_consent(ANN, purpose, True)
    shop.recommend(ANN, 2)
    assert len(admin.export_person(ANN)["held_by"]["lists"]["shown"]) == 1
    assert admin.erase_person(ANN).counts["lists"] == 2
    shop.recommend(ANN)
    settle()
    shop.set_consent(ANN, "personalisation", True)
    assert shop.recommend(ANN, 2).items[0].reasons[0] == "new_customer"
