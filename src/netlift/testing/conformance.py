"""`python -m netlift.testing.conformance FILE.json [--json]`: the engine against vectors of other engines.

A file holds vectors in the format `promo-conformance-vectors/0.1`: a cart, promotions, the policy of the engine that
the numbers come from, and what they must be. Every vector is mapped by its fields alone. Prints one line
`PASS id` or `FAIL id (why)` for each, the policies with the vectors that were judged under them, and last
`N passed, M failed`; the exit status is 1 if any failed, 2 if the file cannot be read.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from netlift.errors import DataError, NetliftError
from netlift.testing._fields import Written
from netlift.testing._kinds import Verdict, judged


def run(vectors: Sequence[object]) -> list[Verdict]:
    """A verdict for every vector; none raises, whatever a vector holds."""
    return [_verdict(vector, f"vectors[{number}]") for number, vector in enumerate(vectors)]


def _verdict(vector: object, place: str) -> Verdict:
    id_ = str(vector.get("id", place)) if isinstance(vector, dict) else place
    try:
        return judged(vector, place)
    except NetliftError as error:
        return Verdict(id_, "", str(error))
    except RecursionError:
        return Verdict(id_, "", "malformed vector: nested too deep")
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError) as error:
        return Verdict(id_, "", f"malformed vector: {type(error).__name__}: {error}")


def vectors_in(path: Path) -> list[object]:
    """The vectors of a file: a list, or an object with `vectors`.

    Raises:
        DataError: the file cannot be read, is no JSON, or holds no vectors.
    """
    try:
        document = json.loads(path.read_text("utf-8"), parse_float=Written)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: is no JSON of vectors: {error}") from error
    found = document.get("vectors") if isinstance(document, dict) else document
    if not isinstance(found, list):
        raise DataError(f"{path}: holds no list `vectors`")
    return found


def _by_policy(verdicts: Sequence[Verdict]) -> dict[str, list[str]]:
    """Ids of the vectors that were judged under each policy."""
    found: dict[str, list[str]] = {}
    for one in verdicts:
        found.setdefault(one.policy or "none (the vector could not be read)", []).append(one.id)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a file and print the verdicts; answers the exit status."""
    parser = argparse.ArgumentParser(prog="python -m netlift.testing.conformance", description=__doc__)
    parser.add_argument("file", type=Path, help="vectors as JSON")
    parser.add_argument("--json", action="store_true", help="print the verdicts as JSON")
    options = parser.parse_args(arguments)
    try:
        verdicts = run(vectors_in(options.file))
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    failed = sum(not verdict.passed for verdict in verdicts)
    if options.json:
        rows = [{"id": one.id, "passed": one.passed, "policy": one.policy, "why": one.why or None} for one in verdicts]
        print(
            json.dumps({"vectors": rows, "passed": len(rows) - failed, "failed": failed}, ensure_ascii=False, indent=1)
        )
        return 1 if failed else 0
    for one in verdicts:
        print(f"PASS {one.id}" if one.passed else f"FAIL {one.id} ({one.why})")
    for policy, names in _by_policy(verdicts).items():
        print(f"policy {policy}: {', '.join(names)}")
    print(f"{len(verdicts) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
