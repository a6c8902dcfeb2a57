"""The plan that netlift itself makes of a shop's responses: the most profitable one, and what it promises."""

from datetime import timedelta
from typing import Any

import numpy as np

from benchmarks._plan_shops import Ints, Known, Truth

WINDOW_DAYS = 14


def most_profit(config: Any, true: Truth, believed: Known, budget: float) -> tuple[Ints, Any]:
    """Who gets what in the plan `most_profit`, and its `plan.artefact.Worth`.

    As `make_plans` makes it, without the other plans. Nobody is held out or explored, so that what the plan promises
    is what its customers would bring.
    """
    import pyarrow as pa

    from netlift.plan.build import Builder, Setting
    from netlift.plan.choose import choose
    from netlift.plan.errors import errors_of
    from netlift.plan.limits import Limits
    from netlift.plan.pool import Eligible, read_pool
    from netlift.plan.rivals import simple_answers
    from netlift.plan.rows import Frame

    responses = believed.responses
    eligible = Eligible(pa.array(true.customer_id, pa.string()))
    pool = read_pool(believed.rows, candidates(config, true), responses.learned, eligible)
    frame = Frame.of(pool, Limits(budget_minor=int(budget), hold_out=0.0, explore=0.0), None)
    choice = choose(frame, "most_profit", frame.value)
    setting = Setting("bench", responses.currency, responses.as_of)
    builder = Builder(frame, errors_of(pool), setting, responses.judged, simple_answers(frame), ())
    number = {offer: k for k, offer in enumerate(true.offers)}
    chosen = np.full(len(true.customer_id), -1)
    chosen[pool.owner[choice.cells]] = [number[pool.offers[k]] for k in pool.offer[choice.cells]]
    return chosen, builder.plan(choice)[0].head.worth


def candidates(config: Any, true: Truth) -> tuple[Any, ...]:
    """The offers of the past, to be given again; what carries them out is never run here."""
    from netlift.candidates.candidate import EVERYBODY, Candidate, Goal, Scope
    from netlift.candidates.offer import Offer
    from netlift.promotions.mechanism import MECHANISMS
    from netlift.simulate import presets
    from netlift.types import Window

    start = config.moment(presets.PLAN_DAY)
    window = Window(start, start + timedelta(days=WINDOW_DAYS))
    found = []
    for spec in config.promotions:
        if spec.promotion_id not in true.offers:
            continue
        kind, form = "percent_off", {"off": str(max(1, round(100 * spec.depth)))}
        if spec.benefit == "amount":
            kind, form = "spend_threshold", {"spend": spec.min_basket_minor, "off": spec.amount_minor}
        offer = Offer(
            spec.promotion_id, spec.promotion_id, kind, spec.promotion_id, contact_cost_minor=spec.contact_cost_minor
        )
        built = MECHANISMS[kind].read(form).build(spec.promotion_id)
        found.append(
            Candidate(
                offer,
                kind,
                form,
                built,
                Goal.PROFIT,
                Scope.PERSONAL,
                EVERYBODY,
                window,
                "email",
                past=spec.promotion_id,
            )
        )
    return tuple(found)
