"""What access keeps."""

from django.db import models

from netlift.service.access.roles import ROLES


class ApiKey(models.Model):
    """A program's way in."""

    key_id = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=[(role, role) for role in ROLES])
    scopes = models.JSONField(null=True, blank=True)
    """Null: all of the role's."""
    digest = models.CharField(max_length=64, editable=False)
    made_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.key_id})"
