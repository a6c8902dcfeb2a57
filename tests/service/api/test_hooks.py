"""Subscriptions over the API: the secret is told once, and what was given up can be seen and sent again."""

from typing import Any

from django.test import Client

from netlift.service.access.models import AuditEntry
from netlift.service.hooks.models import Delivery
from netlift.service.hooks.outbox import tell
from tests.service.api.test_people import Caller

URL = "https://shop.example/hooks"


def made(caller: Caller, **more: object) -> Any:
    return caller.post("/hooks", {"url": URL} | more)


def test_a_secret_is_told_once(client: Client) -> None:
    """When it is made, and when it is renewed; never in a list."""
    caller = Caller(client, "operator")
    told = made(caller, kinds=["plan.published"])
    assert told.status_code == 201
    first = told.json()
    listed = caller.get("/hooks")
    assert listed.json()["items"] == [{key: first[key] for key in first if key != "secret"}]
    assert first["secret"] not in listed.content.decode()
    renewed = caller.post(f"/hooks/{first['subscription_id']}/secret").json()["secret"]
    assert renewed.startswith("whs_")
    assert renewed != first["secret"]
    assert first["secret"] not in repr(list(AuditEntry.objects.values_list()))


def test_addresses_and_kinds_are_checked_at_the_door(client: Client) -> None:
    """As the room says, in the form of a problem."""
    caller = Caller(client, "operator")
    assert made(caller, url="http://shop.example/").json()["code"] == "bad_address"
    assert made(caller, kinds=["Not A Kind"]).json()["code"] == "bad_kind"
    assert made(caller, more=1).status_code == 422
    assert caller.post("/hooks/sub_none/end").status_code == 404


def test_what_was_told_can_be_seen_and_sent_again(client: Client) -> None:
    """By state, page by page."""
    caller = Caller(client, "operator")
    hook = made(caller).json()["subscription_id"]
    for number in range(3):
        tell("plan.published", f"plan_{number}", {"number": number})
    assert caller.post(f"/hooks/{hook}/ping").status_code == 202
    Delivery.objects.filter(subject="plan_1").update(state="dead", tries=9, fault="answered 500", status=500)
    everything = caller.get(f"/hooks/{hook}/deliveries?limit=3").json()
    assert [one["data"].get("number") for one in everything["items"]] == [0, 1, 2]
    more = caller.get(f"/hooks/{hook}/deliveries?cursor={everything['next']}").json()["items"]
    assert [one["kind"] for one in more] == ["hook.ping"]
    (dead,) = caller.get(f"/hooks/{hook}/deliveries?state=dead").json()["items"]
    assert (dead["subject"], dead["tries"], dead["fault"]) == ("plan_1", 9, "answered 500")
    assert caller.post(f"/hooks/{hook}/deliveries/{dead['message_id']}/retry").status_code == 202
    assert caller.get(f"/hooks/{hook}/deliveries?state=dead").json()["items"] == []
    assert caller.post(f"/hooks/{hook}/deliveries/msg_none/retry").status_code == 404


def test_an_ended_subscription_hears_nothing(client: Client) -> None:
    """What waited is given up, and no ping is taken."""
    caller = Caller(client, "operator")
    hook = made(caller).json()["subscription_id"]
    tell("plan.published", "plan_1", {})
    assert caller.post(f"/hooks/{hook}/end").json()["why"] == "ended by hand"
    assert caller.post(f"/hooks/{hook}/ping").json()["code"] == "ended"
    assert Delivery.objects.get().state == "dead"
