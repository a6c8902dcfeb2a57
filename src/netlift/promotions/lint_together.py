"""Checks of promotions beside each other: who always wins, what they give away together, what sells below cost."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.documents import Request
from netlift.promotions.lint_found import Found, listed, money, said
from netlift.promotions.lint_trials import Given, Shop, Tried, merged
from netlift.promotions.promotion import Group
from netlift.promotions.quote import Quote, QuotedLine
from netlift.promotions.reasons import Why

MOST_STEPS, LEAST_STEPS, MOST_STARTS, MOST_OVERLAPS, MANY = 40, 4, 6, 100, 12
MOST_QUOTES = 6_000  # carts priced in the search for the worst, over all promotions
_LOST = {Why.EXCLUDED, Why.NOT_BEST, Why.NOTHING_LEFT, Why.TOO_FEW_UNITS, Why.NO_MATCHING_GOODS}


def beaten(tried: Sequence[Tried]) -> Iterator[Found]:
    """Promotions that apply alone and never beside the others, where those win, shut them out or leave nothing."""
    for one in tried:
        name, gives = one.promotion.id, one.gives
        if not gives or any(name in given.together.applied for given in gives) or one.gives_beside:
            continue
        if all(given.together.refusals[name] in _LOST for given in gives):
            winners = Counter(other for given in gives for other in given.together.applied)
            others = tuple(other for other, _ in winners.most_common(3))
            values = {"count": said(len(gives)), "others": listed(others)}
            yield Found("always_beaten", (name, *others), one.shop.place[name], values, gives[0].request)


def codes(shop: Shop) -> Iterator[Found]:
    """Codes that set off more than one promotion."""
    users: dict[str, list[str]] = defaultdict(list)
    for promotion in shop.promotions:
        for code in {code.casefold() for code in promotion.trigger.codes}:
            users[code].append(promotion.id)
    for code, names in sorted(users.items()):
        if len(names) > 1:
            place = f"{shop.place[names[0]]}.trigger.codes"
            yield Found("shared_code", tuple(names), place, {"code": said(code.upper())})


@dataclass
class _Seen:
    """The worst that was seen, by what it is about."""

    shop: Shop
    free: dict[tuple[str, ...], tuple[Request, Quote, QuotedLine | None]] = field(default_factory=dict)
    losses: dict[str, tuple[tuple[float, int], Request, Quote, QuotedLine]] = field(default_factory=dict)
    orders: dict[tuple[str, ...], tuple[int, int, Request, Quote]] = field(default_factory=dict)
    overlaps: dict[tuple[str, ...], tuple[tuple[float, int], Request, QuotedLine]] = field(default_factory=dict)
    looked: set[frozenset[str]] = field(default_factory=set)

    def look(self, request: Request, quote: Quote) -> None:
        """Take in one priced cart."""
        for line in quote.lines:
            if not line.gift_of and line.discount:
                self._look_at(line, request, quote)
        goods = [line for line in quote.lines if not line.gift_of]
        names = _who(quote)
        if names and not any(line.payable for line in goods) and frozenset(names) not in self.looked:
            self.looked.add(frozenset(names))
            culprit = self._culprit(names, request, None)
            if culprit is not None:
                self.free.setdefault((culprit,), (request, quote, None))
        self._whole_order(request, quote, names)

    def _look_at(self, line: QuotedLine, request: Request, quote: Quote) -> None:
        names = _who(quote, line.id)
        stacked = not line.payable and len(names) > 1
        if stacked and names not in self.free and self._culprit(names, request, line) is None:
            self.free[names] = (request, quote, line)
        cost = self.shop.costs.get(line.product)
        if cost is not None and _known(request, line) and line.payable < cost * line.quantity:
            worst = (line.payable / (cost * line.quantity), _size(request))
            if line.product not in self.losses or worst < self.losses[line.product][0]:
                self.losses[line.product] = (worst, request, quote, line)
        for place, first in enumerate(names):
            for second in names[place + 1 :]:
                most = (line.discount / line.total, -_size(request))
                if (first, second) not in self.overlaps or most > self.overlaps[first, second][0]:
                    self.overlaps[first, second] = (most, request, line)

    def _culprit(self, names: tuple[str, ...], request: Request, line: QuotedLine | None) -> str | None:
        """The one that by itself gives the line, or all goods, away; None where only stacking does."""
        for name in names:
            quote = self.shop.alone(self.shop.engine.promotions[name]).quote(request.cart, request.facts)
            goods = [one for one in quote.lines if not one.gift_of and (line is None or one.id == line.id)]
            if not any(one.payable for one in goods):
                return name
        return None

    def _whole_order(self, request: Request, quote: Quote, names: tuple[str, ...]) -> None:
        """Orders of which each line pays its cost, and all lines together do not pay for the gifts as well."""
        cost = 0
        for line in quote.lines:
            one = self.shop.costs.get(line.product)
            if one is None or not (line.gift_of or _known(request, line)):
                return
            if not line.gift_of and line.payable < one * line.quantity:
                return
            cost += one * line.quantity
        paid = sum(line.payable for line in quote.lines)
        if paid < cost and names not in self.orders:
            self.orders[names] = (paid, cost, request, quote)


def _size(request: Request) -> int:
    """Units of the cart: of equal findings the smallest cart is shown."""
    return sum(line.quantity for line in request.cart.lines)


def _known(request: Request, line: QuotedLine) -> bool:
    """Whether the line is a product at its own price, not one made up to cost just a threshold."""
    return any(one.id == line.id and one.cost is not None for one in request.cart.lines)


def _who(quote: Quote, line: str | None = None) -> tuple[str, ...]:
    """Promotions that took something off goods, or off one line, in order."""
    return tuple(dict.fromkeys(one.promotion for one in quote.adjustments if line in (None, one.line)))


def priced(tried: Sequence[Tried], carts: Sequence[Cart]) -> Iterator[Found]:
    """Goods given away, sold below cost, or discounted twice, on the worst carts that were found."""
    if not tried:
        return
    shop = tried[0].shop
    seen = _Seen(shop)
    starts = max(1, min(MOST_STARTS, MOST_QUOTES // (MOST_STEPS * len(tried))))
    steps = max(LEAST_STEPS, min(MOST_STEPS, MOST_QUOTES // (starts * len(tried))))
    for one in tried:
        for given in _spread(one.gives, starts):
            seen.look(given.request, given.together)
            request = replace(given.request, facts=merged(given.request.facts, shop.promotions))
            seen.look(request, shop.engine.quote(request.cart, request.facts))
            _descend(shop, request, seen, steps)
    shopper = _anybody(tried)
    for cart in carts:
        for facts in (Facts(now=shopper.now), shopper):
            request = Request(cart, facts)
            seen.look(request, shop.engine.quote(cart, facts))
    yield from _spoken(seen)


def _anybody(tried: Sequence[Tried]) -> Facts:
    first = next((given.request.facts for one in tried for given in one.gives), Facts())
    return merged(first, tried[0].shop.promotions)


def _spread(gives: Sequence[Given], most: int) -> list[Given]:
    """A few of the trials, those of least and most discount among them."""
    ranked = sorted(gives, key=lambda given: given.together.discount / max(1, given.together.total))
    step = max(1, len(ranked) // most)
    return list({id(one): one for one in (*reversed(ranked[-2:]), *ranked[::step])}.values())[:most]


def _descend(shop: Shop, start: Request, seen: _Seen, most: int) -> None:
    """Change the cart and the codes a step at a time, as long as the goods get cheaper by the share of their price."""
    request, best = start, _share(shop.engine.quote(start.cart, start.facts))
    steps = 0
    better = True
    while better and steps < most:
        better = False
        for other in _neighbours(request):
            steps += 1
            quote = shop.engine.quote(other.cart, other.facts)
            seen.look(other, quote)
            if _share(quote) < best:
                request, best, better = other, _share(quote), True
                break
            if steps >= most:
                break


def _share(quote: Quote) -> float:
    """The least part of its price that any line still costs."""
    return min((line.payable / line.total for line in quote.lines if line.total and not line.gift_of), default=1.0)


def _neighbours(request: Request) -> Iterator[Request]:
    """One code or token less; one, or twice, the units of a line; a line less."""
    facts, lines = request.facts, request.cart.lines
    for code in sorted(facts.codes):
        yield replace(request, facts=replace(facts, codes=facts.codes - {code}))
    for token in sorted(facts.tokens):
        yield replace(request, facts=replace(facts, tokens=facts.tokens - {token}))
    for place, line in enumerate(lines):
        for quantity in (line.quantity + 1, line.quantity * 2, line.quantity - 1):
            if 0 < quantity <= 100 and quantity != line.quantity:
                yield _with_line(request, place, replace(line, quantity=quantity))
        if len(lines) > 1:
            yield replace(request, cart=replace(request.cart, lines=lines[:place] + lines[place + 1 :]))


def _with_line(request: Request, place: int, line: Line) -> Request:
    lines = request.cart.lines
    return replace(request, cart=replace(request.cart, lines=(*lines[:place], line, *lines[place + 1 :])))


def _spoken(seen: _Seen) -> Iterator[Found]:
    shop = seen.shop
    for names, (request, quote, line) in seen.free.items():
        currency = quote.currency
        if line is None:
            total = sum(one.total for one in quote.lines if not one.gift_of)
            code, off, what = "free_order", total, ""
        else:
            code, total, off, what = "free_goods", line.total, line.discount, line.product
        values = {"line": said(what), "total": money(total, currency), "off": money(off, currency)}
        yield Found(code, names, shop.place[names[0]], values, request)
    worst: dict[tuple[str, ...], tuple[tuple[float, int], Request, Quote, QuotedLine]] = {}
    for loss in seen.losses.values():
        names = _who(loss[2], loss[3].id)
        if names not in worst or loss[0] < worst[names][0]:
            worst[names] = loss
    for names, (_, request, quote, goods) in worst.items():
        values = {
            "line": said(goods.product),
            "paid": money(goods.payable, quote.currency),
            "count": said(goods.quantity),
            "cost": money(shop.costs[goods.product] * goods.quantity, quote.currency),
        }
        yield Found("below_cost", names, shop.place[names[0]], values, request)
    for names, (paid, cost, request, quote) in seen.orders.items():
        applied = names or quote.applied
        values = {"paid": money(paid, quote.currency), "cost": money(cost, quote.currency)}
        yield Found("order_below_cost", applied, shop.place[applied[0]] if applied else "", values, request)
    largest = sorted(seen.overlaps.items(), key=lambda one: one[1][0], reverse=True)[:MOST_OVERLAPS]
    for names, (_, request, goods) in largest:
        currency = request.cart.currency
        values = {
            "line": said(goods.product),
            "off": money(goods.discount, currency),
            "total": money(goods.total, currency),
        }
        yield Found("overlap", names, shop.place[names[0]], values, request)


def unproved(tried: Sequence[Tried]) -> Iterator[Found]:
    """Groups where units compete, whose best deal is not proved on a cart of many different goods."""
    if not tried:
        return
    shop = tried[0].shop
    for group in _competing(shop.root):
        below = {group.id, *[child.id for child in group.children]}
        mine = [one for one in tried if one.promotion.group in below]
        names = tuple(one.promotion.id for one in mine)
        carts = [given.request for one in mine for given in one.gives[-1:]]
        if len(mine) < 2 or not carts:
            continue
        request = _crowded(carts, shop)
        quote = shop.engine.quote(request.cart, request.facts)
        if quote.optimality == "best found":
            units = sum(line.quantity for line in request.cart.lines)
            values = {"nodes": said(shop.policy.node_budget), "count": said(units)}
            yield Found("unproved_best_deal", names, f"group {group.id!r}", values, request)


def _competing(root: Group) -> Iterator[Group]:
    if root.mode == "best" and root.scope == "unit":
        yield root
    for child in root.children:
        yield from _competing(child)


def _crowded(carts: Sequence[Request], shop: Shop) -> Request:
    """The goods of all promotions of the group at many prices, three units of each."""
    goods = [line for request in carts for line in request.cart.lines][:MANY]
    while len(goods) < MANY:
        goods += goods[: MANY - len(goods)]
    lines = tuple(
        replace(line, id=f"crowd-{number}", quantity=3, unit_price=line.unit_price + 137 * number, floor=0, cost=None)
        for number, line in enumerate(goods)
    )
    return Request(Cart(carts[0].cart.currency, lines), merged(carts[0].facts, shop.promotions))
