"""`ekamling bench`: measure speed."""

import argparse
import json
import sys

from ekamling.bench import edge


def configure(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="WHAT")
    sub = kinds.add_parser("edge", help="cameras held, and processor time a camera-second against the peers' ways")
    sub.add_argument("--seconds", type=float, default=30.0, help="length of each sample (default 30)")
    sub.add_argument("--streams", choices=("sub", "main", "idle", "all"), default="all", help="which streams to hold")
    sub.add_argument("--json", action="store_true", help="print one JSON object; progress goes to stderr")


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    streams = ("sub", "main", "idle") if options.streams == "all" else (options.streams,)
    figures = edge.run(edge.Wishes(options.seconds, streams, _say))
    sys.stdout.write(json.dumps(figures, indent=None if options.json else 2) + "\n")
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"bench: {line}\n")
