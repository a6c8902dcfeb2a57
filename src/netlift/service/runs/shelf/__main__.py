"""`python -m netlift.service.runs.shelf WORKSPACE ASKED.json`: learns, and prints what came of it as JSON."""

import json
import sys
from pathlib import Path

from netlift.data.workspace import Workspace
from netlift.errors import NetliftError
from netlift.service.runs.shelf.files import Manners
from netlift.service.runs.shelf.making import Asked, make


def main(workspace: str, asked: str) -> int:
    """Do it; 2 where it cannot be done, with the reason as the last line of standard error."""
    told = json.loads(Path(asked).read_text("utf-8"))
    try:
        found = make(Workspace.open(workspace), Asked(tuple(told["kinds"]), Manners(**told["manners"])))
    except NetliftError as error:
        sys.stderr.write(f"\nnetlift: {' '.join(str(error).split())}\n")
        return 2
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
