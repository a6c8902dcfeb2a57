"""The tables: versions of promotions and plans, and the tree of groups."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Tree",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("groups", models.JSONField()),
                ("author", models.CharField(max_length=80)),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PromotionVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "submitted"),
                            ("approved", "approved"),
                            ("live", "live"),
                            ("paused", "paused"),
                            ("ended", "ended"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                ("author", models.CharField(max_length=80)),
                ("submitted_by", models.CharField(blank=True, default="", max_length=80)),
                ("approved_by", models.CharField(blank=True, default="", max_length=80)),
                ("reason", models.CharField(blank=True, default="", max_length=500)),
                ("made_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("promotion_id", models.CharField(max_length=100)),
                ("version", models.PositiveIntegerField()),
                ("name", models.CharField(blank=True, default="", max_length=200)),
                ("definition", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("findings", models.JSONField(default=list)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("draft", "submitted", "approved", "live", "paused", "ended"))
                        ),
                        name="promotion_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by", ""),
                            models.Q(
                                ("approved_by", models.F("author")),
                                ("approved_by", models.F("submitted_by")),
                                _connector="OR",
                                _negated=True,
                            ),
                            _connector="OR",
                        ),
                        name="promotion_approved_by_a_second_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("approved", "live", "paused", "ended")), _negated=True),
                            models.Q(("approved_by", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="promotion_not_live_before_approval",
                    ),
                    models.UniqueConstraint(fields=("promotion_id", "version"), name="promotion_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("live", "paused"))),
                        fields=("promotion_id",),
                        name="promotion_live_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PlanVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("submitted", "submitted"),
                            ("approved", "approved"),
                            ("live", "live"),
                            ("paused", "paused"),
                            ("ended", "ended"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                ("author", models.CharField(max_length=80)),
                ("submitted_by", models.CharField(blank=True, default="", max_length=80)),
                ("approved_by", models.CharField(blank=True, default="", max_length=80)),
                ("reason", models.CharField(blank=True, default="", max_length=500)),
                ("made_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("plan_id", models.CharField(max_length=64, unique=True)),
                ("code", models.CharField(max_length=60)),
                ("name", models.CharField(blank=True, default="", max_length=200)),
                ("currency", models.CharField(max_length=3)),
                ("as_of", models.CharField(max_length=10)),
                ("customers", models.PositiveIntegerField()),
                ("offers", models.PositiveIntegerField()),
                ("budget_minor", models.BigIntegerField()),
                ("figures", models.JSONField(default=dict)),
                (
                    "replaced",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="catalog.planversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("draft", "submitted", "approved", "live", "paused", "ended"))
                        ),
                        name="plan_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by", ""),
                            models.Q(
                                ("approved_by", models.F("author")),
                                ("approved_by", models.F("submitted_by")),
                                _connector="OR",
                                _negated=True,
                            ),
                            _connector="OR",
                        ),
                        name="plan_approved_by_a_second_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("approved", "live", "paused", "ended")), _negated=True),
                            models.Q(("approved_by", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="plan_not_live_before_approval",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "live")), fields=("state",), name="plan_live_once"
                    ),
                ],
            },
        ),
    ]
