"""Codes: unguessable, kept as hashes, found however they are typed, claimed by one customer, written out again."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import transaction

from netlift.service.core.refusals import Conflict, Exhausted, Expired, NotFound, Refused
from netlift.service.ledger import codes
from netlift.service.ledger.alphabet import LETTERS, canonical, check, mistyped
from netlift.service.ledger.books import reconcile
from netlift.service.ledger.holds import Hold
from netlift.service.ledger.models import Batch, Claim
from netlift.service.ledger.models import Code as Row
from netlift.service.ledger.reservations import reserve

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
stored = pytest.mark.usefixtures("store")


@stored
def test_a_batch_is_made_kept_as_hashes_and_written_out_again() -> None:
    batch = codes.make_batch("spring", "SPRING", 300, prefix="SPR-", now=NOON)
    assert (batch.made, batch.count, Row.objects.count()) == (300, 300, 300)
    texts = list(codes.export(batch))
    assert len(set(texts)) == 300
    assert {len(text) for text in texts} == {15}
    assert all(text.startswith("SPR") and not mistyped(text) for text in texts)
    kept = b"".join(bytes(row.digest) for row in Row.objects.all())
    assert not any(text.encode() in kept for text in texts)
    assert {codes.find(text).promotion_id for text in texts[:3]} == {"SPRING"}
    # letters are spread evenly: 300 x 11 draws of 32, chi-square of 31 degrees stays below 70 but once in 10,000
    drawn = np.bincount([LETTERS.index(letter) for text in texts for letter in text[3:-1]], minlength=32)
    assert ((drawn - 300 * 11 / 32) ** 2 / (300 * 11 / 32)).sum() < 70


@stored
def test_a_name_is_the_key_of_its_batch() -> None:
    first = codes.make_batch("spring", "SPRING", 5)
    assert codes.make_batch("spring", "SPRING", 5).id == first.id
    with pytest.raises(Conflict, match="name"):
        codes.make_batch("spring", "SPRING", 6)
    assert Row.objects.count() == 5
    other = codes.make_batch("autumn", "SPRING", 5)
    assert not set(codes.export(first)) & set(codes.export(other))


@stored
def test_a_batch_goes_on_where_a_crash_left_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "PIECE", 40)
    whole = codes._stored
    calls = []

    def breaks(*told: object) -> int:
        calls.append(told)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(*told)  # type: ignore[arg-type]

    monkeypatch.setattr(codes, "_stored", breaks)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        codes.make_batch("spring", "SPRING", 101)
    monkeypatch.setattr(codes, "_stored", whole)
    codes.make_batch("spring", "SPRING", 101)
    batch = Batch.objects.get()
    assert (batch.made, batch.next_serial, len(set(codes.export(batch)))) == (101, 101, 101)


@stored
def test_a_code_that_is_there_already_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = list(codes.export(codes.make_batch("first", "SPRING", 3)))
    drawn = codes._piece

    def unlucky(batch: Batch, piece: int) -> object:
        fresh = drawn(batch, piece)
        return iter([*taken, *fresh])

    monkeypatch.setattr(codes, "_piece", unlucky)
    batch = codes.make_batch("second", "SPRING", 10)
    assert (batch.made, batch.next_serial) == (10, 13)
    assert len(set(codes.export(batch)) - set(taken)) == 10


@stored
def test_a_code_is_found_however_it_is_typed() -> None:
    codes.make_word("Soil2O", "SPRING")
    for typed in ("SOIL20", " soil-20", "ＳＯＩＬ２０", "s0il2o"):
        assert codes.find(typed).promotion_id == "SPRING"
    text = next(codes.export(codes.make_batch("b", "AUTUMN", 1)))
    assert codes.find(f"{text[:4].lower()} {text[4:8]}-{text[8:]}").batch == "b"
    swapped = text[:-1] + LETTERS[(LETTERS.index(text[-1]) + 1) % 32]
    for typed in (swapped, "", "   ", "*" * 40, "x" * 500, "\0"):
        with pytest.raises(NotFound) as refused:
            codes.find(typed)
        assert refused.value.more["mistyped"] is True
    unlike = "0" * 11 + check("0" * 11)
    with pytest.raises(NotFound) as refused:
        codes.find(unlike)
    assert (refused.value.more["mistyped"], refused.value.code) == (False, "unknown_code")


def test_every_slip_of_one_letter_and_every_swap_is_noticed() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        body = "".join(rng.choice(list(LETTERS), 11))
        code = body + check(body)
        assert not mistyped(code)
        for place in range(12):
            for letter in LETTERS.replace(code[place], ""):
                assert mistyped(code[:place] + letter + code[place + 1 :])
        for place in range(11):
            if code[place] != code[place + 1]:
                assert mistyped(code[:place] + code[place + 1] + code[place] + code[place + 2 :])


def test_what_is_no_code_has_no_canonical_form() -> None:
    assert [canonical(typed) for typed in ("", "-", "a b", "ä", "x" * 53, "x" * 52)] == ["", "", "AB", "", "", "X" * 52]


@stored
def test_words_are_for_everybody_and_taken_once() -> None:
    word = codes.make_word("SPRING20", "SPRING", uses=2, now=NOON)
    assert list(codes.export(word)) == ["SPR1NG20"]
    assert codes.make_word("spring20", "SPRING", uses=2).id == word.id
    with pytest.raises(Conflict, match="name"):
        codes.make_word("SPRING20", "AUTUMN")
    text = next(codes.export(codes.make_batch("b", "SPRING", 1)))
    with pytest.raises(Conflict, match="already"):
        codes.make_word(text, "AUTUMN")
    assert not Batch.objects.filter(word=text).exists()
    with pytest.raises(Refused, match="letters and digits"):
        codes.make_word("5%", "SPRING")


@stored
def test_uses_of_a_code_are_holds_like_others() -> None:
    codes.make_word("SPRING20", "SPRING", uses=3, per_customer=1)
    code, ttl = codes.find("spring20"), timedelta(minutes=5)
    assert [hold.kind for hold in code.holds("c1")] == ["code_uses", "customer_uses"]
    reserve("k1", code.holds("c1"), ttl=ttl)
    with pytest.raises(Exhausted) as refused:
        reserve("k2", code.holds("c1"), ttl=ttl)
    assert refused.value.more["kind"] == "customer_uses"
    reserve("k3", code.holds("c2"), ttl=ttl)
    reserve("k4", code.holds(""), ttl=ttl)
    with pytest.raises(Exhausted) as refused:
        reserve("k5", code.holds("c3"), ttl=ttl)
    assert refused.value.more["kind"] == "code_uses"
    assert reconcile().balanced


@stored
def test_a_code_of_one_use_belongs_to_whoever_claimed_it() -> None:
    text = next(codes.export(codes.make_batch("b", "SPRING", 1)))
    mine = codes.claim("k1", text, "c1", NOON)
    assert mine.bearer == "c1"
    assert codes.claim("k1", text, "c1", NOON) == mine
    assert codes.claim("k2", text, "c1", NOON) == mine
    with pytest.raises(Conflict, match="somebody else"):
        codes.claim("k3", text, "c2", NOON)
    with pytest.raises(Conflict, match="key"):
        codes.claim("k1", text, "c2", NOON)
    mine.usable(NOON, "c1")
    with pytest.raises(Conflict, match="somebody else"):
        mine.usable(NOON, "c2")
    assert (Claim.objects.count(), Row.objects.get().claims) == (1, 1)
    with pytest.raises(NotFound):
        codes.claim("k4", "nothing", "c1")
    with pytest.raises(Refused, match="pseudonym"):
        codes.claim("k5", text, "")


@stored
def test_as_many_customers_claim_a_code_as_it_has_uses() -> None:
    codes.make_word("SPRING20", "SPRING", uses=2)
    for number in range(2):
        assert codes.claim(f"k{number}", "spring20", f"c{number}").bearer == ""
    with pytest.raises(Exhausted, match="others"):
        codes.claim("k2", "spring20", "c2")
    assert Claim.objects.count() == 2
    codes.make_word("FOREVER", "SPRING")
    for number in range(3):
        codes.claim(f"f{number}", "forever", f"c{number}")
    assert Claim.objects.count() == 5


@stored
def test_ended_and_expired_codes_are_refused() -> None:
    codes.make_word("MARCH", "SPRING", expires_at=NOON)
    codes.find("march").usable(NOON - timedelta(microseconds=1))
    with pytest.raises(Expired):
        codes.find("march").usable(NOON)
    with pytest.raises(Expired):
        codes.claim("k1", "march", "c1", NOON)
    codes.make_word("APRIL", "SPRING")
    ended = codes.end(codes.find("april").batch, NOON)
    assert codes.end(ended.name, NOON + timedelta(days=1)).ended_at == NOON
    with pytest.raises(Expired):
        codes.find("april").usable(NOON)
    with pytest.raises(NotFound):
        codes.end("never")


@stored
@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"count": 0}, "1 to 5,000,000"),
        ({"count": 5_000_001}, "1 to 5,000,000"),
        ({"length": 5}, "6 to 32"),
        ({"length": 33}, "6 to 32"),
        ({"prefix": "A" * 13}, "at most 12"),
        ({"prefix": "ü"}, "letters and digits"),
        ({"name": ""}, "name has 1 to 100"),
        ({"count": 34, "length": 6}, "can be guessed"),  # 32^5 / 33 is a million and some
    ],
)
def test_what_cannot_be_made_is_refused(told: dict[str, object], words: str) -> None:
    whole: dict[str, object] = {"name": "b", "promotion_id": "SPRING", "count": 33, "length": 6} | told
    with pytest.raises(Refused, match=words):
        codes.make_batch(**whole)  # type: ignore[arg-type]
    assert codes.make_batch("b", "SPRING", 33, length=6).made == 33


@stored
def test_a_code_without_its_batch_is_a_stray() -> None:
    batch = codes.make_batch("b", "SPRING", 1)
    assert reconcile().balanced
    Row.objects.update(batch_id=batch.id + 1)
    assert (reconcile().strays, reconcile().balanced) == (1, False)


@stored
def test_holds_of_an_unlimited_word_count_without_a_limit() -> None:
    codes.make_word("FOREVER", "SPRING", per_customer=None)
    code = codes.find("forever")
    assert code.holds("c1") == (Hold("code_uses", code.digest, 1, None),)
