"""What a customer likes, a little cheaper: per cents or a price of one's own in a category of interest."""

from collections.abc import Iterator
from typing import ClassVar

from netlift.candidates.audiences import buyers_of, interested_in
from netlift.candidates.candidate import Goal
from netlift.candidates.ground import Ground, best_sellers
from netlift.candidates.idea import Draft, Idea, filled
from netlift.candidates.rounding import price

MOST_SHELVES = 6


class Interests(Idea):
    """Personal offers on single shelves."""

    kind = "interests"
    mechanisms: ClassVar = {"percent_off": "interests of customers", "personal_price": "interests of customers"}

    def drafts(self, ground: Ground) -> Iterator[Draft]:
        """For those interested but silent and for buyers, shelf by shelf."""
        if ground.sources.interests is None:
            return
        light, usual, deep = ground.depths
        for place, shelf in enumerate(ground.shelves[:MOST_SHELVES]):
            rows, name = ground.on_shelf(shelf.category), shelf.category
            people = (
                (interested_in(name, ground.crowd, ground.sources.gap_days), (deep, usual, light), "liked_not_bought"),
                (buyers_of(name, ground.crowd), (light,), "buys_it"),
            )
            for audience, depths, why in people:
                picked = ground.deepest(rows, depths, category=name, personal=True)
                if picked is None or not ground.crowd.members(audience).any():
                    continue
                percent, choice = picked
                goal = Goal.WIN_BACK if why == "liked_not_bought" and place % 2 else Goal.REVENUE
                yield Draft(
                    kind="percent_off", form=filled(choice, off=str(percent)), choice=choice, goal=goal,
                    cut=percent / 100, depth=percent / 100, uses=1, personal=True, audience=audience, why=(why,),
                    promise=0.75 - 0.05 * place,
                )  # fmt: skip
            for row in best_sellers(ground, rows, 1):
                yield from _own_price(ground, row, name)


def _own_price(ground: Ground, row: int, category: str) -> Iterator[Draft]:
    """The best seller of a shelf at a price for those who like the shelf."""
    usual = ground.depths[1]
    listed = int(ground.goods.price[row])
    own = price(listed * (1 - usual / 100))
    audience = interested_in(category, ground.crowd, ground.sources.gap_days)
    if not usual or not 0 < own < listed or not ground.crowd.members(audience).any():
        return
    cut = 1 - own / listed
    choice = ground.pick(ground.everything[row : row + 1], cut, named=True, personal=True)
    if choice is not None:
        yield Draft(
            kind="personal_price", form=filled(choice, price=own), choice=choice, goal=Goal.REVENUE, cut=cut,
            face_minor=listed - own, uses=1, personal=True, audience=audience,
            why=("liked_not_bought", "best_seller"), numbers={"price_minor": own, "list_minor": listed}, promise=0.5,
        )  # fmt: skip
