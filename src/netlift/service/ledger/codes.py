"""Codes: made by the million, unguessable, kept as keyed hashes, found, claimed, and written out again.

A random code is a piece of a keyed stream (SHAKE-256 of the folder's secret, the batch's salt and the number of the
piece). The store keeps only a keyed hash of each code: whoever reads the store or a backup cannot redeem. The texts
are made again from the secret for whoever may export them, so that nothing has to be sealed and opened a million times.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F
from django.utils import timezone

from netlift.service.core.refusals import Conflict, Exhausted, Expired, NotFound, Refused
from netlift.service.ledger.alphabet import LETTERS, canonical, checks, mistyped
from netlift.service.ledger.holds import Hold
from netlift.service.ledger.journal import begun, checked_key, digest, seen
from netlift.service.ledger.models import Batch, Claim
from netlift.service.ledger.models import Code as Row

MOST_CODES = 5_000_000
"""Codes of one batch."""
PIECE = 50_000
"""Codes that are made and stored in one transaction."""
GUESS = 1_000_000
"""One guess in this many may find a code of a batch, not more."""
_INSERT, _NEW = "INSERT INTO ledger_code (digest, batch_id, serial, claims)", "ON CONFLICT (digest) DO NOTHING"
_UNPACK = f"""
    {_INSERT}
    SELECT substring(%(all)s::bytea FROM number * 16 + 1 FOR 16) AS digest, %(batch)s, %(first)s + number, 0
    FROM generate_series(0, %(n)s - 1) AS t(number) ORDER BY digest"""


@dataclass(frozen=True, slots=True)
class Code:
    """A code that exists, with what its batch says."""

    digest: str
    """Its keyed hash: the ref of its account of uses."""
    batch_id: int
    batch: str
    promotion_id: str
    uses: int | None
    """By all; None: not limited."""
    per_customer: int | None
    """By one customer, of this batch's codes; None: not limited."""
    expires_at: datetime | None
    ended_at: datetime | None
    bearer: str
    """Pseudonym of the customer who claimed it, where it can be used once; empty: nobody's."""

    def holds(self, customer: str) -> tuple[Hold, ...]:
        """What a redemption by this customer (a pseudonym) holds."""
        one = Hold("code_uses", self.digest, 1, self.uses)
        if self.per_customer is None or not customer:
            return (one,)
        return one, Hold("customer_uses", f"batch:{self.batch_id}:{customer}", 1, self.per_customer)

    def usable(self, now: datetime, customer: str = "") -> None:
        """Refuse a code whose time is over, or that another customer claimed.

        Raises:
            Expired: the batch has ended.
            Conflict: it is somebody else's.
        """
        if self.ended_at is not None or (self.expires_at is not None and self.expires_at <= now):
            raise Expired("the code's time is over", "code_expired")
        if self.bearer and self.bearer != customer:
            raise Conflict("the code belongs to somebody else", "code_claimed")


def make_batch(
    name: str, promotion_id: str, count: int, *, length: int = 12, prefix: str = "", uses: int | None = 1,
    per_customer: int | None = 1, expires_at: datetime | None = None, now: datetime | None = None,
) -> Batch:  # fmt: skip
    """Make random codes; a name that is there already continues or returns the same batch.

    Args:
        name: of the batch, for people; it is also the key of this deed.
        promotion_id: what the codes unlock.
        count: 1 to `MOST_CODES`.
        length: characters after the prefix, one of them the check; long enough that a guess has no chance.
        prefix: characters before, for people.
        uses: of each code; None: not limited.
        per_customer: uses of the batch's codes by one customer; None: not limited.
        expires_at: the moment from which on they are refused; None: never.
        now: the moment.

    Raises:
        Conflict: a batch of this name is there and is another one.
        Refused: out of bounds, or so short that one guess in a million would find a code.
    """
    if prefix and not canonical(prefix):
        raise Refused("a prefix has letters and digits only", "invalid_prefix")
    prefix = canonical(prefix)
    if not 1 <= count <= MOST_CODES:
        raise Refused(f"a batch has 1 to {MOST_CODES:,} codes", "invalid_count")
    if not 6 <= length <= 32 or len(prefix) > 12:
        raise Refused("a code has 6 to 32 characters after a prefix of at most 12", "invalid_length")
    if count * GUESS > 32 ** (length - 1):
        raise Refused(f"{count:,} codes of {length} characters can be guessed: make them longer", "guessable")
    told = {
        "promotion_id": promotion_id, "word": "", "prefix": prefix, "length": length, "count": count, "uses": uses,
        "per_customer": per_customer, "expires_at": expires_at,
    }  # fmt: skip
    return finish(_begun(name, told, now).id)


def make_word(
    word: str, promotion_id: str, *, uses: int | None = None, per_customer: int | None = 1,
    expires_at: datetime | None = None, now: datetime | None = None,
) -> Batch:  # fmt: skip
    """Make one code that people chose, such as SPRING20; everybody may know it.

    Raises:
        Conflict: the word is a code already.
        Refused: it has other characters than letters and digits, or too many.
    """
    kept = canonical(word)
    if not 3 <= len(kept) <= 40:
        raise Refused("a word has 3 to 40 letters and digits", "invalid_word")
    told = {
        "promotion_id": promotion_id, "word": kept, "prefix": "", "length": len(kept), "count": 1, "uses": uses,
        "per_customer": per_customer, "expires_at": expires_at,
    }  # fmt: skip
    with transaction.atomic():
        batch = _begun(kept, told, now)
        if not batch.made:
            if not _stored(batch.id, 0, [hashed(kept)]):
                raise Conflict("this word is a code already", "code_taken")
            Batch.objects.filter(id=batch.id).update(made=1, next_serial=1)
    return Batch.objects.get(id=batch.id)


def finish(batch_id: int) -> Batch:
    """Make what is missing of a batch, piece by piece; after a crash it goes on where it stopped."""
    while True:
        batch = Batch.objects.get(id=batch_id)
        if batch.made >= batch.count:
            return batch
        piece, start = divmod(batch.next_serial, PIECE)
        wanted = [hashed(code) for code in islice(_piece(batch, piece), start, start + batch.count - batch.made)]
        with transaction.atomic():
            mine = Batch.objects.filter(id=batch.id, next_serial=batch.next_serial)
            if mine.update(next_serial=F("next_serial") + len(wanted)):  # else another process made this piece
                made = _stored(batch.id, batch.next_serial, wanted)
                Batch.objects.filter(id=batch.id).update(made=F("made") + made)


def end(name: str, now: datetime | None = None) -> Batch:
    """Refuse a batch's codes from now on.

    Raises:
        NotFound: there is no such batch.
    """
    Batch.objects.filter(name=name, ended_at=None).update(ended_at=now or timezone.now())
    return batch_named(name)


def batch_named(name: str) -> Batch:
    """One batch.

    Raises:
        NotFound: there is none of this name.
    """
    found = Batch.objects.filter(name=name).first()
    if found is None:
        raise NotFound("there is no batch of this name")
    return found


def export(batch: Batch) -> Iterator[str]:
    """The texts of a batch's codes, in the order in which they were made, a piece at a time."""
    if batch.word:
        yield batch.word
        return
    for piece in range(-(-batch.next_serial // PIECE)):
        low = piece * PIECE
        serials = batch.codes.filter(serial__gte=low, serial__lt=low + PIECE).order_by("serial")
        texts = list(_piece(batch, piece))
        yield from (texts[serial - low] for serial in serials.values_list("serial", flat=True))


def find(typed: str) -> Code:
    """The code that was typed: case, spaces and dashes do not matter, and O is read as 0.

    Raises:
        NotFound: no such code; the same answer after the same work for all that do not exist, except that `mistyped`
            in `more` says whether it could be a random code at all, which needs no store to know.
    """
    code = canonical(typed)
    found = Row.objects.select_related("batch").filter(digest=hashed(code)).first()
    if found is None:
        raise NotFound("there is no such code: check how it is spelt", "unknown_code", mistyped=mistyped(code))
    batch, bearer = found.batch, ""
    if found.claims and batch.uses == 1:
        bearer = Claim.objects.filter(code=found).values_list("customer", flat=True).first() or ""
    return Code(
        bytes(found.digest).hex(), batch.id, batch.name, batch.promotion_id, batch.uses, batch.per_customer,
        batch.expires_at, batch.ended_at, bearer,
    )  # fmt: skip


def claim(key: str, typed: str, customer: str, now: datetime | None = None) -> Code:
    """Let a customer take a code, to be used later; at most as many customers as it has uses.

    Args:
        key: of this deed; the same key again, or the same customer, changes nothing.
        typed: the code.
        customer: pseudonym.
        now: the moment.

    Raises:
        NotFound: there is no such code.
        Expired: its time is over.
        Exhausted: others have taken it.
        Conflict: the key was used for something else.
    """
    now, code = now or timezone.now(), find(typed)
    if not customer:
        raise Refused("a claim needs the customer's pseudonym", "invalid_customer")
    asked = digest("claim", code.digest, customer)
    with transaction.atomic():
        if begun(checked_key(key), asked, "claim", now) is None:
            seen(key, asked)
            return find(typed)
        if code.bearer != customer:
            code.usable(now, customer)
        row = Row.objects.get(digest=bytes.fromhex(code.digest))
        fresh = connection.ops.adapt_datetimefield_value(now)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ledger_claim (code_id, customer, claimed_at) VALUES (%s, %s, %s)"
                " ON CONFLICT (code_id, customer) DO NOTHING", [row.id, customer, fresh],
            )  # fmt: skip
            if cursor.rowcount:
                free = Row.objects.filter(id=row.id)
                if code.uses is not None:
                    free = free.filter(claims__lt=code.uses)
                if not free.update(claims=F("claims") + 1):
                    raise Exhausted("others have taken this code", "code_claimed", available=0)
    return find(typed)


def hashed(code: str) -> bytes:
    """The keyed hash under which a canonical code is kept."""
    made = _keyed().copy()  # the key is worked in once, not for each of a million
    made.update(code.encode())
    return made.digest()


@cache
def _keyed() -> "hashlib.blake2b":
    return hashlib.blake2b(key=_secret("found by"), digest_size=16)


@cache
def _secret(purpose: str) -> bytes:
    return hmac.digest(settings.SECRETS.pseudonyms, f"netlift codes: {purpose}".encode(), "sha256")


def _begun(name: str, told: dict[str, object], now: datetime | None) -> Batch:
    """The batch of this name, made if it is not there.

    Raises:
        Conflict: it is there and is another one.
    """
    if not 0 < len(name) <= 100 or "\0" in name:
        raise Refused("a batch's name has 1 to 100 characters", "invalid_name")
    fresh = {"salt": secrets.token_hex(16), "made_at": now or timezone.now()}
    batch, _ = Batch.objects.get_or_create(name=name, defaults=told | fresh)
    if any(getattr(batch, field) != value for field, value in told.items()):
        raise Conflict("another batch has this name: choose another one", "name_taken")
    return batch


def _piece(batch: Batch, piece: int) -> Iterator[str]:
    """The codes of one piece: 5 bits of the stream for each character, then the check."""
    width = batch.length - 1
    stream = hashlib.shake_256(_secret("made of") + f"{batch.salt}/{piece}".encode()).digest(PIECE * width)
    body = np.frombuffer(stream, dtype=np.uint8).reshape(PIECE, width) & 31
    front = np.array([LETTERS.index(letter) for letter in batch.prefix], dtype=np.uint8)
    whole = np.hstack([np.broadcast_to(front, (PIECE, len(front))), body])
    letters = np.frombuffer(LETTERS.encode(), dtype=np.uint8)
    text = letters[np.column_stack([whole, checks(whole)])].tobytes().decode()
    width = len(text) // PIECE
    return (text[start : start + width] for start in range(0, len(text), width))


def _stored(batch_id: int, first: int, digests: list[bytes]) -> int:
    """Keep these hashes under serials from a first one on; how many were new.

    They are kept in their own order, in which an index grows faster.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _unpack(cursor, {"batch": batch_id, "first": first, "all": b"".join(digests), "n": len(digests)})
        else:
            rows = sorted((digest, batch_id, serial) for serial, digest in enumerate(digests, first))
            cursor.executemany(f"{_INSERT} VALUES (%s, %s, %s, 0) {_NEW}", rows)
        return int(cursor.rowcount)


def _unpack(cursor: CursorWrapper, told: dict[str, Any]) -> None:
    """One statement on PostgreSQL, where `executemany` would send a million.

    Random codes are hardly ever there already, and rows that may not be there cost it half as much again: so it is told
    to skip those only where there were some.
    """
    if told["n"] != 1:
        with suppress(IntegrityError), transaction.atomic():
            cursor.execute(_UNPACK, told)
            return
    cursor.execute(f"{_UNPACK} {_NEW}", told)
