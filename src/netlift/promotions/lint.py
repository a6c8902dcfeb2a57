"""Looks a set of promotions over before launch: what never applies, what gives goods away, what sells below cost.

Every finding that speaks of prices was seen: the engine priced a cart, which is shown. Carts are made from the
definitions' own conditions, so "never" means on none of those carts; it is no proof.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from netlift.promotions.cart import Cart, Line
from netlift.promotions.documents import Request
from netlift.promotions.lint_alone import dead_tiers, floors, limits, never
from netlift.promotions.lint_found import Found
from netlift.promotions.lint_texts import FINDINGS, SEVERITIES, Severity
from netlift.promotions.lint_together import beaten, codes, priced, unproved
from netlift.promotions.lint_trials import Shop, Tried
from netlift.promotions.policy import Policy
from netlift.promotions.promotion import Group, Promotion
from netlift.promotions.texts import Language


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a set of promotions that somebody should look at before it is launched."""

    code: str
    """One of `lint_texts.FINDINGS`."""
    severity: Severity
    promotions: tuple[str, ...]
    place: str
    """Where it stands in the definitions, such as `promotions[2].benefits[0].effect.off.tiers[1]`."""
    en: str
    zh_CN: str  # noqa: N815  the name of the language
    example: Request | None = None
    """A cart and its shopper that show it."""

    def text(self, language: Language = "en") -> str:
        """The finding in words."""
        return self.zh_CN if language == "zh_CN" else self.en


def lint(
    promotions: Sequence[Promotion],
    root: Group | None = None,
    policy: Policy | None = None,
    *,
    products: Sequence[Line] = (),
    costs: Mapping[str, int] | None = None,
    typical_carts: Sequence[Cart] = (),
    currency: str = "EUR",
) -> tuple[Finding, ...]:
    """Findings about a set of promotions, the worst first.

    Args:
        promotions: definitions, which must be sound.
        root: the tree of groups that they name.
        policy: the switches of the arithmetic.
        products: what the shop sells, one unit each, with cost and floor where they are known. The goods of
            `typical_carts` count too; without either, goods are made up from the conditions, and their cost is unknown.
        costs: cost of one unit in minor units by product, for products that do not bring their own.
        typical_carts: carts to try besides those that are made up.
        currency: of carts for promotions that name none.

    Raises:
        DefinitionError: a promotion, the tree or the policy is wrong.

    >>> from decimal import Decimal
    >>> from netlift.promotions import Benefit, Percent, Promotion
    >>> half = Benefit(Percent(Decimal(50)))
    >>> [finding.code for finding in lint([Promotion("a", (half,)), Promotion("b", (half,))])]
    ['overlap']
    """
    known = _with_costs([*products, *[line for cart in typical_carts for line in cart.lines]], costs or {})
    if typical_carts:
        currency = typical_carts[0].currency
    shop = Shop(promotions, root or Group(), policy or Policy(), known, currency)
    tried = [Tried(shop, promotion) for promotion in shop.promotions]
    found: list[Found] = []
    for one in tried:
        found += [*never(one), *dead_tiers(one), *floors(one), *limits(one)]
    found += [*codes(shop), *beaten(tried), *priced(tried, _costed(typical_carts, shop)), *unproved(tried)]
    return tuple(sorted(map(_finding, _once(found)), key=_rank))


def _with_costs(lines: Iterable[Line], costs: Mapping[str, int]) -> list[Line]:
    """Products, each once, with the cost that the line or the table says."""
    found: dict[str, Line] = {}
    for line in lines:
        name = line.product or line.id
        if name not in found and not line.gift_of:
            found[name] = line if line.cost is not None else replace(line, cost=costs.get(name))
    return list(found.values())


def _costed(carts: Sequence[Cart], shop: Shop) -> list[Cart]:
    return [
        replace(cart, lines=tuple(replace(line, cost=shop.costs.get(line.product or line.id)) for line in cart.lines))
        for cart in carts
    ]


def _once(found: Iterable[Found]) -> list[Found]:
    return list({(one.code, one.promotions, one.place): one for one in reversed(list(found))}.values())


def _finding(found: Found) -> Finding:
    severity, en, zh = FINDINGS[found.code]
    return Finding(
        found.code,
        severity,
        found.promotions,
        found.place,
        en.format(**{name: said.en for name, said in found.values.items()}),
        zh.format(**{name: said.zh for name, said in found.values.items()}),
        found.example,
    )


def _rank(finding: Finding) -> tuple[int, str, tuple[str, ...], str]:
    return SEVERITIES.index(finding.severity), finding.code, finding.promotions, finding.place
