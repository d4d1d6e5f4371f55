"""`ekamling edge`: run an edge beside its cameras."""

import argparse
import signal
from importlib.metadata import version
from pathlib import Path

from core import config
from core.clock import SystemClock
from edge.settings import EdgeSettings
from edge.supervisor import Supervisor
from ekamling.reload import ConfigWatch


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        required=True,
        metavar="FILE",
        help="edge.toml; cameras, rules and zones that change in it are taken over while the edge runs",
    )


def run(options: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT."""
    settings = config.load(options.config, EdgeSettings)
    supervisor = Supervisor(settings, version("ekamling"), SystemClock())
    watch = ConfigWatch(options.config, supervisor.apply)
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: supervisor.stop())
    watch.start()
    try:
        supervisor.run()
    finally:
        watch.stop()
    return 0
