"""`ekamling edge`: run an edge beside its cameras."""

import argparse
import signal
from importlib.metadata import version
from pathlib import Path

from core import config
from core.clock import SystemClock
from detectors import choice, registry
from edge.settings import Detection, EdgeSettings
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
    _prepare(settings.detection)
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


def _prepare(detection: Detection) -> None:
    """Refuse a model or back end that is not there, and measure where a choice is open: once, not in every shard."""
    models = Path(detection.models) if detection.models else None
    choice.prepare(registry.find(detection.model, models), detection.backend, models)
