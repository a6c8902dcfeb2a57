"""Mine one prepared file of baskets with one package, in a process of its own; figures on stdout, sets beside it."""

import json
import math
import sys
import time
from pathlib import Path

import numpy as np

asked = json.loads(sys.argv[1])
kept = np.load(asked["file"])
start, item, names = kept["start"], kept["item"], kept["names"]
baskets = len(start) - 1


def ours() -> dict[tuple[int, ...], int]:
    import pyarrow as pa

    from netlift.catalog.baskets import Baskets
    from netlift.catalog.rules.mining import frequent_sets

    prepared = Baskets(pa.array(names.tolist()), start, item.astype(np.int32))
    frequent_sets(Baskets(prepared.names[:1], np.array([0, 1]), np.zeros(1, np.int32)), 1.0)  # compiled code is loaded
    sets, found["seconds"] = timed(lambda: frequent_sets(prepared, asked["support"], asked["longest"]))
    return {
        tuple(row): int(often)
        for items, together in zip(sets.items, sets.together, strict=True)
        for row, often in zip(items.tolist(), together, strict=True)
    }


def mlxtend() -> dict[tuple[int, ...], int]:
    import pandas as pd
    from mlxtend.frequent_patterns import fpgrowth
    from scipy.sparse import csr_matrix

    # only products that are frequent by themselves, which spares it a hundred thousand columns
    least = math.ceil(asked["support"] * baskets - 1e-9)
    often = np.flatnonzero(np.bincount(item, minlength=len(names)) >= least)
    held = csr_matrix((np.ones(len(item), bool), item, start), shape=(baskets, len(names)))[:, often]
    frame = pd.DataFrame.sparse.from_spmatrix(held, columns=often.astype(str).tolist())
    sets, found["seconds"] = timed(
        lambda: fpgrowth(frame, min_support=least / baskets, max_len=asked["longest"], use_colnames=True)
    )
    rows = zip(sets["itemsets"], sets["support"], strict=True)
    return {tuple(sorted(int(one) for one in some)): round(support * baskets) for some, support in rows}


def efficient_apriori() -> dict[tuple[int, ...], int]:
    from efficient_apriori import itemsets_from_transactions

    held = [tuple(item[start[i] : start[i + 1]].tolist()) for i in range(baskets)]
    least = math.ceil(asked["support"] * baskets - 1e-9)
    (sets, _), found["seconds"] = timed(
        lambda: itemsets_from_transactions(held, (least - 0.5) / baskets, max_length=asked["longest"])
    )
    return {tuple(sorted(some)): int(often) for of_size in sets.values() for some, often in of_size.items()}


def timed(work):  # type: ignore[no-untyped-def]
    began = time.perf_counter()
    return work(), time.perf_counter() - began


found: dict[str, float] = {}
mined = {"netlift": ours, "mlxtend": mlxtend, "efficient-apriori": efficient_apriori}[asked["package"]]()
Path(asked["out"]).write_text(json.dumps(sorted([list(some), often] for some, often in mined.items())))
found["sets"] = len(mined)
# of this process alone; what getrusage tells begins with the parent's
status = Path("/proc/self/status").read_text()
found["peak MB"] = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps(found))
