"""Would the same targeting have found an effect where there was none? The log moved to the weeks before it began."""

import numpy as np

from netlift.errors import EstimationError
from netlift.history.people import Span
from netlift.history.shop import Shop, day_number
from netlift.response.checks import LEAST_LEFT, TRIM, not_run, placebo
from netlift.response.features import Space, moment, scored
from netlift.response.learn import Sample
from netlift.response.models import models_for
from netlift.types import Check
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.cross_fit import cross_fit
from netlift.uplift.estimate import mean_of
from netlift.uplift.learners.t import T
from netlift.uplift.nuisance import Features
from netlift.uplift.scores import contrasts, doubly_robust

CODE = "placebo_before"
LEAST_DAYS = 14
"""A shorter time before the start has too few orders to ask."""

_PROFIT = """
SELECT w.customer_id, coalesce(s.profit, 0) AS profit FROM log_population w LEFT JOIN (
  SELECT customer_id, sum(profit)::BIGINT AS profit FROM customer_days
  WHERE day >= {first} AND day < {start} GROUP BY customer_id) s USING (customer_id)
ORDER BY w.customer_id
"""


def placebo_before(shop: Shop, span: Span, sample: Sample, space: Space, *, seed: int) -> Check:
    """Draw customers by the learned targeting rule as of an earlier day, and compare their profit until the start.

    The comparison faces the same confounding by everything that the features show, and its true effect is zero.

    Args:
        shop: the past; its table `log_population` holds the sample's customers.
        span: days of the log.
        sample: the log, its rows in the order of customer_id.
        space: columns of the sample's features.
        seed: of the draw and the models.
    """
    length = min(span.until - span.start, (span.start - day_number(shop.span.start)) // 2)
    if length < LEAST_DAYS:
        return not_run(CODE)
    first = span.start - length
    before = moment(shop, first, "before")
    table = before.of("log_population")
    known = table["as_of"].is_valid().to_numpy(zero_copy_only=False)
    X = scored(before, table, space)
    before.drop()
    money = shop.con.execute(_PROFIT.format(first=first, start=span.start)).to_arrow_table()
    profit = money["profit"].to_numpy().astype(np.float64)
    offered = (sample.arm > 0).astype(np.int64)
    rule = models_for(int(np.bincount(offered).min())).classify(Features(sample.X), offered, 2, seed=seed)
    drawn = (np.random.default_rng([seed, first]).random(len(X)) < rule.predict(X)[:, 1]).astype(np.int64)
    return _compared(X[known], drawn[known], profit[known], seed)


def _compared(X: Floats, drawn: Ints, profit: Floats, seed: int) -> Check:
    if np.bincount(drawn, minlength=2).min() < LEAST_LEFT:
        return not_run(CODE)
    models = models_for(int(np.bincount(drawn).min()))
    try:
        found = cross_fit(T(models), X, drawn, profit, seed=seed, base=models, propensity_base=models)
    except EstimationError:
        return not_run(CODE)
    kept = found.propensity.min(axis=1) >= TRIM
    if np.bincount(drawn[kept], minlength=2).min() < LEAST_LEFT:
        return not_run(CODE)
    scores = contrasts(doubly_robust(profit[kept], drawn[kept], found.propensity[kept], found.outcomes[kept]))
    effect = mean_of(scores[:, 0], level=0.9, method="dr")
    return placebo(CODE, effect.estimate, effect.se, int(drawn.sum()))
