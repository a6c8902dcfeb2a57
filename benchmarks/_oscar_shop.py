"""A django-oscar shop in memory that applies its offers to a basket when asked; runs in an environment of its own.

It reads one JSON line, `{"deals": [...], "carts": [[line, ...], ...]}`, answers `{"version": ..., "offers": ...}`,
and then for every further line, the number of a cart, `{"ns": ..., "discount": ..., "applied": ...}`: the time of one
`Applicator.apply`, as Oscar does it for every request with a basket. Products, offers and baskets are made before;
the basket keeps its lines and their prices in memory from one time to the next, which a request does not.
"""

import json
import sys
import time
from decimal import Decimal


def configure():
    """Oscar's own settings, SQLite in memory, tables without the history of migrations."""
    import django
    import oscar
    from django.conf import settings
    from oscar import defaults

    class NoMigrations:
        def __contains__(self, name):
            return True

        def __getitem__(self, name):
            return None

    own = {name: value for name, value in vars(defaults).items() if name.startswith("OSCAR_")}
    settings.configure(
        **own,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=oscar.INSTALLED_APPS,
        MIGRATION_MODULES=NoMigrations(),
        SITE_ID=1,
        SECRET_KEY="benchmark",  # noqa: S106  a shop in memory that nobody can reach
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0, interactive=False)


def stock(carts):
    """One product per product id with its price, in its category; both by name."""
    from oscar.core.loading import get_model

    category_model, product_model = get_model("catalogue", "Category"), get_model("catalogue", "Product")
    sort = get_model("catalogue", "ProductClass").objects.create(name="goods", track_stock=False)
    partner = get_model("partner", "Partner").objects.create(name="shop")
    categories, products = {}, {}
    for line in (line for cart in carts for line in cart):
        if line["product"] in products:
            continue
        if line["category"] not in categories:
            categories[line["category"]] = category_model.add_root(name=line["category"])
        product = product_model.objects.create(title=line["product"], product_class=sort, upc=line["product"])
        product.categories.add(categories[line["category"]])
        product.stockrecords.create(
            partner=partner, partner_sku=line["product"], price=Decimal(line["price"]) / 100, price_currency="EUR"
        )
        products[line["product"]] = product
    return products, categories


def open_offers(deals, products, categories):
    """One site offer per deal, which combines with all others; deals on goods that no cart has get an empty range."""
    from oscar.core.loading import get_model

    models = {name: get_model("offer", name) for name in ("Range", "Condition", "Benefit", "ConditionalOffer")}
    for place, deal in enumerate(deals):
        everything = not deal["product"] and not deal["category"]
        goods = models["Range"].objects.create(name=deal["id"], includes_all_products=everything)
        if deal["product"] in products:
            goods.add_product(products[deal["product"]])
        if deal["category"] in categories:
            goods.included_categories.add(categories[deal["category"]])
        condition, benefit, most = terms(deal)
        models["ConditionalOffer"].objects.create(
            name=deal["id"],
            condition=models["Condition"].objects.create(range=goods, **condition),
            benefit=models["Benefit"].objects.create(range=goods, **benefit),
            priority=len(deals) - place,
            exclusive=False,
            max_basket_applications=most,
        )


def terms(deal):
    """Condition, benefit and how often, in Oscar's words; of tiers the first, as Oscar has none."""
    one = {"type": "Count", "value": 1}
    if deal["kind"] == "third_free":
        return {"type": "Count", "value": 3}, {"type": "Multibuy"}, None
    if deal["kind"] == "percent":
        return one, {"type": "Percentage", "value": deal["value"]}, 1
    start, value = (deal["start"], deal["value"]) if deal["kind"] == "order" else deal["tiers"][0]
    spent = {"type": "Value", "value": Decimal(start) / 100}
    return spent, {"type": "Absolute", "value": Decimal(value) / 100}, 1


def filled(cart, products):
    """A saved basket with the goods of a cart."""
    from oscar.core.loading import get_class, get_model

    basket = get_model("basket", "Basket").objects.create()
    basket.strategy = get_class("partner.strategy", "Selector")().strategy()
    for line in cart:
        basket.add_product(products[line["product"]], line["quantity"])
    return basket


def main():
    """Open the shop, then apply the offers as often as asked."""
    configure()
    import oscar
    from oscar.core.loading import get_class

    asked = json.loads(sys.stdin.readline())
    products, categories = stock(asked["carts"])
    open_offers(asked["deals"], products, categories)
    baskets = [filled(cart, products) for cart in asked["carts"]]
    applicator = get_class("offer.applicator", "Applicator")()
    print(json.dumps({"version": oscar.get_version(), "offers": len(asked["deals"])}), flush=True)
    for number in sys.stdin:
        basket = baskets[int(number)]
        basket.reset_offer_applications()
        started = time.perf_counter_ns()
        applicator.apply(basket)
        spent = time.perf_counter_ns() - started
        discounts = basket.offer_applications.offer_discounts
        discount = sum(one["discount"] for one in discounts)
        print(json.dumps({"ns": spent, "discount": int(discount * 100), "applied": len(discounts)}), flush=True)


if __name__ == "__main__":
    main()
