"""`python -m netlift.service.server web|work|demo`: what `netlift serve` starts."""

import sys

from netlift.service.server.parent import end_with, started_by


def main(what: str, *words: str) -> None:
    """Watch the parent before anything else, which may take seconds to import."""
    end_with(started_by())
    from netlift.service.server import demo, web, work

    if what == "web":
        web.main(words[0], int(words[1]), int(words[2]))
    elif what == "demo":
        demo.main()
    else:
        work.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
