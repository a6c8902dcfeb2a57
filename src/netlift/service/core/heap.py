"""The heap of a web process: what stays is set aside, so that a full collection in the middle of a request is short.

Django, the modules and a plan's parts are some hundred thousand objects that live as long as the process. Python looks
through all of them in every full collection, which takes more than a tenth of a second.
"""

import gc


def set_aside() -> None:
    """Collect once, then leave all that is there out of later collections; what ends by its count alone still ends."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
