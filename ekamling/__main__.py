"""`python -m ekamling` is the command `ekamling`."""

import sys

from ekamling.cli import main

sys.exit(main())
