"""`netlift lint`: look a set of promotions over before launch."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from netlift.promotions.cart import Cart

PromotionFile = Annotated[Path, typer.Argument(help="Promotions as JSON, with their groups.", show_default=False)]
CartFiles = Annotated[
    list[Path] | None,
    typer.Option("--cart-file", help="A typical cart as JSON, with costs where known; may be repeated."),
]
Shop = Annotated[
    Path | None, typer.Option("--workspace", help="Workspace whose last four weeks of orders give products and carts.")
]
PolicyFile = Annotated[Path | None, typer.Option(help="Policy as JSON: rounding, splitting, tax, search budget.")]
CurrencyCode = Annotated[str, typer.Option(help="Currency of made-up carts, where nothing else names one.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Lang = Annotated[str, typer.Option("--language", "--lang", help="Language of texts: en or zh-CN.")]

DAYS, MOST_CARTS = 28, 500


def lint(
    promotions: PromotionFile,
    *,
    cart_files: CartFiles = None,
    workspace: Shop = None,
    policy: PolicyFile = None,
    currency: CurrencyCode = "EUR",
    json: Json = False,
    lang: Lang = "en",
) -> None:
    """Find promotions that never apply, give goods away, sell below cost or overlap; exit status 1 where errors are.

    Every finding about prices comes with a cart that shows it.
    """
    from netlift.cli._quoting import print_json, read, read_document, read_policy
    from netlift.errors import ConfigError, DefinitionError
    from netlift.money import CURRENCIES
    from netlift.promotions.lint import lint as findings_of
    from netlift.report.lint_table import lint_json, lint_table
    from netlift.report.quote_table import texts_language

    language = texts_language(lang)
    if currency not in CURRENCIES:
        raise ConfigError(f"--currency {currency!r} is no currency: write its ISO 4217 code, such as EUR or CNY")
    document, switches = read_document(promotions), read_policy(policy)
    carts = [read(path, _cart) for path in cart_files or []]
    if workspace is not None:
        carts += _past_carts(workspace)
    _check_carts(carts, cart_files or [])
    try:
        findings = findings_of(document.promotions, document.root, switches, typical_carts=carts, currency=currency)
    except DefinitionError as error:
        raise DefinitionError(f"{promotions}: {error}") from error
    if json:
        print_json(lint_json(findings, language))
    else:
        from rich.console import Console

        Console().print(lint_table(findings, language))
    if any(one.severity == "error" for one in findings):
        raise typer.Exit(1)


def _cart(content: bytes) -> "Cart":
    """A cart, alone or with its facts."""
    from netlift.promotions import documents
    from netlift.promotions.engine import check_cart

    data = documents.parse_cart(content)
    alone = not (isinstance(data, dict) and "cart" in data)
    cart = documents.read_cart(data) if alone else documents.read_request(data).cart
    check_cart(cart)
    return cart


def _check_carts(carts: "list[Cart]", paths: list[Path]) -> None:
    from netlift.errors import CartError

    for number, cart in enumerate(carts):
        if cart.currency != carts[0].currency:
            name = paths[number] if number < len(paths) else "the workspace"
            raise CartError(f"{name}: its currency is {cart.currency}, and that of the first cart {carts[0].currency}")


def _past_carts(path: Path) -> "list[Cart]":
    """Carts of the last four weeks, as they were before their own discounts."""
    from datetime import timedelta
    from itertools import islice

    from netlift.data.workspace import Workspace
    from netlift.engines.base import Settings
    from netlift.engines.duckdb import connect
    from netlift.history.carts import Terms, batches, open_orders, past_orders

    shop = Workspace.open(path)
    zone, margin = shop.settings.timezone, shop.settings.margin
    with connect(Settings()) as con:
        span = open_orders(con, shop, Terms(time_zone=zone))
        since = None if span.last is None else (span.last - timedelta(days=DAYS)).date()
        terms = Terms(since, margin=margin, time_zone=zone)
        orders = (
            order
            for batch in batches(con, span.currency, terms, attributes=True)
            for order in past_orders(batch, span.currency, terms)
        )
        return [order.cart for order in islice(orders, MOST_CARTS)]
