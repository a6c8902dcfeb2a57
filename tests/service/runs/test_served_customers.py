"""Whatever way a file comes in, `decide` finds its customers by the ids that stand in it."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from netlift.plan import artefact
from netlift.plan.artefact import Plan
from netlift.service.access.keys import make_key
from netlift.service.decisions.hand_over import hand_over as hand_exposures_over
from netlift.service.events.hand_over import hand_over as hand_events_over
from netlift.service.privacy.pseudonyms import pseudonym
from netlift.service.runs import child, queue
from netlift.service.runs.models import Job
from netlift.simulate import presets, simulate
from tests.plan import examples
from tests.service.decisions.shop import THRESHOLD, Till, consents, plan, publish_plan

JOURNEY = Path(__file__).parents[2] / "data" / "fixtures" / "complete_journey"
NATIVE = b"order_id,customer_id,ordered_at,currency,list_minor,total_minor\n%b"
MAPPED = b"nr,who,day,what,n,price\n%b"
MAPPING = """
currency = "EUR"
[order_lines]
order_id = "nr"
customer_id = "who"
ordered_at = "day"
product_id = "what"
quantity = "n"
unit_price = "price"
"""
ANN = "shopper-Ann-4711"


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    for folder in (settings.FOLDER.plans, settings.FOLDER.workspace, settings.FOLDER.files):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def till(client: Client) -> Till:
    return Till(client, "admin")


def send(client: Client, files: Mapping[str, bytes]) -> None:
    """Files over the API, as programs send them."""
    token = make_key("files", "operator")[1]
    for name, content in files.items():
        found = client.post(
            "/api/v1/jobs/files", {"file": SimpleUploadedFile(name, content)}, HTTP_AUTHORIZATION=f"Bearer {token}"
        )
        assert found.status_code == 201, found.content


def done(till: Till, kind: str, /, **arguments: Any) -> Job:
    """A job that was asked for over the API, and what the worker makes of it."""
    till.post("/jobs", {"kind": kind, "arguments": arguments}, 201)
    job = queue.claim()
    assert job
    child.run(job, Event())
    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.error) == ("done", "")
    return job


def customers(*tables: str) -> set[str]:
    """Whom the workspace's tables name."""
    folder = settings.FOLDER.workspace / "tables"
    files = [path for name in tables for path in (folder / name).glob("*.parquet")]
    return {one for path in files for one in pq.read_table(path)["customer_id"].to_pylist() if one is not None}


def planned(*given: str) -> Plan:
    """The example plan for customers as the tables name them."""
    return Plan(plan().head, examples.rows([(one, THRESHOLD, "treatment", 0.9) for one in sorted(given)]))


def personal(till: Till, customer: str) -> list[str]:
    """Offers of the plan that somebody gets, by the id that the shop knows them by."""
    found = till.post("/decide", {"customer_id": customer})
    return [one["offer_id"] for one in found["offers"] if one["status"] == "given"]


def source(name: str) -> tuple[dict[str, bytes], dict[str, str], str, tuple[str, ...]]:
    """Files, what is said of them, a customer in them, and the tables that they fill."""
    day = (timezone.now() - timedelta(days=2)).strftime("%Y-%m-%d").encode()
    if name == "native":
        row = b"o1,%b,%b,EUR,700,700\n" % (ANN.encode(), day)
        return {"orders.csv": NATIVE % row}, {}, ANN, ("orders",)
    if name == "mapped":
        row = b"o1,%b,%b,tea,2,3.50\n" % (ANN.encode(), day)
        return {"sold.csv": MAPPED % row}, {"mapping": MAPPING}, ANN, ("orders", "order_lines")
    names = ("transactions.csv", "demographics.csv", "campaigns.csv", "campaign_descriptions.csv")
    files = {one: (JOURNEY / one).read_bytes() for one in names}
    return files, {}, "900", ("orders", "order_lines", "customers", "exposures")


@pytest.mark.parametrize("name", ["native", "mapped", "complete_journey"])
def test_decide_finds_the_customers_of_a_file_by_their_own_ids(name: str, client: Client, till: Till) -> None:
    files, said, who, tables = source(name)
    send(client, files)
    done(till, "ingest", names=list(files), **said)
    for table in tables:
        assert pseudonym(who) in customers(table), table
        assert who not in customers(table), table
    plan_id = publish_plan(planned(*customers(*tables)))
    consents(who, "personalisation", "measurement")
    consents("nobody", "personalisation")
    assert (personal(till, f" {who.upper()}"), personal(till, "nobody")) == ([THRESHOLD], [])
    told = till.get(f"/plans/{plan_id}")
    assert (told["known"], told["warning"]) == (told["customers"], "")


def test_a_plan_of_raw_ids_finds_nobody_and_says_so(client: Client, till: Till) -> None:
    """As one is that was made from a workspace without the folder's key."""
    files, said, who, _ = source("native")
    send(client, files)
    done(till, "ingest", names=list(files), **said)
    plan_id = publish_plan(planned(who))
    consents(who, "personalisation")
    assert personal(till, who) == []
    told = till.get(f"/plans/{plan_id}")
    assert (told["customers"], told["known"]) == (1, 0)
    assert "none of its 1 customers is known here" in told["warning"]


def test_events_exposures_and_files_call_a_customer_alike_and_an_erasure_reaches_them(
    client: Client, till: Till
) -> None:
    files, said, who, _ = source("native")
    send(client, files)
    done(till, "ingest", names=list(files), **said)
    till.lines(
        "/events/bulk",
        f'{{"source": "web", "event_id": "e1", "event": "view", "at": "{timezone.now().isoformat()}", '
        f'"customer_id": "{who}", "product_id": "tea"}}',
    )
    publish_plan(planned(pseudonym(who)))
    consents(who, "personalisation", "measurement")
    assert personal(till, who) == [THRESHOLD]
    later = timezone.now() + timedelta(hours=2)
    hand_events_over(now=later)
    hand_exposures_over(now=later)
    for table in ("orders", "events", "exposures"):
        assert customers(table) == {pseudonym(who)}, table
    receipt = till.post("/people/erase", {"customer_id": who})
    assert receipt["counts"]["events"] == 1
    assert personal(till, who) == []
    hand_events_over(now=later + timedelta(hours=2))
    hand_exposures_over(now=later + timedelta(hours=2))
    assert customers("events", "exposures", "orders") == set()
    (orders,) = (settings.FOLDER.workspace / "tables" / "orders").glob("*.parquet")
    assert pq.read_table(orders)["order_id"].to_pylist() == ["o1"]  # the books keep it, as a guest's
    done(till, "ingest", names=list(files), **said)  # whoever sends the old file again brings nobody back
    assert customers("orders") == {pseudonym(who)}
    hand_events_over(now=later + timedelta(hours=4))
    assert customers("orders") == set()


def test_a_raw_id_stays_in_the_inbox_only(
    client: Client, till: Till, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in a table, a receipt, a report, what a job printed, or a line of the log."""
    files, said, who, _ = source("mapped")
    send(client, files)
    job = done(till, "ingest", names=list(files), **said)
    publish_plan(planned(*customers("orders")))
    found = [path for path in settings.FOLDER.root.rglob("*") if path.is_file() and who.encode() in path.read_bytes()]
    assert [path.relative_to(settings.FOLDER.files).as_posix() for path in found] == ["inbox/sold.csv"]
    assert len(list(child.folder_of(job.job_id).iterdir())) == 3  # its receipt, its report and the mapping
    assert who not in caplog.text
    assert who not in "".join(capfd.readouterr())


@pytest.mark.slow
def test_files_of_raw_ids_become_a_plan_whose_offers_are_given(client: Client, till: Till) -> None:
    """The whole way over the API: files, ingest, plan, take, submit, approve, publish, decide."""
    config = presets.tiny(1)
    config = replace(config, start=timezone.now().date() - timedelta(days=config.days))
    tables = simulate(config).tables
    shop = dict.fromkeys(tables["customers"]["customer_id"].to_pylist())
    send(client, {f"{name}.csv": written(table) for name, table in tables.items()})
    done(till, "ingest", names=[f"{name}.csv" for name in tables], kind="native")
    job = done(till, "plan", budget="900", days=14, margin=0.4, start=timezone.now().date().isoformat())
    made = [one for one in child.read_result(job)["plans"] if one["head"]["parts"]]
    folder = Path(child.read_result(job)["folders"][made[0]["head"]["code"]]).name
    taken = till.post("/plans", {"folder": folder, "name": "autumn"}, 201)
    assert (taken["known"], taken["warning"]) == (taken["customers"], "")
    assert taken["customers"] > 0
    Till(client, "analyst").post(f"/plans/{taken['plan_id']}/submit")
    Till(client, "approver").post(f"/plans/{taken['plan_id']}/approve")
    Till(client, "approver").post(f"/plans/{taken['plan_id']}/publish")
    rows = artefact.read(settings.FOLDER.plans / taken["plan_id"]).rows.to_pylist()
    wanted = {pseudonym(one): one for one in shop}
    given = {(wanted[row["customer_id"]], row["offer_id"]) for row in rows if row["arm"] == "treatment"}
    for customer, offer in sorted(given)[:3]:
        consents(customer, "personalisation")
        assert offer in personal(till, customer)
    erased = sorted(given)[0][0]
    till.post("/people/erase", {"customer_id": erased})
    assert personal(till, erased) == []


def written(table: pa.Table) -> bytes:
    """A table as CSV."""
    import pyarrow.csv as pc

    file = pa.BufferOutputStream()
    listed = [field.name for field in table.schema if pa.types.is_list(field.type)]
    pc.write_csv(table.drop_columns(listed), file)
    content: bytes = file.getvalue().to_pybytes()
    return content
