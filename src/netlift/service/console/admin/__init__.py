"""Lists and pages of what the rooms keep: one file per room, found by itself."""

import importlib
import pkgutil

for _found in sorted(found.name for found in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_found}")
