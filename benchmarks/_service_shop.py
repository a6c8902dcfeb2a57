"""A shop in a service's folder, to be asked under load: a plan, fifty promotions, customers who consent.

Run as `python -m benchmarks._service_shop ROWS SEED` with the service's environment; it prints the token of a key.
"""

import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks import _quote_cases as cases
from benchmarks import bench_decide
from netlift.plan import artefact
from netlift.plan.artefact import Part, Plan
from netlift.promotions import codec
from netlift.promotions.promotion import Limits, Promotion
from netlift.types import Window

LIMITED = 5
"""Every fifth promotion has limits, which the ledger knows."""


def customer(number: int) -> str:
    """The shop's id of a customer."""
    return f"customer-{number}"


def promotions(seed: int) -> list[Promotion]:
    """Fifty promotions for carts of ten lines."""
    limits = Limits(total=10**9, per_customer=10**6, budget=10**12)
    found = [cases.promotion(deal) for deal in cases.deals_of(cases.SMALL, cases.chance(seed))]
    return [
        replace(one, limits=limits, currency="EUR") if place % LIMITED == 0 else one for place, one in enumerate(found)
    ]


def plan(rows: int, seed: int) -> Plan:
    """The plan of `bench_decide`, running now, for customers by their pseudonyms."""
    from netlift.service.privacy.pseudonyms import pseudonym

    made = bench_decide.plan(rows, seed)
    today = datetime.now(UTC)
    window = Window(today - timedelta(days=1), today + timedelta(days=13))

    def moved(parts: tuple[Part, ...]) -> tuple[Part, ...]:
        return tuple(replace(part, candidate=replace(part.candidate, window=window)) for part in parts)

    numbers = [int(name, 16) for name in made.rows["customer_id"].to_pylist()]
    names = pa.array([pseudonym(customer(number)) for number in numbers])
    table = made.rows.set_column(0, made.rows.schema.field(0), names)
    order = np.lexsort((table["offer_id"].to_numpy(zero_copy_only=False), names.to_numpy(zero_copy_only=False)))
    head = replace(made.head, parts=moved(made.head.parts), public=moved(made.head.public), budget_minor=10**12)
    return Plan(head, table.take(pa.array(order)))


def main(rows: int, seed: int) -> str:
    """Fill the store of this environment; the token of a key."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from netlift.service.access.caller import Caller
    from netlift.service.access.keys import make_key
    from netlift.service.access.roles import SCOPES
    from netlift.service.catalog import plans
    from netlift.service.catalog import promotions as catalogue
    from netlift.service.privacy.consent import PURPOSES, set_consent

    author, second = Caller("user:1", "admin", SCOPES), Caller("user:2", "admin", SCOPES)
    with tempfile.TemporaryDirectory() as folder:
        artefact.write(plan(rows, seed), Path(folder) / "plan")
        kept = plans.take(Path(folder) / "plan", author)
    plans.submit(kept.plan_id, author)
    plans.approve(kept.plan_id, second)
    plans.publish(kept.plan_id, second)
    for one in promotions(seed):
        made = catalogue.draft(codec.write(one), author)
        catalogue.submit(made.promotion_id, made.version, author)
        catalogue.approve(made.promotion_id, made.version, second)
        catalogue.publish(made.promotion_id, made.version, second)
    for number in range(rows // 2):
        for purpose in PURPOSES:
            set_consent(customer(number), purpose, granted=True)
    return make_key("load", "operator")[1]


if __name__ == "__main__":
    sys.stdout.write(main(int(sys.argv[1]), int(sys.argv[2])))
