"""django-oscar beside netlift: its shop in an environment and a process of its own, asked one basket at a time."""

import json
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._quote_cases import Deal
from netlift.promotions import Cart, Facts

_SHOP = Path(__file__).with_name("_oscar_shop.py")


class Missing(Exception):  # noqa: N818  it is no error of the benchmark
    """Oscar is not to be had here; the text says why."""


class Shop:
    """A running shop that applies its offers to its baskets."""

    def __init__(self, process: "subprocess.Popen[str]", opening: dict[str, Any]) -> None:
        self._process = process
        self.version: str = opening["version"]
        self.offers: int = opening["offers"]

    def apply(self, cart: int) -> dict[str, int]:
        """Nanoseconds of one application to a cart, the discount in minor units, and the offers that gave it."""
        return _said(self._process, str(cart))


@contextmanager
def oscar_shop(deals: Sequence[Deal], carts: Sequence[tuple[Cart, Facts]]) -> Iterator[Shop]:
    """A shop with these offers and baskets.

    Oscar knows no segments, so the deals of segments are offers to everybody; the carts' customers must have them.

    Raises:
        Missing: it cannot be installed or does not start.
    """
    with TemporaryDirectory(prefix="netlift-oscar-") as folder:
        python = _installed(Path(folder))
        asked = {"deals": [_told(deal) for deal in deals], "carts": [_lines(cart) for cart, _ in carts]}
        with subprocess.Popen(
            [python, "-W", "ignore", str(_SHOP)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            try:
                yield Shop(process, _said(process, json.dumps(asked)))
            finally:
                process.terminate()


def _installed(folder: Path) -> str:
    venv.create(folder / "env", with_pip=True)
    python = str(folder / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "django-oscar"]
    done = subprocess.run(pip, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        reason = next((line for line in reversed(done.stderr.splitlines()) if line.startswith("ERROR")), "pip failed")
        raise Missing(f"django-oscar cannot be installed: {reason}")
    return python


def _told(deal: Deal) -> dict[str, Any]:
    return {name: getattr(deal, name) for name in ("id", "kind", "value", "product", "category", "start", "tiers")}


def _lines(cart: Cart) -> list[dict[str, Any]]:
    return [
        {"product": line.product, "category": line.category[0], "price": line.unit_price, "quantity": line.quantity}
        for line in cart.lines
    ]


def _said(process: "subprocess.Popen[str]", line: str) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(line + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        pass
    answer = process.stdout.readline()
    if not answer:
        _, told = process.communicate()
        raise Missing(f"django-oscar does not run: {(told.strip().splitlines() or ['no answer'])[-1]}")
    return json.loads(answer)
