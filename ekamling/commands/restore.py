"""`ekamling restore`: put a centre back from a backup, into an empty database."""

import argparse
import sys
from pathlib import Path

from core import config
from core.errors import StorageError
from ekamling.backup import vault
from ekamling.backup.restore import put_back_config, restore
from ekamling.settings import CentreSettings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="a backup, or a folder of them, whose newest is taken"
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=Path("centre.toml"),
        metavar="FILE",
        help="centre.toml; written where there is none",
    )


def run(options: argparse.Namespace) -> int:
    """Do it, with progress on stderr, and print what was put back."""
    folder = _chosen(options.folder)
    put_back_config(folder, options.config, _say)
    settings = config.load(options.config, CentreSettings)
    manifest = restore(settings, folder, options.config, _say)
    rows = sum(manifest.tables.values())
    sys.stdout.write(f"{folder}: {rows} rows, {manifest.media} pictures and clips are back; start the centre\n")
    return 0


def _chosen(folder: Path) -> Path:
    if (folder / vault.MANIFEST).exists():
        return folder
    whole = vault.listed(folder)
    if not whole:
        raise StorageError(f"{folder}: holds no whole backup; give the folder that `ekamling backup` was given")
    return whole[-1]


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
