"""`ekamling` in a process whose clock a test can set wrong."""

import sys

from ekamling import cli
from tests.faults import wrong_clock

if __name__ == "__main__":
    wrong_clock.install()
    sys.exit(cli.main(sys.argv[1:]))
