"""Answers for one customer after the other among many goods, with stock, a cart, what was bought, and categories.

python _recommend_one.py '{"items": 100000, "questions": 2000}'
"""

import json
import sys
import time

import numpy as np
import pyarrow as pa

from benchmarks._recommend_fit import events
from netlift.recommend.about import About
from netlift.recommend.ids import Ids
from netlift.recommend.interactions import Interactions
from netlift.recommend.models.ials import Ials
from netlift.recommend.rank import Shelf
from netlift.recommend.rules import Rules

USERS, N = 2_000, 20


def main() -> None:
    """Print milliseconds by kind of question as one line of JSON."""
    asked = json.loads(sys.argv[1])
    names = [f"p{k:06}" for k in range(asked["items"])]
    user, item = events(USERS, asked["items"], 40 * USERS)
    none = np.zeros(len(user), np.int64), np.ones(len(user), np.float32)
    seen = Interactions(Ids(f"c{k:06}" for k in range(USERS)), Ids(names), user, item, *none)
    rng = np.random.default_rng(2)
    category = [f"k{k}" for k in rng.integers(0, 300, len(names))]
    about = About(
        pa.table({"product_id": names, "category": category, "margin_minor": rng.integers(0, 900, len(names))})
    )
    model = Ials(sweeps=2).fit(seen, about)
    stock = {name for name in names if rng.random() < 0.8}
    kinds = {
        "stock, bought, cart": Rules(in_stock=stock),
        "and 3 of a category": Rules(in_stock=stock, most_of_category=3),
        "and margin, variety": Rules(in_stock=stock, most_of_category=3, margin_weight=0.2, diversity=0.2),
    }
    found = {}
    for name, rules in kinds.items():
        shelf, taken = Shelf.of(seen.items, about, rules), []
        for turn in range(asked["questions"] + 20):
            cart = [names[k] for k in rng.integers(0, len(names), 5)]
            who = seen.users.names[int(rng.integers(USERS))].as_py() if turn % 10 else "somebody new"
            before = time.perf_counter()
            table = model.recommend([who], N, shelf.also({who: cart}))
            taken.append((time.perf_counter() - before) * 1000)
            assert table.num_rows == N
        p50, p99 = np.percentile(taken[20:], [50, 99])
        found[name] = {"p50_ms": float(p50), "p99_ms": float(p99)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
