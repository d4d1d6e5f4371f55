"""`python -m ekamling` is the command `ekamling`."""

import sys

from ekamling.cli import program

sys.exit(program())
