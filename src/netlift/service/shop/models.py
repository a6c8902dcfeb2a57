"""What the shop tells: customers by pseudonym, products, units in stock and prices through time."""

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint


class Customer(models.Model):
    """A customer without anything that names them: personal fields are sealed in the room privacy."""

    pseudonym = models.CharField(max_length=64, unique=True)
    segments = models.JSONField(default=list)
    """Names of the shop's own groups, sorted."""
    level = models.CharField(max_length=60, default="", blank=True)
    """Of membership."""
    since = models.DateField(null=True, blank=True)
    """Day of the first order or of signing up."""
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.pseudonym


class Product(models.Model):
    """Something that is sold."""

    product_id = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=300, default="", blank=True)
    category = models.CharField(max_length=200, default="", blank=True)
    brand = models.CharField(max_length=200, default="", blank=True)
    seller = models.CharField(max_length=100, default="", blank=True)
    currency = models.CharField(max_length=3)
    list_price_minor = models.BigIntegerField()
    """Before any promotion."""
    cost_minor = models.BigIntegerField(null=True, blank=True)
    """Of one unit; null: not known."""
    floor_minor = models.BigIntegerField(default=0)
    """No promotion goes below."""
    attributes = models.JSONField(default=dict)
    """Name to text, number or truth."""
    active = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(list_price_minor__gte=0, floor_minor__gte=0)
                & (Q(cost_minor__isnull=True) | Q(cost_minor__gte=0)),
                name="product_money_not_negative",
            )
        ]

    def __str__(self) -> str:
        return self.product_id


class StockLevel(models.Model):
    """Units of a product at a place; below 0 where more was sold than there is."""

    product_id = models.CharField(max_length=100)
    place = models.CharField(max_length=60, default="", blank=True)
    units = models.BigIntegerField()
    counted_at = models.DateTimeField()
    """Of the count that it rests on; movements before it are in it."""
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [UniqueConstraint(fields=["product_id", "place"], name="stock_level_once")]

    def __str__(self) -> str:
        return f"{self.product_id} {self.place}: {self.units}"


class StockMove(models.Model):
    """A movement that was told, so that it is never counted twice."""

    key = models.CharField(max_length=100, unique=True)
    product_id = models.CharField(max_length=100)
    place = models.CharField(max_length=60, default="", blank=True)
    delta = models.BigIntegerField()
    at = models.DateTimeField()
    counted = models.BooleanField()
    """Whether it changed the level; not if a later count already holds it."""
    told_at = models.DateTimeField()

    class Meta:
        indexes = [Index(fields=["told_at"], name="stock_move_told")]

    def __str__(self) -> str:
        return f"{self.product_id} {self.delta:+}"


class Price(models.Model):
    """From a moment on, a unit of a product is asked this much of everybody, in one outlet."""

    product_id = models.CharField(max_length=100)
    outlet = models.CharField(max_length=60, default="", blank=True)
    """Shop, site or app whose prices are told apart; empty: one price everywhere."""
    at = models.DateTimeField()
    price_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["product_id", "outlet", "currency", "at"], name="price_once"),
            CheckConstraint(condition=Q(price_minor__gte=0), name="price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.price_minor} {self.currency}"
