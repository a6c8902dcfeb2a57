"""Django for tests, once: a folder of its own, quick password hashes, any host."""

import os
import tempfile
from functools import cache


@cache
def set_up() -> None:
    """Before the first import of a room with models."""
    os.environ["NETLIFT_FOLDER"] = tempfile.mkdtemp(prefix="netlift-service-")  # one for each process of a run
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netlift.service.settings")
    import django
    from django.conf import settings
    from django.test.utils import setup_test_environment

    django.setup()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    setup_test_environment(debug=False)
