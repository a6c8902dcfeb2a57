"""Pages beside the lists: one file each, found by itself."""

import importlib
import pkgutil

from django.urls import URLPattern


def urls() -> list[URLPattern]:
    """Addresses of all pages, for the admin."""
    from netlift.service.console.pages.frame import PAGES

    for found in sorted(found.name for found in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{found}")
    return [page.pattern() for page in PAGES]
