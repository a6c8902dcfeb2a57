"""News arrive at least once, signed, in order of their subject, and never while a transaction is open."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from django.db import connections, transaction
from django.utils import timezone

from netlift.service.core.refusals import NotFound, Refused
from netlift.service.hooks import send
from netlift.service.hooks.deliver import WAITS, deliver, retry
from netlift.service.hooks.keeping import clear_news, count_news
from netlift.service.hooks.models import Delivery, Message, Subscription
from netlift.service.hooks.outbox import tell
from netlift.service.hooks.signatures import verify
from netlift.service.hooks.subscriptions import end, renew_secret, subscribe
from netlift.service.privacy import people
from netlift.service.privacy.pseudonyms import pseudonym

NOW = timezone.now()
LATER = NOW + timedelta(days=30)


class Got(NamedTuple):
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)["data"]


class Listener:
    """A server on this machine that notes what arrives and answers as a test says."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers: list[int] = []
        """Statuses of the next answers; 200 after them."""
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.got.append(Got(self.path, dict(self.headers), body))
                self.send_response(listener.answers.pop(0) if listener.answers else 200)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks?from=netlift"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


def told(kind: str, subject: str, **data: object) -> None:
    with transaction.atomic():
        tell(kind, subject, data, now=NOW)


def state() -> list[tuple[str, int, int | None, str]]:
    return list(Delivery.objects.order_by("pk").values_list("state", "tries", "status", "fault"))


def test_news_arrive_signed_as_cloudevents(committed: str, listener: Listener) -> None:
    """Structured CloudEvents 1.0, and the signature fits the secret that was shown once."""
    _, secret = subscribe(listener.url, ["redemption.committed"], "key:1")
    told("redemption.committed", "rsv_1", discount_minor=500)
    told("plan.published", "plan_1")
    assert deliver(NOW) == 1
    (got,) = listener.got
    assert got.path == "/hooks?from=netlift"
    assert got.headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    verify(got.headers["Netlift-Signature"], got.body, secret.encode(), now=NOW)
    event = json.loads(got.body)
    assert {key: event[key] for key in ("specversion", "type", "subject", "datacontenttype", "data")} == {
        "specversion": "1.0", "type": "netlift.redemption.committed", "subject": "rsv_1",
        "datacontenttype": "application/json", "data": {"discount_minor": 500},
    }  # fmt: skip
    assert event["source"].startswith("urn:netlift:")
    assert datetime.fromisoformat(event["time"]) == NOW
    assert deliver(LATER) == 0


def test_the_secret_is_not_in_the_store(committed: str, listener: Listener) -> None:
    """It is sealed; a new one signs from then on."""
    row, secret = subscribe(listener.url, [], "key:1")
    kept = Subscription.objects.get()
    assert secret.encode() not in bytes(kept.wrapped)
    other = renew_secret(row.subscription_id)
    told("plan.published", "plan_1")
    deliver(NOW)
    verify(listener.got[0].headers["Netlift-Signature"], listener.got[0].body, other.encode(), now=NOW)
    with pytest.raises(Refused, match="does not fit"):
        verify(listener.got[0].headers["Netlift-Signature"], listener.got[0].body, secret.encode(), now=NOW)


def test_what_did_not_happen_is_not_told(committed: str, listener: Listener) -> None:
    """News go with the transaction that they are about."""
    subscribe(listener.url, [], "key:1")
    with transaction.atomic():
        tell("plan.published", "plan_1", {})
        transaction.set_rollback(True)
    assert (deliver(LATER), Message.objects.count()) == (0, 0)


def test_news_without_listeners_cost_no_row(store: str) -> None:
    """Nor do those of kinds that nobody asked for."""
    subscribe("https://shop.example/hooks", ["plan.published"], "key:1")
    tell("redemption.committed", "rsv_1", {})
    assert Message.objects.count() == 0


def test_it_refuses_to_wait_inside_a_transaction(store: str) -> None:
    """A listener that is slow must not hold the store."""
    with pytest.raises(RuntimeError, match="outside"):
        deliver(NOW)


def test_a_failed_try_comes_again_with_the_same_id(committed: str, listener: Listener) -> None:
    """After ten seconds, then a minute, each up to a fifth longer; the body is the same."""
    subscribe(listener.url, [], "key:1")
    told("plan.published", "plan_1")
    listener.answers = [500, 302]
    assert deliver(NOW) == 0
    assert state() == [("waiting", 1, 500, "answered 500")]
    assert deliver(NOW + timedelta(seconds=9)) == 0
    assert deliver(NOW + timedelta(seconds=13)) == 0
    assert state() == [("waiting", 2, 302, "answered 302")]
    next_at = Delivery.objects.get().next_at - (NOW + timedelta(seconds=13))
    assert WAITS[1] <= next_at <= WAITS[1] * 1.2
    assert deliver(NOW + timedelta(seconds=90)) == 1
    assert len({got.body for got in listener.got}) == 1
    assert len({got.headers["Netlift-Signature"] for got in listener.got}) == 3
    assert [got.path for got in listener.got] == ["/hooks?from=netlift"] * 3


def test_it_is_given_up_in_the_end_and_may_be_sent_once_more(committed: str, listener: Listener) -> None:
    """Nine tries, then it waits for a hand; other subjects were not held up, the same subject goes on after it."""
    row, _ = subscribe(listener.url, [], "key:1")
    told("plan.published", "plan_1", number=1)
    told("plan.published", "plan_1", number=2)
    listener.answers = [503] * 9
    moment = NOW
    for wait in (*WAITS, timedelta(0)):
        deliver(moment)
        moment += wait * 1.3
    assert [one[:3] for one in state()] == [("dead", 9, 503), ("waiting", 0, None)]
    moment += timedelta(minutes=5)
    assert deliver(moment) == 1
    message = Message.objects.order_by("pk")[0]
    retry(message.message_id, row.subscription_id, now=moment)
    assert deliver(moment) == 1
    assert [got.data["number"] for got in listener.got] == [1] * 9 + [2, 1]
    with pytest.raises(NotFound):
        retry("msg_other", row.subscription_id)


def test_news_of_a_subject_keep_their_order(committed: str, listener: Listener) -> None:
    """The second waits for the first; those of another subject do not."""
    subscribe(listener.url, [], "key:1")
    for subject, number in (("a", 1), ("a", 2), ("b", 3)):
        told("plan.published", subject, number=number)
    listener.answers = [500]
    assert deliver(NOW) == 0
    assert deliver(NOW + timedelta(seconds=6)) == 1
    assert deliver(NOW + timedelta(seconds=60)) == 2
    assert [got.data["number"] for got in listener.got] == [1, 3, 1, 2]


def test_who_does_not_answer_is_left_alone_for_this_round(committed: str, listener: Listener) -> None:
    """One address that is down costs a round one try, and others nothing."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        subscribe(f"http://127.0.0.1:{closed.getsockname()[1]}/", [], "key:1")
        subscribe(listener.url, [], "key:1")
        for number in range(3):
            told("plan.published", f"plan_{number}")
        assert deliver(NOW) == 3
    assert sorted(state())[-3:] == [
        ("waiting", 0, None, ""), ("waiting", 0, None, ""), ("waiting", 1, None, "no answer (ConnectionRefusedError)"),
    ]  # fmt: skip


def test_who_is_down_rests_longer_each_time(committed: str, listener: Listener) -> None:
    """However much waits for it: one try, then a pause, so that others are not held up; an answer ends the pauses."""
    row, _ = subscribe(listener.url, [], "key:1")
    for number in range(5):
        told("plan.published", f"plan_{number}")
    listener.answers = [500] * 4
    tries = []
    for seconds in (0, 1, 4, 6, 14, 17, 30, 38, 80):
        deliver(NOW + timedelta(seconds=seconds))
        tries.append(len(listener.got))
    assert tries == [1, 1, 1, 2, 2, 3, 3, 4, 9]
    row.refresh_from_db()
    assert (row.failures, row.rests_until) == (0, None)


def test_a_secret_that_does_not_open_holds_up_nobody(committed: str, listener: Listener) -> None:
    """It is told with the delivery; others hear as ever."""
    broken, _ = subscribe(listener.url, [], "key:1")
    Subscription.objects.filter(pk=broken.pk).update(wrapped=b"x" * 60)
    subscribe(listener.url, [], "key:1")
    told("plan.published", "a")
    assert deliver(NOW) == 1
    assert Delivery.objects.get(subscription=broken).fault == "its secret does not open: make a new one"


def test_gone_ends_the_subscription(committed: str, listener: Listener) -> None:
    """410 is how a listener says that it wants no more."""
    row, _ = subscribe(listener.url, [], "key:1")
    told("plan.published", "a")
    told("plan.published", "b")
    listener.answers = [410]
    deliver(NOW)
    row.refresh_from_db()
    assert row.ended_at is not None
    assert "410" in row.why
    assert {one[0] for one in state()} == {"dead"}
    told("plan.published", "c")
    assert Message.objects.count() == 2
    with pytest.raises(Refused, match="has ended"):
        retry(Message.objects.all()[0].message_id, row.subscription_id)


def test_ending_takes_what_waits_with_it(committed: str, listener: Listener) -> None:
    """And ending again, or what is not there, is answered plainly."""
    row, _ = subscribe(listener.url, [], "key:1")
    told("plan.published", "a")
    end(row.subscription_id, now=NOW)
    end(row.subscription_id, "again", now=LATER)
    assert (deliver(LATER), state()[0][0]) == (0, "dead")
    row.refresh_from_db()
    assert (row.ended_at, row.why) == (NOW, "ended by hand")
    with pytest.raises(NotFound):
        end("sub_none")


def test_a_sender_that_died_is_taken_over(committed: str, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its claim ends by itself, and the event comes again with the same id."""
    subscribe(listener.url, [], "key:1")
    told("plan.published", "a")
    with monkeypatch.context() as patch:
        patch.setattr("netlift.service.hooks.deliver._note", _die)
        with pytest.raises(KeyboardInterrupt):
            deliver(NOW)
    assert deliver(NOW + timedelta(seconds=60)) == 0
    assert deliver(NOW + timedelta(seconds=121)) == 1
    assert len(listener.got) == 2
    assert listener.got[0].body == listener.got[1].body


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_two_workers_send_everything_once(committed: str, listener: Listener) -> None:
    """A claim is one statement, so both may run at once."""
    subscribe(listener.url, [], "key:1")
    for number in range(20):
        told("plan.published", f"plan_{number}", number=number)
    arrived: list[int] = []

    def work() -> None:
        arrived.append(deliver(NOW))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(arrived) == 20
    assert sorted(got.data["number"] for got in listener.got) == list(range(20))


def test_a_slow_or_endless_answer_is_cut(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then keeps no worker: the whole try has an end, not each wait in it."""
    monkeypatch.setattr(send.post, "__defaults__", (0.4,))
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def drip() -> None:
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"HTTP/1.1 200 OK\r\n")
                while not over.wait(0.05):
                    try:
                        peer.sendall(b"X: y\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        subscribe(f"http://127.0.0.1:{server.getsockname()[1]}/", [], "key:1")
        told("plan.published", "a")
        begun = time.monotonic()
        assert deliver(NOW) == 0
        took = time.monotonic() - begun
        over.set()
        thread.join(5)
    assert state() == [("waiting", 1, None, "no answer within 0.4 s")]
    assert took < 3


def test_a_name_that_moves_into_the_network_is_refused(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is looked up once, at delivery, and is the one that is connected to."""
    subscribe("https://shop.example/hooks", [], "key:1")
    told("plan.published", "a")
    monkeypatch.setattr(
        "socket.getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 443))]
    )
    assert deliver(NOW) == 0
    ((_, _, _, fault),) = state()
    assert "private network" in fault


def test_old_news_go_after_their_days(committed: str, listener: Listener) -> None:
    """Whether they arrived or not, in batches."""
    subscribe(listener.url, [], "key:1")
    for number in range(3):
        told("plan.published", str(number))
    assert (count_news(NOW), clear_news(NOW, 10)) == (0, 0)
    assert count_news(LATER) == 3
    assert [clear_news(LATER, 2), clear_news(LATER, 2), Delivery.objects.count()] == [2, 1, 0]


def test_an_erasure_takes_the_customer_out_of_news(committed: str, listener: Listener) -> None:
    """Also of those that are still to be delivered; others stay as they are."""
    subscribe(listener.url, [], "key:1")
    told("redemption.committed", "rdm_1", customer=pseudonym("ann"), to_pay=500)
    told("redemption.committed", "rdm_2", customer=pseudonym("bob"))
    assert [one["data"]["to_pay"] for one in people.export("ann")["held_by"]["news"]] == [500]
    assert people.erase("ann", "key:1").counts["news"] == 1
    assert deliver(NOW) == 2
    assert [got.data["customer"] for got in listener.got] == ["", pseudonym("bob")]
    assert people.erase("ann", "key:1").repeated
