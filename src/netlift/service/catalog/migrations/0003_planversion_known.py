"""How many of a plan's customers are known here."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_guards")]

    operations = [
        migrations.AddField(model_name="planversion", name="known", field=models.PositiveIntegerField(null=True)),
    ]
