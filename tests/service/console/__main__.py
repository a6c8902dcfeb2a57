"""Takes the pictures of the documents, in a folder of its own."""

import os
import tempfile

from tests.service._django import set_up


def main() -> None:
    """Set Django up before the first room is imported."""
    os.environ["NETLIFT_FOLDER"] = tempfile.mkdtemp(prefix="netlift-pictures-")
    set_up()
    from tests.service.console.pictures import main as take

    take()


if __name__ == "__main__":
    main()
