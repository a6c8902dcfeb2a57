"""evaluate(cart, facts, promotions, policy) -> Quote: pure, exact, and the same whatever order things come in."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from netlift.errors import CartError
from netlift.money import CURRENCIES
from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.check import check_promotions
from netlift.promotions.codec import check
from netlift.promotions.combine import Node
from netlift.promotions.conditions import attributes_named, gate, is_of_goods
from netlift.promotions.gates import gates
from netlift.promotions.index import Index, goods_of
from netlift.promotions.part import Part
from netlift.promotions.place import Place
from netlift.promotions.policy import Policy
from netlift.promotions.promotion import Benefit, Group, Promotion
from netlift.promotions.quote import Quote
from netlift.promotions.reasons import Why
from netlift.promotions.runnable import Entry, Run, Runnable
from netlift.promotions.settle import settled
from netlift.promotions.state import State

_POLICY, _ROOT, _NOTHING_KNOWN = Policy(), Group(), Facts()
_AT_FACTS = Place(error=CartError) / "facts"
_UNTAXED = Line("", 0, 1).tax_rate
_SCALARS = frozenset({str, int, bool, Decimal})


def evaluate(
    cart: Cart,
    facts: Facts,
    promotions: Sequence[Promotion],
    policy: Policy = _POLICY,
    *,
    root: Group = _ROOT,
) -> Quote:
    """Price a cart under promotions.

    For many carts under the same promotions, compile them once: `Engine(promotions, root, policy).quote(cart, facts)`.

    Args:
        cart: what is bought; money in integer minor units.
        facts: what is known of the shopper and the moment.
        promotions: definitions; their order does not matter.
        policy: the switches of the arithmetic.
        root: the tree of groups that the promotions name.

    Raises:
        DefinitionError: a promotion, the tree or the policy is wrong; the message names the place.
        CartError: the cart is wrong.

    >>> from decimal import Decimal
    >>> from netlift.promotions import Benefit, Cart, Facts, Line, Percent, Promotion, evaluate
    >>> tenth = Promotion("tenth", (Benefit(Percent(Decimal(10))),))
    >>> evaluate(Cart("EUR", (Line("a", unit_price=1999, quantity=3),)), Facts(), [tenth]).discount
    600
    """
    return compiled(promotions, root, policy).quote(cart, facts)


def compiled(promotions: Sequence[Promotion], root: Group = _ROOT, policy: Policy = _POLICY) -> "Engine":
    """The engine for these promotions; kept for the next call.

    Raises:
        DefinitionError: a promotion, the tree or the policy is wrong.
    """
    try:
        return _kept(tuple(promotions), root, policy)
    except TypeError:  # a list where a tuple belongs cannot be kept; the engine says where
        return Engine(promotions, root, policy)


@lru_cache(maxsize=32)
def _kept(promotions: tuple[Promotion, ...], root: Group, policy: Policy) -> "Engine":
    return Engine(promotions, root, policy)


class Engine:
    """Promotions made ready to price carts: checked, compiled and indexed once.

    Args:
        promotions: definitions.
        root: the tree of groups that they name.
        policy: the switches of the arithmetic.
    """

    def __init__(self, promotions: Sequence[Promotion], root: Group = _ROOT, policy: Policy = _POLICY) -> None:
        check(policy, Place() / "policy")
        check_promotions(promotions, root)
        self.policy = policy
        self.root = root
        self.promotions = {promotion.id: promotion for promotion in sorted(promotions, key=lambda one: one.id)}
        ordered = list(self.promotions.values())
        self._nodes = _nodes(root)
        goods = [goods_of(promotion) for promotion in ordered]
        self._rules = [_rule(promotion, self._nodes, policy) for promotion in ordered]
        for rule, promotion, keys in zip(self._rules, ordered, goods, strict=True):
            rule.goods = None if promotion.seller is not None else keys
        self._catalog = {promotion.id for promotion in ordered if promotion.level == "catalog"}
        _rank(self._nodes, self._rules, ordered)
        self._index = Index(ordered, goods)
        self.attributes = tuple(sorted(set().union(*map(_attributes, ordered)))) if ordered else ()

    def quote(self, cart: Cart, facts: Facts = _NOTHING_KNOWN) -> Quote:
        """Price one cart.

        Raises:
            CartError: the cart is wrong.
        """
        check_cart(cart, self.policy)
        if facts is not _NOTHING_KNOWN:
            check(facts, _AT_FACTS)
        state = State(cart, facts, self.policy, self.attributes)
        run = Run(self._index.refusals.copy())
        rules = self._admitted(state, run)
        if self._catalog:
            self._give([rule for rule in rules if rule.id in self._catalog], state, run)
            state.settle_shelf()
            self._give([rule for rule in rules if rule.id not in self._catalog], state, run)
        else:
            self._give(rules, state, run)
        for rule in rules:
            name = rule.id
            if name not in run.applied and name not in run.refusals:  # its group had nobody to ask, such as no seller
                run.refusals[name] = Why.NO_MATCHING_GOODS
        return settled(cart, state, run, self.promotions)

    def _admitted(self, state: State, run: Run) -> list[Runnable]:
        """Promotions that may give something; who is refused for the whole order keeps that reason and is not asked."""
        rules, refusals = self._rules, run.refusals
        found = []
        for place in self._index.candidates(state):
            rule = rules[place]
            for one in rule.gates:
                why = one(state)
                if why is not None:
                    refusals[rule.id] = why
                    break
            else:
                del refusals[rule.id]
                found.append(rule)
        return found

    def _give(self, rules: list[Runnable], state: State, run: Run) -> None:
        if not rules:
            return
        top = self._nodes[self.root.id]
        entries: dict[Entry, list[Entry]] = {}
        if len(self._nodes) == 1:
            entries[top] = [*rules]
            rules = []
        for rule in rules:
            node = rule.node
            if node not in entries:
                entries[node] = []
                while node.parent is not None:
                    known = node.parent in entries
                    entries.setdefault(node.parent, []).append(node)
                    if known:
                        break
                    node = node.parent
            entries[rule.node].append(rule)
        for found in entries.values():
            found.sort(key=_by_rank)
        run.entries = entries
        top.give(state, run)


def _by_rank(entry: Entry) -> int:
    return entry.rank


def _nodes(root: Group) -> dict[str, Node]:
    found: dict[str, Node] = {}
    waiting: list[tuple[Group, Node | None]] = [(root, None)]
    while waiting:
        group, parent = waiting.pop()
        node = found[group.id] = Node(group, parent)
        waiting += [(child, node) for child in group.children]
    return found


def _rule(promotion: Promotion, nodes: dict[str, Node], policy: Policy) -> Runnable:
    parts = [Part(promotion, place, policy) for place in range(len(promotion.benefits))]
    rule = Runnable(promotion.id, promotion.version, gates(promotion), parts, promotion.limits, promotion.seller)
    if promotion.audience is not None:
        if is_of_goods(promotion.audience):
            rule.audience = gate(promotion.audience)
        else:
            rule.gates.append(gate(promotion.audience))
    rule.exclusive = promotion.exclusive
    rule.node = nodes.get(promotion.group, nodes[""] if "" in nodes else next(iter(nodes.values())))
    rule.node.exclusive |= promotion.exclusive
    return rule


def _rank(nodes: dict[str, Node], rules: list[Runnable], promotions: list[Promotion]) -> None:
    """Place of every rule and group among its siblings: by priority, groups in the order of the tree, then by id."""
    siblings: dict[str, list[tuple[tuple[int, int, int, str], Runnable | Node]]] = {}
    for rule, promotion in zip(rules, promotions, strict=True):
        siblings.setdefault(rule.node.id, []).append(((-promotion.priority, 0, 0, rule.id), rule))
    for node in nodes.values():
        for place, child in enumerate(node.group.children):
            siblings.setdefault(node.id, []).append(((-child.priority, 1, place, child.id), nodes[child.id]))
    for group in siblings.values():
        group.sort(key=lambda entry: entry[0])
        for rank, (_, entry) in enumerate(group):
            entry.rank = rank


def _attributes(promotion: Promotion) -> set[str]:
    return attributes_named(promotion.audience).union(*map(_attributes_of, promotion.benefits))


def _attributes_of(benefit: Benefit) -> set[str]:
    wheres = [benefit.when, benefit.target.where, *[slot.where for slot in benefit.target.slots]]
    return set().union(*map(attributes_named, wheres))


def check_cart(cart: Cart, policy: Policy = _POLICY) -> None:
    """Raise `CartError` with the place of the first thing that is wrong with a cart.

    Every line passes a quick test; only one that fails it is checked field by field, to say what is wrong.
    """
    if cart.currency not in CURRENCIES:
        raise CartError(
            f"cart.currency: {cart.currency!r} is no currency: write its ISO 4217 code in capitals, such as EUR or CNY"
        )
    if len(cart.lines) > policy.max_lines:
        raise CartError(
            f"cart.lines: {len(cart.lines):,} lines, and the policy allows {policy.max_lines:,}: split the order, "
            "or raise max_lines of the policy"
        )
    seen: set[str] = set()
    units = 0
    for place, line in enumerate(cart.lines):
        quantity, price, name = line.quantity, line.unit_price, line.id
        if (
            type(quantity) is not int
            or type(price) is not int
            or type(name) is not str
            or type(line.category) is not tuple
            or type(line.tags) is not tuple
            or type(line.brand) is not str
            or type(line.seller) is not str
            or type(line.product) is not str
            or (line.attributes and not all(map(_is_attribute, line.attributes.values())))
            or quantity < 1
            or price < 0
            or name in seen
            or (line.tax_rate is not _UNTAXED and not _is_rate(line.tax_rate))
            or not _is_amount(line.floor)
            or (line.list_price is not None and not _is_amount(line.list_price))
            or (line.total is not None and not _is_amount(line.total))
            or (line.cost is not None and not _is_amount(line.cost))
            or (line.price_lists and not all(map(_is_amount, line.price_lists.values())))
        ):
            _check_line(line, place, seen)
        seen.add(name)
        units += quantity
    if units > policy.max_units:
        raise CartError(
            f"cart.lines: {units:,} units, and the policy allows {policy.max_units:,}: split the order, or raise "
            "max_units of the policy"
        )
    _check_shipping(cart)


def _is_amount(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_attribute(value: object) -> bool:
    return type(value) in _SCALARS or (type(value) is tuple and all(type(one) in _SCALARS for one in value))


def _is_rate(value: object) -> bool:
    return type(value) is Decimal and value.is_finite() and value >= 0


def _check_line(line: Line, place: int, seen: set[str]) -> None:
    at = Place(error=CartError) / "cart" / "lines" / place
    if type(line.quantity) is int and line.quantity < 1:
        raise (at / "quantity").wrong(f"{line.quantity} units: a cart holds at least 1; returns go through refund")
    if type(line.unit_price) is int and line.unit_price < 0:
        raise (at / "unit_price").wrong(f"{line.unit_price} is below 0: discounts are promotions, not prices")
    check(line, at)
    if line.id in seen:
        raise (at / "id").wrong(f"there are two lines {line.id!r}: give every line an id of its own")


def _check_shipping(cart: Cart) -> None:
    seen: set[str] = set()
    for place, shipping in enumerate(cart.shipping):
        at = Place(error=CartError) / "cart" / "shipping" / place
        if not _is_amount(shipping.price) or not _is_rate(shipping.tax_rate) or type(shipping.id) is not str:
            check(shipping, at)
        if shipping.id in seen:
            raise (at / "id").wrong(f"there are two ways of delivery {shipping.id!r}: give every one an id of its own")
        seen.add(shipping.id)
