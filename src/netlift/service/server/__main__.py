"""`python -m netlift.service.server web|work|demo`: what `netlift serve` starts."""

import sys

from netlift.service.server import demo, web, work

if __name__ == "__main__":
    if sys.argv[1] == "web":
        web.main(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    elif sys.argv[1] == "demo":
        demo.main()
    else:
        work.main()
