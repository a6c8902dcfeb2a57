"""Lists that customers were shown: what the next training learns from, and what makes them tired."""

from django.db import models


class ShownList(models.Model):
    """A list that reached a customer who allows to be counted."""

    list_id = models.CharField(max_length=40, unique=True)
    asked = models.CharField(max_length=190)
    """Who asked and under which request; its answer is kept once, and its list with it."""
    customer = models.CharField(max_length=24)
    """Pseudonym."""
    placement = models.CharField(max_length=60, blank=True, default="")
    model = models.CharField(max_length=40)
    items = models.JSONField()
    """Of each place the product, and with which chance it had that place."""
    at = models.DateTimeField(db_index=True)

    class Meta:
        """Lists of one customer are read from the newest on."""

        app_label = "decisions"
        indexes = (models.Index(fields=["customer", "at"], name="shown_list_of"),)

    def __str__(self) -> str:
        return self.list_id
