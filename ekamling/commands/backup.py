"""`ekamling backup`: copy a running centre into a folder, and thin that folder out."""

import argparse
import sys
from pathlib import Path

from core import config
from core.clock import SystemClock
from ekamling.backup import vault
from ekamling.backup.take import take
from ekamling.settings import CentreSettings

KEEP = 14


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="folder of the backups, on another disk than the centre"
    )
    parser.add_argument("--config", type=Path, default=Path("centre.toml"), metavar="FILE", help="centre.toml")
    parser.add_argument(
        "--keep", type=int, default=KEEP, metavar="N", help=f"remove all but the newest N backups (default {KEEP})"
    )


def run(options: argparse.Namespace) -> int:
    """Take one, remove old ones, and print where it is; its size in rows and pictures goes to stderr meanwhile."""
    settings = config.load(options.config, CentreSettings)
    folder, manifest = take(settings, options.config, options.folder, SystemClock(), _say)
    removed = vault.thin(options.folder, options.keep)
    rows = sum(manifest.tables.values())
    sys.stdout.write(f"{folder}: {rows} rows, {manifest.media} pictures and clips; {removed} old backups removed\n")
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
