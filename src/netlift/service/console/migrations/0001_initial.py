from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="FilledForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("promotion_id", models.CharField(max_length=100)),
                ("version", models.PositiveIntegerField()),
                ("kind", models.CharField(max_length=60)),
                ("terms", models.JSONField()),
                ("values", models.JSONField()),
                ("basket", models.JSONField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("promotion_id", "version"), name="console_form_once")],
            },
        ),
    ]
