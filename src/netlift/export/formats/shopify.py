"""Shopify discounts: rows as in its own export, the input of its GraphQL mutations, and what it cannot say."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, NamedTuple

from netlift.candidates.candidate import Candidate
from netlift.errors import ConfigError
from netlift.export.cells import file_stem, write_csv
from netlift.export.codes import given, key_of, personal_code, personal_codes
from netlift.export.format import NEVER, Asked, Format, Refused, runs
from netlift.export.shopify import Discount, Terms, discount
from netlift.plan.artefact import Plan, plan_id
from netlift.promotions.promotion import Promotion
from netlift.types import Window

COLUMNS = (
    "Name", "Value", "Value Type", "Type", "Discount Class", "Minimum Purchase Requirements",
    "Combines with Order Discounts", "Combines with Product Discounts", "Combines with Shipping Discounts",
    "Customer Selection", "Context", "Times Used In Total", "Applies Once Per Customer", "Usage Limit Per Code",
    "Status", "Start", "End",
)  # fmt: skip
"""Of Shopify's own discount export."""


class _Made(NamedTuple):
    candidate: Candidate
    discount: Discount
    codes: tuple[str, ...]
    """That open it; none where it applies by itself."""


class Shopify(Format):
    """`discounts.csv`, one `MUTATION.jsonl` for each kind of discount, and `codes/OFFER.csv` for bulk codes."""

    kind: ClassVar[str] = "shopify"
    title: ClassVar[str] = "Shopify discounts (CSV and GraphQL input)"

    def write(self, plan: Plan, folder: Path, asked: Asked) -> tuple[Refused, ...]:
        """An offer is written whole or refused; personal ones are behind codes, as a shop cannot tell who is asking."""
        made: list[_Made] = []
        refused: list[Refused] = []
        codes = _codes(plan, asked)
        for part in (*plan.head.parts, *plan.head.public):
            candidate = part.candidate
            found = _translated(plan, candidate, asked, codes.get(candidate.offer.offer_id))
            if isinstance(found, _Made):
                made.append(found)
            else:
                refused += [Refused(candidate.offer.offer_id, why) for why in found]
        write_csv(folder / "discounts.csv", COLUMNS, (row for one in made for row in _rows(one)))
        _write_inputs(folder, made)
        for one in made:
            if len(one.codes) > 1:
                (folder / "codes").mkdir(exist_ok=True)
                name = file_stem(one.candidate.offer.offer_id)
                write_csv(folder / "codes" / f"{name}.csv", ("code",), ((code,) for code in one.codes[1:]))
        return tuple(refused)


def _codes(plan: Plan, asked: Asked) -> dict[str, tuple[str, ...]]:
    """The codes of every personal offer, as the format `codes` tells them to its customers."""
    found: dict[str, list[str]] = {part.candidate.offer.offer_id: [] for part in plan.head.parts}
    if not found:
        return {}
    key, id_ = key_of(asked.key), plan_id(plan)
    if asked.one_code:
        return {offer_id: (personal_code(key, id_, offer_id, ""),) for offer_id in found}
    for (offer_id, _), code in zip(given(plan), personal_codes(key, id_, given(plan)), strict=True):
        found[offer_id].append(code)
    return {offer_id: tuple(codes) for offer_id, codes in found.items()}


def _translated(
    plan: Plan, candidate: Candidate, asked: Asked, codes: tuple[str, ...] | None
) -> "_Made | tuple[str, ...]":
    """The offer, or why it cannot be said; `codes` are None for a public one."""
    if len(candidate.promotions) != 1:
        return (f"is {len(candidate.promotions)} promotions together; Shopify keeps discounts apart",)
    (promotion,), personal = candidate.promotions, codes is not None
    if codes is None:
        codes = promotion.trigger.codes
    elif not codes:
        return ("is given to nobody",)
    times = runs(candidate, promotion)
    if times is None:
        return (NEVER,)
    faults = _faults(promotion, candidate.offer.uses, asked, personal=personal)
    found, why = discount(promotion, _terms(plan, candidate, times, asked, personal=personal))
    if found is None or faults:
        return (*faults, *why)
    return _Made(candidate, found, () if found.automatic else codes)


def _faults(promotion: Promotion, uses: int, asked: Asked, *, personal: bool) -> tuple[str, ...]:
    """What stands in the way of the codes."""
    if not personal:
        opens = promotion.trigger.kind == "token"
        return ("opens by a token, such as a link; Shopify knows codes",) if opens else ()
    if asked.one_code:
        often = uses > 1
        return (f"may be used {uses} times by a customer; with one code for all Shopify knows once",) if often else ()
    limited = promotion.limits.total is not None
    return ("limits the uses of all customers together; Shopify limits each code: use --one-code",) if limited else ()


def _terms(plan: Plan, candidate: Candidate, times: Window, asked: Asked, *, personal: bool) -> Terms:
    (promotion,), offer = candidate.promotions, candidate.offer
    shared = not personal or asked.one_code
    return Terms(
        title=offer.name, currency=plan.head.currency, ids=asked.ids, start=times.start, end=times.end,
        coded=personal or promotion.trigger.kind == "code",
        uses=promotion.limits.total if shared else offer.uses or None,
        once=promotion.limits.per_customer == 1 or (personal and offer.uses == 1),
    )  # fmt: skip


def _rows(made: _Made) -> Iterator[tuple[str, ...]]:
    for name in made.codes or (made.candidate.offer.name,):
        yield tuple(name if column == "Name" else made.discount.row[column] for column in COLUMNS)


def _write_inputs(folder: Path, made: list[_Made]) -> None:
    """One line of variables per discount, as Shopify's bulk mutations read them; the first code makes the discount."""
    lines: dict[str, list[str]] = {}
    for one in made:
        code = {"code": one.codes[0]} if one.codes else {}
        variables = {one.discount.argument: {**one.discount.input, **code}}
        lines.setdefault(one.discount.mutation, []).append(json.dumps(variables, ensure_ascii=False))
    for mutation, found in sorted(lines.items()):
        (folder / f"{mutation}.jsonl").write_text("\n".join(found) + "\n", "utf-8")


def read_ids(path: Path) -> dict[str, str]:
    """Shopify's ids of goods from a CSV file with the columns `name` and `id`.

    Raises:
        ConfigError: it cannot be read, or has other columns.
    """
    import csv

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not {"name", "id"} <= set(reader.fieldnames or ()):
                raise ConfigError(
                    f"{path} needs the columns name and id, such as product:TEA-1,gid://shopify/Product/1"
                )
            return {row["name"].strip(): row["id"].strip() for row in reader if row["name"] and row["id"]}
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path} is no CSV in UTF-8: {error}") from error
