"""Pseudonyms: what the service keeps instead of customers' ids, the same as in the library's tables."""

import os
import threading
from functools import cache
from pathlib import Path

from django.conf import settings

from netlift.data.privacy import KEY_FILE
from netlift.data.privacy import pseudonym as coded
from netlift.data.workspace import ALL, Settings, Workspace
from netlift.errors import ConfigError
from netlift.service.core.refusals import Refused


def pseudonym(customer_id: str) -> str:
    """The code of a customer: 24 hexadecimal digits of a keyed hash; it never changes.

    Letter case and outer blanks do not count. It is `netlift.data.privacy.pseudonym` with the folder's key, so a
    workspace of the service (`served`) has the same codes in its tables and plans.

    Raises:
        Refused: there is nothing but blanks in it.
    """
    if not customer_id.strip():
        raise Refused("a customer's id is empty: give the id that the shop knows the customer by", "empty_customer")
    return coded(customer_id, _key())


def served(path: Path, shop: Settings | None = None) -> Workspace:
    """A workspace of the service, made where there is none: every customer in it is kept by the service's pseudonym.

    To be called before anything is taken into it. From then on whatever takes files into it codes every customer's id,
    also of formats that keep ids as they are elsewhere.

    Args:
        path: its folder.
        shop: what is known of the shop, for a workspace that is made.

    Raises:
        ConfigError: the workspace already has another key, and so other pseudonyms.
    """
    with _MAKING:
        _share_key(path)
        workspace = Workspace.create(path, shop)
        if workspace.settings.pseudonyms != ALL:
            workspace.save_settings(pseudonyms=ALL)
    return workspace


_MAKING = threading.Lock()


def _share_key(workspace: Path) -> None:
    path, digits = workspace / KEY_FILE, _key().hex()
    workspace.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{KEY_FILE}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(digits + "\n", encoding="ascii")
    try:
        os.link(draft, path)  # unlike a rename, it never replaces a key that is there
    except FileExistsError:
        if path.read_text("ascii").strip() != digits:
            raise ConfigError(
                f"{path} is not the service's key, so its tables call customers by other pseudonyms:"
                " take the files in again, in a workspace of the service"
            ) from None
    finally:
        draft.unlink()


@cache
def _key() -> bytes:
    key: bytes = settings.SECRETS.pseudonyms
    return key
