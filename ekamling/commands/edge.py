"""`ekamling edge`: run an edge beside its cameras."""

import argparse
import signal
from importlib.metadata import version
from pathlib import Path

from core import config
from core.clock import SystemClock
from edge.settings import EdgeSettings
from edge.supervisor import Supervisor


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="edge.toml")


def run(options: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT."""
    settings = config.load(options.config, EdgeSettings)
    supervisor = Supervisor(settings, version("ekamling"), SystemClock())
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: supervisor.stop())
    supervisor.run()
    return 0
