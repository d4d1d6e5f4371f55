"""`ekamling server`: run the centre."""

import argparse
import asyncio
import sys
from pathlib import Path

from core import config
from ekamling.server import serve
from ekamling.settings import CentreSettings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="centre.toml")


def run(options: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT; prints one line when the centre answers."""
    asyncio.run(serve(config.load(options.config, CentreSettings), _announce))
    return 0


def _announce(url: str) -> None:
    sys.stdout.write(f"ready {url}\n")
    sys.stdout.flush()
