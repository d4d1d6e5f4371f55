"""`ekamling arm`: put a group of cameras into another mode, on the edge itself."""

import argparse
import sys
from pathlib import Path

from core import config
from core.errors import EkamlingError
from core.words import nearest
from edge.arming import MODES, Arming
from edge.settings import EdgeSettings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "mode",
        nargs="?",
        choices=MODES,
        help="armed: by each rule's schedule; night: around the clock; mudik: the residents are away, around the clock"
        " and one step graver; disarmed: only the cameras' health. Without it: say which mode each group is in",
    )
    parser.add_argument("--group", metavar="GROUP", help="group of cameras; without it: every group of the edge")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="edge.toml")


def run(options: argparse.Namespace) -> int:
    """Write the mode where the edge reads it, whether or not it runs just now."""
    settings = config.load(options.config, EdgeSettings)
    groups = sorted({camera.group for camera in settings.cameras})
    if options.group and options.group not in groups:
        raise EkamlingError(
            f"{options.config}: has no group {options.group!r}{nearest(options.group, groups)}; there are"
            f" {', '.join(groups)}"
        )
    folder = Path(settings.data)
    if not folder.is_dir():
        raise EkamlingError(f"{folder}: is not there yet; start the edge once, it makes its folder")
    arming = Arming(folder)
    for group in [options.group] if options.group else groups:
        if options.mode:
            arming.set(group, options.mode)
        sys.stdout.write(f"{group}: {arming.modes.get(group, 'armed')}\n")
    return 0
