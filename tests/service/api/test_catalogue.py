"""Plans and promotions over the API: roles, problems, revisions, uploads that are no bombs."""

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from netlift.plan.artefact import keep
from netlift.service.access.keys import make_key
from netlift.service.catalog import packed
from tests.plan.examples import plan as example

TEN = {"id": "ten", "benefits": [{"effect": {"kind": "percent", "off": "10"}}]}


class As:
    """A program of a role."""

    def __init__(self, client: Client, role: str) -> None:
        self.client = client
        self.auth = {"HTTP_AUTHORIZATION": f"Bearer {make_key(role, role)[1]}"}

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}", **self.auth)

    def post(self, path: str, body: object = None, **more: Any) -> Any:
        return self.client.post(
            f"/api/v1{path}", json.dumps(body or {}), content_type="application/json", **self.auth, **more
        )

    def put(self, path: str, body: object) -> Any:
        return self.client.put(f"/api/v1{path}", json.dumps(body), content_type="application/json", **self.auth)

    def lines(self, path: str, *lines: object) -> Any:
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        return self.client.post(f"/api/v1{path}", text, content_type="application/x-ndjson", **self.auth)

    def file(self, path: str, name: str, content: bytes) -> Any:
        return self.client.post(f"/api/v1{path}", {"file": SimpleUploadedFile(name, content)}, **self.auth)


@pytest.fixture
def operator(client: Client) -> As:
    return As(client, "operator")


@pytest.fixture
def approver(client: Client) -> As:
    return As(client, "approver")


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    for folder in (settings.FOLDER.plans, settings.FOLDER.workspace, settings.FOLDER.files):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def made(clean: None) -> dict[str, str]:
    return {code: keep(example(code), settings.FOLDER.workspace / "plans").name for code in ("safest", "win_back")}


def zipped(folder: Path, **more: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed_plan:
        for one in sorted(folder.iterdir()) if folder.is_dir() else ():
            packed_plan.write(one, f"{folder.name}/{one.name}")
        for name, content in more.items():
            packed_plan.writestr(name.replace("_", "."), content)
    return file.getvalue()


def test_a_promotion_over_the_api(operator: As, approver: As) -> None:
    answer = operator.post("/promotions", {"definition": TEN}, HTTP_IDEMPOTENCY_KEY="k1")
    assert (answer.status_code, answer.json()["version"]) == (201, 1)
    again = operator.post("/promotions", {"definition": TEN}, HTTP_IDEMPOTENCY_KEY="k1")
    assert again.json() == answer.json()
    assert operator.post("/promotions/ten/1/submit", {"expected": 1}).json()["state"] == "submitted"
    refused = operator.post("/promotions/ten/1/approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert approver.post("/promotions/ten/1/approve", {"expected": 1}).json()["code"] == "changed_meanwhile"
    assert approver.post("/promotions/ten/1/approve", {"expected": 2}).json()["state"] == "approved"
    assert operator.post("/promotions/ten/1/publish").json()["state"] == "live"
    assert [one["promotion_id"] for one in operator.get("/promotions?state=live").json()["items"]] == ["ten"]
    for step, state in (("pause", "paused"), ("publish", "live"), ("end", "ended")):
        assert operator.post(f"/promotions/ten/1/{step}").json()["state"] == state
    over = operator.post("/promotions/ten/1/publish")
    assert (over.status_code, over.json()["code"]) == (409, "wrong_state")
    assert operator.get("/promotions/ten/7").status_code == 404


def test_a_wrong_definition_says_where(operator: As) -> None:
    answer = operator.post("/promotions", {"definition": {**TEN, "benefits": []}})
    assert answer.status_code == 422
    assert "benefits" in answer.json()["detail"]
    assert operator.post("/promotions", {"definition": TEN, "more": 1}).status_code == 422


def test_the_tree_over_the_api(operator: As, approver: As) -> None:
    assert operator.get("/promotions/tree").json() == {"groups": {}}
    assert operator.put("/promotions/tree", {"groups": {"mode": "best"}}).status_code == 403
    assert approver.put("/promotions/tree", {"groups": {"mode": "best"}}).json() == {"groups": {"mode": "best"}}
    assert approver.put("/promotions/tree", {"groups": {"mode": "worst"}}).status_code == 422


def test_a_plan_over_the_api(operator: As, approver: As, made: dict[str, str]) -> None:
    assert operator.get("/plans/live").status_code == 404
    offered = operator.get("/plans/made").json()
    assert [(one["code"], one["taken"]) for one in offered] == [("safest", False), ("win_back", False)]
    assert operator.post("/plans", {"folder": "../plans"}).status_code == 404
    ids = {code: operator.post("/plans", {"folder": name}).json()["plan_id"] for code, name in made.items()}
    for one in ids.values():
        operator.post(f"/plans/{one}/submit")
        assert operator.post(f"/plans/{one}/approve").status_code == 403
        assert approver.post(f"/plans/{one}/approve").status_code == 200
        assert approver.post(f"/plans/{one}/publish").json()["state"] == "live"
    live = operator.get("/plans/live").json()
    assert (live["plan_id"], len(live["parts"])) == (ids["win_back"], 3)
    compared = operator.get(f"/plans/compare?before={ids['safest']}&after={ids['win_back']}").json()
    assert (compared["same"], compared["changed"], compared["net"], compared["churn"]) == (5, 0, 0.0, 0.0)
    assert operator.post("/plans/rollback").status_code == 403
    assert approver.post("/plans/rollback").json()["plan_id"] == ids["safest"]
    assert all(one["taken"] for one in operator.get("/plans/made").json())
    assert operator.get(f"/plans/{'0' * 64}").status_code == 404
    assert operator.get("/plans/nonsense").status_code == 422


def test_an_uploaded_plan_is_the_same_plan(operator: As, made: dict[str, str]) -> None:
    folder = settings.FOLDER.workspace / "plans" / made["safest"]
    answer = operator.file("/plans/upload", "plan.zip", zipped(folder))
    assert answer.status_code == 201
    assert answer.json()["plan_id"] == operator.post("/plans", {"folder": made["safest"]}).json()["plan_id"]


@pytest.mark.parametrize("bound", ["MOST_HEAD", "MOST_ROWS", "MOST_TABLE"])
def test_a_bomb_is_refused_while_it_unfolds(
    operator: As, made: dict[str, str], bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, bound, 100)
    folder = settings.FOLDER.workspace / "plans" / made["safest"]
    answer = operator.file("/plans/upload", "plan.zip", zipped(folder))
    assert (answer.status_code, answer.json()["code"]) == (413, "unfolds_too_large")
    assert not any(settings.FOLDER.plans.glob(".upload-*"))


def test_what_is_no_plan_is_refused(operator: As, made: dict[str, str], tmp_path: Path) -> None:
    folder = settings.FOLDER.workspace / "plans" / made["safest"]
    head, rows = (folder / "plan.json").read_bytes(), (folder / "rows.parquet").read_bytes()
    for content in (
        b"", b"no zip", zipped(tmp_path), zipped(tmp_path, plan_json=head), zipped(folder)[:-200],
        zipped(tmp_path, plan_json=head, rows_parquet=b"torn"), zipped(folder, plan_json=head),
        zipped(tmp_path, plan_json=head.replace(b"safest", b"surest"), rows_parquet=rows),
    ):  # fmt: skip
        answer = operator.file("/plans/upload", "plan.zip", content)
        assert answer.status_code in {400, 422}, answer.json()
    climbing = io.BytesIO()
    with zipfile.ZipFile(climbing, "w") as file:
        file.writestr("../../plan.json", head)
        file.writestr("../../rows.parquet", rows)
    assert operator.file("/plans/upload", "plan.zip", climbing.getvalue()).status_code == 201  # names choose no path
    assert not (settings.FOLDER.root / "plan.json").exists()
