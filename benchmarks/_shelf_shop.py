"""A shelf of random lists in a service's folder, to be asked under load.

Run as `python -m benchmarks._shelf_shop CUSTOMERS PRODUCTS CONSENTING SEED` with the service's environment; it prints
the token of a key. With `--time ANSWERS` before these, it answers that many requests in its own process instead, one
after the other, and prints milliseconds as JSON.
"""

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from netlift.service.runs.shelf import files
from netlift.service.runs.shelf.files import KINDS, File, Head, Manners, ragged

WIDTH, TIES, HAD = 100, 20, 30
CATEGORIES = 200


def customer(number: int) -> str:
    """The shop's id of a customer."""
    return f"customer-{number}"


def product(number: int) -> str:
    """A product's id."""
    return f"product-{number:07d}"


def write_shelf(customers: int, products: int, seed: int) -> None:
    """Lists of a hundred goods each, every product with twenty of each kind that belong to it."""
    from django.conf import settings

    folder = files.place_of(settings.FOLDER.workspace)
    rng, begun = np.random.default_rng(seed), datetime.now(UTC)
    with files.making(folder) as drafts:
        lists = tuple(_lists(drafts, customers, products, rng))
        goods = files.write_table(drafts, "goods", _goods(products, rng))
        order = rng.permutation(products).astype(np.int32)
        shares = np.sort(rng.random(products).astype(np.float32))[::-1]
        whole = np.array([0, products])
        popular = pa.table(
            {"segment": [""], "places": ragged(whole, order), "shares": ragged(whole, np.ascontiguousarray(shares))}
        )
        manners = Manners(diversity=0.2, most_of_category=4, margin_weight=0.1, fatigue=0.1)
        head = Head(
            "random", begun.isoformat(), goods, files.write_table(drafts, "popular", popular), lists, ("similar_to",),
            manners,
        )  # fmt: skip
        files.publish(folder, drafts, head, begun)


def _lists(drafts: Path, customers: int, products: int, rng: np.random.Generator) -> Iterator[File]:
    from netlift.service.privacy.pseudonyms import pseudonym

    names = sorted(pseudonym(customer(number)) for number in range(customers))
    for number, start in enumerate(range(0, customers, 8192)):
        mine = names[start : start + 8192]
        begin, own = np.arange(len(mine) + 1) * WIDTH, np.arange(len(mine) + 1) * HAD
        size = len(mine) * WIDTH
        scores = np.sort(rng.random((len(mine), WIDTH)).astype(np.float32))[:, ::-1].ravel()
        table = pa.table(
            {
                "customer_id": mine,
                "places": ragged(begin, rng.integers(0, products, size).astype(np.int32)),
                "scores": ragged(begin, np.ascontiguousarray(scores)),
                "codes": ragged(begin, np.zeros(size, np.uint16)),
                "about": ragged(begin, rng.integers(0, products, size).astype(np.int32)),
                "bought": ragged(own, rng.integers(0, products, len(mine) * HAD).astype(np.int32)),
            }
        )
        yield files.write_table(drafts, f"lists-{number:06d}", table, mine[0])


def _goods(products: int, rng: np.random.Generator) -> pa.Table:
    numbers = range(products)
    begin = np.arange(products + 1) * TIES
    columns = {
        "product_id": [product(number) for number in numbers],
        "category": [f"category {number % CATEGORIES}" for number in numbers],
        "margin_minor": rng.integers(0, 2_000, products),
        "name": [f"Product {number}" for number in numbers],
    }
    for kind in KINDS:
        columns[kind] = ragged(begin, rng.integers(0, products, products * TIES).astype(np.int32))
        columns[f"{kind}_score"] = ragged(begin, rng.random(products * TIES).astype(np.float32))
    return pa.table(columns)


def main(customers: int, products: int, consenting: int, seed: int) -> str:
    """Fill the store of this environment; the token of a key. One product in ten is sold out."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from netlift.service.access.keys import make_key
    from netlift.service.privacy.consent import PURPOSES, set_consent
    from netlift.service.shop.products import Told, keep_products
    from netlift.service.shop.stock import Count, count

    write_shelf(customers, products, seed)
    now = datetime.now(UTC)
    told = [Told(product(number), "EUR", 500 + number % 90, cost_minor=300) for number in range(products)]
    for start in range(0, products, 5_000):
        keep_products(told[start : start + 5_000])
        count(
            [Count(one.product_id, int(number % 10 > 0), now) for number, one in enumerate(told[start : start + 5_000])]
        )
    for number in range(consenting):
        for purpose in PURPOSES:
            set_consent(customer(number), purpose, granted=True)
    return make_key("load", "operator")[1]


def timed(answers: int, consenting: int) -> str:
    """Milliseconds of answers in this process: the choice of goods alone, and all that a request does in the store."""
    import django

    django.setup()
    from netlift.service.decisions.keep import request
    from netlift.service.decisions.shelf import shelf
    from netlift.service.decisions.shelf_choice import Asked, choose
    from netlift.service.decisions.shelf_serve import Question, recommend
    from netlift.service.privacy.pseudonyms import pseudonym

    begun = time.perf_counter()
    state = shelf()
    told = {"open_s": time.perf_counter() - begun}
    who = [pseudonym(customer(number)) for number in range(consenting)]
    for name in ("choose", "newcomer", "recommend"):
        spent = []
        for number in range(answers):
            one, begun = who[number % len(who)], time.perf_counter()
            if name == "recommend":
                asked = request("key:bench", "recommend", f"{name}-{number}-{time.time_ns()}", str(number))
                recommend(asked, Question(one, 10, cart=(product(number),), context=(product(number + 1),)))
            else:
                choose(state, Asked(10, state.personal(one) if name == "choose" else None, cart=(product(number),)))
            spent.append(1e3 * (time.perf_counter() - begun))
        told |= {f"{name}_p50_ms": float(np.median(spent)), f"{name}_p99_ms": float(np.quantile(spent, 0.99))}
    return json.dumps(told)


if __name__ == "__main__":
    words = sys.argv[1:]
    if words[0] == "--time":
        sys.stdout.write(timed(int(words[1]), int(words[4])))
    else:
        sys.stdout.write(main(*map(int, words)))
