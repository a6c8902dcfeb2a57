"""Jobs over the API: files in, work asked for, watched, cancelled, and what it wrote."""

import shutil
from collections.abc import Iterator
from threading import Event

import pytest
from django.conf import settings
from django.test import Client

from netlift.service.runs import child, inbox, queue
from tests.service.api.test_catalogue import As


@pytest.fixture
def operator(client: Client) -> As:
    return As(client, "operator")


@pytest.fixture
def viewer(client: Client) -> As:
    return As(client, "viewer")


@pytest.fixture
def analyst(client: Client) -> As:
    return As(client, "analyst")


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    for folder in (settings.FOLDER.files, settings.FOLDER.workspace):
        shutil.rmtree(folder, ignore_errors=True)


def test_who_may_ask_for_what(operator: As, analyst: As, viewer: As) -> None:
    asked = {"kind": "audit", "arguments": {"seed": 3}, "key": "march"}
    assert viewer.post("/jobs", asked).status_code == 403
    job = analyst.post("/jobs", asked).json()
    assert (job["state"], job["arguments"]) == ("queued", {"seed": 3})
    assert analyst.post("/jobs", asked).json()["job_id"] == job["job_id"]
    assert analyst.post("/jobs", {**asked, "arguments": {}}).json()["code"] == "key_reused"
    assert analyst.post("/jobs", {"kind": "ingest", "arguments": {"names": ["a.csv"]}}).status_code == 403
    assert operator.post("/jobs", {"kind": "ingest", "arguments": {"names": ["a.csv"]}}).status_code == 201
    assert operator.post("/jobs", {"kind": "audit", "arguments": {"level": 7}}).json()["code"] == "wrong_arguments"
    assert operator.post("/jobs", {"kind": "rm"}).status_code == 422
    assert [one["kind"] for one in viewer.get("/jobs").json()["items"]] == ["audit", "ingest"]
    assert [one["kind"] for one in viewer.get("/jobs?kind=ingest&state=queued").json()["items"]] == ["ingest"]
    assert viewer.post(f"/jobs/{job['job_id']}/cancel").status_code == 403
    assert analyst.post(f"/jobs/{job['job_id']}/cancel").json()["state"] == "cancelled"
    assert analyst.post(f"/jobs/{job['job_id']}/cancel").json()["code"] == "job_over"
    assert viewer.get("/jobs/job_none").status_code == 404


def test_files_wait_under_plain_names(operator: As, viewer: As, monkeypatch: pytest.MonkeyPatch) -> None:
    assert viewer.get("/jobs/files").json() == []
    answer = operator.file("/jobs/files", "orders 2026.csv", b"a,b\n")
    assert (answer.status_code, answer.json()["name"], answer.json()["bytes"]) == (201, "orders 2026.csv", 4)
    assert (
        operator.file("/jobs/files", "../../orders.csv", b"x").json()["name"] == "orders.csv"
    )  # Django drops the path
    for name in (".hidden", "a..csv", "a$b.csv", "x" * 200, "-"):
        assert operator.file("/jobs/files", name, b"x").status_code == (201 if name == "-" else 400), name
    assert viewer.file("/jobs/files", "a.csv", b"x").status_code == 403
    monkeypatch.setattr(inbox, "MOST_HELD", 10)
    assert operator.file("/jobs/files", "more.csv", b"x" * 11).status_code == 413
    names = [one["name"] for one in viewer.get("/jobs/files").json()]
    assert names == ["-", "orders 2026.csv", "orders.csv"]
    assert operator.client.delete("/api/v1/jobs/files/-", **operator.auth).status_code == 204
    assert operator.client.delete("/api/v1/jobs/files/-", **operator.auth).status_code == 404
    assert not list(child.inbox().glob(".*"))


def test_an_audit_of_nothing_says_what_to_do(analyst: As, viewer: As) -> None:
    job = analyst.post("/audits", {"level": 0.9}).json()
    claimed = queue.claim()
    assert claimed
    assert claimed.job_id == job["job_id"]
    child.run(claimed, Event())
    over = viewer.get(f"/jobs/{job['job_id']}").json()
    assert over["state"] == "failed"
    assert "netlift" in over["error"]
    assert [one["job_id"] for one in viewer.get("/audits").json()["items"]] == [job["job_id"]]
    assert viewer.get(f"/audits/{job['job_id']}/json").status_code == 404


def test_what_a_job_wrote_is_answered_as_it_is(operator: As, viewer: As) -> None:
    lines = ["order_id,customer_id,ordered_at,product_id,quantity,unit_price,currency"]
    lines += [f"o{n},c{n % 4},2026-01-{n + 1:02d},p{n % 3},1,19.99,EUR" for n in range(9)]
    operator.file("/jobs/files", "orders.csv", "\n".join(lines).encode())
    job = operator.post("/jobs", {"kind": "ingest", "arguments": {"names": ["orders.csv"], "currency": "EUR"}}).json()
    claimed = queue.claim()
    assert claimed
    child.run(claimed, Event())
    path = f"/jobs/{job['job_id']}"
    over = viewer.get(path).json()
    assert (over["state"], over["error"]) == ("done", "")
    receipt = b"".join(viewer.get(f"{path}/json"))
    assert b"orders" in receipt
    page = viewer.get(f"{path}/report")
    assert page["Content-Type"] == "text/html; charset=utf-8"
    assert "attachment" in page["Content-Disposition"]
    assert b"<html" in b"".join(page)
    assert viewer.get(f"/audits/{job['job_id']}/json").status_code == 404  # it is no audit
