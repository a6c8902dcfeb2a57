"""The tables: customers, products, stock and prices."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pseudonym", models.CharField(max_length=64, unique=True)),
                ("segments", models.JSONField(default=list)),
                ("level", models.CharField(blank=True, default="", max_length=60)),
                ("since", models.DateField(blank=True, null=True)),
                ("made_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("product_id", models.CharField(max_length=100)),
                ("outlet", models.CharField(blank=True, default="", max_length=60)),
                ("at", models.DateTimeField()),
                ("price_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("product_id", "outlet", "currency", "at"), name="price_once"),
                    models.CheckConstraint(condition=models.Q(("price_minor__gte", 0)), name="price_not_negative"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("product_id", models.CharField(max_length=100, unique=True)),
                ("name", models.CharField(blank=True, default="", max_length=300)),
                ("category", models.CharField(blank=True, default="", max_length=200)),
                ("brand", models.CharField(blank=True, default="", max_length=200)),
                ("seller", models.CharField(blank=True, default="", max_length=100)),
                ("currency", models.CharField(max_length=3)),
                ("list_price_minor", models.BigIntegerField()),
                ("cost_minor", models.BigIntegerField(blank=True, null=True)),
                ("floor_minor", models.BigIntegerField(default=0)),
                ("attributes", models.JSONField(default=dict)),
                ("active", models.BooleanField(default=True)),
                ("made_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("floor_minor__gte", 0),
                            ("list_price_minor__gte", 0),
                            models.Q(("cost_minor__isnull", True), ("cost_minor__gte", 0), _connector="OR"),
                        ),
                        name="product_money_not_negative",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StockLevel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("product_id", models.CharField(max_length=100)),
                ("place", models.CharField(blank=True, default="", max_length=60)),
                ("units", models.BigIntegerField()),
                ("counted_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("product_id", "place"), name="stock_level_once")],
            },
        ),
        migrations.CreateModel(
            name="StockMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100, unique=True)),
                ("product_id", models.CharField(max_length=100)),
                ("place", models.CharField(blank=True, default="", max_length=60)),
                ("delta", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("counted", models.BooleanField()),
                ("told_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["told_at"], name="stock_move_told")],
            },
        ),
    ]
