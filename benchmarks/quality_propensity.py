"""Which family foretells purchases best, judged by time? Seven families on a bank's calls, May 2008 to November 2010.

The data are UCI's Bank Marketing (Moro, Cortez & Rita 2014, doi:10.1016/j.dss.2014.03.001; CC BY 4.0): 41,188 calls
in the order of time, y = the customer took a deposit. The months are grouped to eleven periods; each fold learns on
early ones, stops and calibrates on the next, and is judged on the one after. `duration`, the length of the call, is
known only when the call is over: the leak detector is asked about it, then it is dropped.

The bank called fewer and fewer people, so the share that bought rises from 3 % to 51 %. `shuffled` shows what a random
split, which has later months and their share of buyers among the rows it learns from, would have claimed.
"""

import csv
import io
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np

QUICK = {"families": ("linear", "logistic", "tree"), "trials": 0, "most_rows": 400}

FILE = Path(__file__).parents[2] / "shared" / "data" / "bank_marketing" / "bank-additional.zip"
FAMILIES = ("linear", "logistic", "tree", "forest", "boosting", "svm", "network")
SHUFFLED = ("logistic", "boosting")
TEXTS = ("job", "marital", "education", "default", "housing", "loan", "contact", "month", "day_of_week", "poutcome")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
PERIODS = (1, 1, 1, 1, 3, 2, 1, 3, 4, 4, 5)
"""Months with calls in each period; at least 188 buyers in each."""
FIGURES = ("roc_auc", "pr_auc", "log_loss", "brier", "lift_top_decile", "ece")


def run(
    families: Sequence[str] = FAMILIES, trials: int = 20, most_rows: int = 10**6, threads: int = 2
) -> dict[str, Any]:
    """Judge the families on at most `most_rows` calls of each period; `trials` to tune boosting, 0 for none."""
    from netlift.profiles.propensity.choose import choose
    from netlift.profiles.propensity.leaks import leaks

    if not FILE.is_file():
        return {"skipped": "the file bank-additional.zip of UCI Bank Marketing is not there"}
    dates, names = periods(most_rows)
    boosting = made("boosting", threads)
    found = leaks(dates, names, family=boosting)
    kept = [j for j, name in enumerate(names) if name != "duration"]
    clean = [one.__class__(one.as_of, one.X[:, kept], one.y) for one in dates]
    choice = choose([made(kind, threads) for kind in families], clean)
    mixed = choose([made(kind, threads) for kind in SHUFFLED], shuffled(clean))
    return {
        "calls": sum(len(one.y) for one in clean),
        "columns": len(kept),
        "periods": len(clean),
        "leaks": {
            one.name: {"alone": one.alone, "all_others": one.others, "lower": one.difference.lower} for one in found
        },
        "leaks_without_duration": len(leaks(clean, [names[j] for j in kept], family=boosting)),
        "families": {entry.family.kind: row(entry, clean) for entry in choice.table} | {"base rate": base(choice)},
        "chosen": choice.chosen.family.kind,
        "chosen_beats_base_rate": choice.shown,
        "shuffled": {entry.family.kind: figures(entry.validation.mean) for entry in mixed.table},
        "by_period": list(by_period(choice)),
    } | ({"tuned": tuned(clean, trials, threads)} if trials else {})


def periods(most_rows: int) -> tuple[list[Any], list[str]]:
    """The calls of each period as rows, and the names of the columns; a text's values are those of all periods.

    The order of the values carries nothing, so that knowing them early leaks nothing but their names.
    """
    from netlift.profiles.propensity.dates import Dated

    with zipfile.ZipFile(FILE) as archive, archive.open("bank-additional/bank-additional-full.csv") as file:
        calls = list(csv.DictReader(io.TextIOWrapper(file, "utf-8"), delimiter=";"))
    numbers = [name for name in calls[0] if name not in (*TEXTS, "y")]
    values = {name: sorted({call[name] for call in calls}) for name in TEXTS}
    names = numbers + [f"{name}={value}" for name in TEXTS for value in values[name]]
    months = months_of(calls)
    found = []
    for size in PERIODS:
        part = list(islice(months, size))
        rows = [call for _, month in part for call in month]
        rows = [rows[i] for i in np.unique(np.linspace(0, len(rows) - 1, min(most_rows, len(rows))).astype(int))]
        X = [
            [float(call[name]) for name in numbers]
            + [float(call[name] == value) for name in TEXTS for value in values[name]]
            for call in rows
        ]
        found.append(Dated(part[0][0], np.array(X), np.array([float(call["y"] == "yes") for call in rows])))
    return found, names


def months_of(calls: list[dict[str, str]]) -> Iterator[tuple[date, list[dict[str, str]]]]:
    """The calls month by month; the year is one more whenever a month is earlier than the one before."""
    year, last = 2008, 0
    for name, group in groupby(calls, key=lambda call: call["month"]):
        month = MONTHS.index(name) + 1
        year, last = year + (month < last), month
        yield date(year, month, 1), list(group)


def made(kind: str, threads: int) -> Any:
    """A family with its own settings, on so many threads."""
    from netlift.profiles.propensity.family import FAMILIES as KNOWN

    family = KNOWN[kind]
    return family(**({"threads": threads} if "threads" in family.__dataclass_fields__ else {}))


def shuffled(dates: Sequence[Any]) -> list[Any]:
    """The same rows dealt at random to the same number of parts of the same sizes."""
    X, y = np.concatenate([one.X for one in dates]), np.concatenate([one.y for one in dates])
    mixed, ends = np.random.default_rng(0).permutation(len(y)), np.cumsum([len(one.y) for one in dates])
    parts = np.split(mixed, ends[:-1])
    return [one.__class__(one.as_of, X[part], y[part]) for one, part in zip(dates, parts, strict=True)]


def figures(mean: Mapping[str, float]) -> dict[str, float]:
    return {name: mean[name] for name in FIGURES}


def row(entry: Any, dates: Sequence[Any]) -> dict[str, Any]:
    """Means over the judged periods, differences of log-loss with 95 % intervals, and the time of one fit."""
    X, y = np.concatenate([one.X for one in dates[:-1]]), np.concatenate([one.y for one in dates[:-1]])
    started = time.perf_counter()
    entry.family.fit(X, y, validation=(dates[-1].X, dates[-1].y))
    return figures(entry.validation.mean) | {
        "less_base": entry.against_base.estimate, "less_base_upper": entry.against_base.upper,
        "more_than_best": entry.against_best.estimate, "more_than_best_se": entry.against_best.se,
        "good_enough": entry.good_enough, "cost": entry.cost.name.lower(), "fit_seconds": time.perf_counter() - started,
    }  # fmt: skip


def base(choice: Any) -> dict[str, float]:
    """The same figures of one number for everybody: the share that bought in the period before."""
    folds = choice.chosen.validation.folds
    return {name: float(np.mean([getattr(fold.base, name) for fold in folds])) for name in FIGURES}


def by_period(choice: Any) -> Iterator[dict[str, Any]]:
    for fold in choice.chosen.validation.folds:
        yield {
            "from": fold.as_of.isoformat(), "calls": fold.found.n, "bought": fold.found.base_rate,
            "roc_auc": fold.found.roc_auc, "log_loss": fold.found.log_loss, "base_log_loss": fold.base.log_loss,
        }  # fmt: skip


def tuned(dates: Sequence[Any], trials: int, threads: int) -> dict[str, Any]:
    """Boosting before and after tuning, both judged on the last period, which the search never saw."""
    from netlift.profiles.propensity.intervals import difference
    from netlift.profiles.propensity.model import Model
    from netlift.profiles.propensity.tune import tune

    given = made("boosting", threads)
    found = tune(given, dates, trials=trials)
    before, after = (Model.learn(one, dates[:-1]).predict(dates[-1].X) for one in (given, found.family))
    apart = difference(dates[-1].y, after, before, "log_loss")
    return {
        "trials": trials, "pruned": found.pruned, "search_loss_before": found.started, "search_loss_after": found.loss,
        "last_period_log_loss_difference": apart.estimate, "lower": apart.lower, "upper": apart.upper,
    }  # fmt: skip
