"""Customers scored on Spark's executors get the very rows that this machine gives them."""

import pyarrow as pa
import pytest

from netlift.engines import Engine
from netlift.errors import EngineError
from netlift.response import features
from netlift.response.respond import respond
from netlift.response.results import Responses
from netlift.response.scoring import Scorer, here
from netlift.response.spark import away
from tests.response.worlds import WASHOUT, opened, simulated

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark"), pytest.mark.slow]


def asked(tables: dict[str, pa.Table], scorer: Scorer) -> tuple[Responses, pa.Table]:
    kept: list[pa.Table] = []
    found = respond(
        opened(tables), washout_days=WASHOUT, scorer=scorer, write=lambda reader: kept.append(reader.read_all())
    )
    return found, kept[0]


def test_the_same_rows_and_counts_to_the_last_bit(spark: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several parts, more than go out at a time, the last of them smaller."""
    monkeypatch.setattr(features, "CHUNK", 130)
    tables = dict(simulated().tables)
    found, rows = asked(tables, away(spark.session))  # type: ignore[attr-defined]
    local, wanted = asked(tables, here)
    assert rows.num_rows > 3 * 2 * 130
    assert rows.schema.equals(wanted.schema, check_metadata=True)
    assert rows.equals(wanted)
    assert found.learned == local.learned
    assert sum(one.scored for one in found.learned) == rows.num_rows


def test_what_fails_on_an_executor_is_told(spark: Engine) -> None:
    class Now:
        def parts(self, *, interests: bool) -> list[features.Part]:
            assert not interests
            return iter([features.Part(pa.table({"customer_id": ["a"]}), None)])  # type: ignore[return-value]

    class Broken:
        vocabulary = features.Vocabulary()
        names = ("orders",)

    scorer = away(spark.session)  # type: ignore[attr-defined]
    with pytest.raises(EngineError, match="is no feature of this table"):
        list(scorer(Now(), [(None, Broken())]))  # type: ignore[arg-type, list-item]
