"""`ekamling server`: run the centre."""

import argparse
import asyncio
import sys
from pathlib import Path

from core import config
from ekamling.roles import ALL, Role, Roles, parsed, told
from ekamling.server import serve
from ekamling.settings import CentreSettings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="centre.toml")
    parser.add_argument(
        "--role",
        type=_roles,
        default=",".join(Role),
        metavar="ROLE",
        help=f"{told(ALL)}, or several with commas between; any number of processes share the work",
    )


def run(options: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT; prints one line when the centre answers."""
    asyncio.run(serve(config.load(options.config, CentreSettings), _announce, options.role))
    return 0


def _roles(text: str) -> Roles:
    try:
        return parsed(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}; choose of {told(ALL)}") from None


def _announce(what: str) -> None:
    sys.stdout.write(f"ready {what}\n")
    sys.stdout.flush()
