"""What the console keeps: the forms from which versions of promotions were drawn."""

from django.db import models


class FilledForm(models.Model):
    """A mechanism's form as it was filled in for one version; the promotion itself is in the catalogue."""

    promotion_id = models.CharField(max_length=100)
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=60)
    """Name of the mechanism."""
    terms = models.JSONField()
    """What was said beside the mechanism (`forms.terms.Terms`)."""
    values = models.JSONField()
    basket = models.JSONField()
    """The sample cart that was on the page."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["promotion_id", "version"], name="console_form_once")]

    def __str__(self) -> str:
        return f"{self.promotion_id} v{self.version}: {self.kind}"
