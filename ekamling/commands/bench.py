"""`ekamling bench`: measure speed."""

import argparse
import importlib
import json
import sys
from typing import Any

from ekamling.bench import alerts, centre, desk, edge
from ekamling.roles import Role


def configure(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="WHAT")
    sub = kinds.add_parser("edge", help="cameras held, and processor time a camera-second against the peers' ways")
    sub.add_argument("--seconds", type=float, default=30.0, help="length of each sample (default 30)")
    sub.add_argument("--streams", choices=("sub", "main", "idle", "all"), default="all", help="which streams to hold")
    sub.add_argument("--json", action="store_true", help="print one JSON object; progress goes to stderr")
    sub = kinds.add_parser("alerts", help="how soon people are told, and how punctual ladders are")
    sub.add_argument("--database", help="address of an empty PostgreSQL database, used once; default SQLite")
    sub.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="numbers of worker processes")
    sub.add_argument("--incidents", type=int, default=100, help="incidents that open, ten a second (default 100)")
    sub.add_argument("--json", action="store_true", help="print one JSON object; progress goes to stderr")
    sub = kinds.add_parser(
        "desk", help="how quick the API answers with 10,000 incidents of a day, a tenth of them open"
    )
    sub.add_argument("--database", help="address of an empty PostgreSQL database, used once; default SQLite")
    sub.add_argument("--incidents", type=int, default=10_000, help="incidents of the day (default 10000)")
    sub.add_argument("--requests", type=int, default=40, help="requests to each endpoint (default 40)")
    sub.add_argument("--json", action="store_true", help="print one JSON object; progress goes to stderr")
    sub = kinds.add_parser("live", help="how soon live view shows its first picture, how late it is, and what it costs")
    sub.add_argument("--starts", type=int, default=12, help="views begun, of each stream (default 12)")
    sub.add_argument("--seconds", type=float, default=20.0, help="for which viewers look (default 20)")
    sub.add_argument("--cameras", type=int, default=4, help="cameras of the edge, at least 3 (default 4)")
    sub.add_argument("--json", action="store_true", help="print one JSON object; progress goes to stderr")
    sub = kinds.add_parser("centre", help="what the centre does with very many edges, a backlog and a killed broker")
    sub.add_argument("--edges", type=int, default=10_000, help="simulated edges (default 10000)")
    sub.add_argument("--seconds", type=float, default=60.0, help="length of each part (default 60)")
    sub.add_argument("--database", help="address of an empty PostgreSQL database, used once; default SQLite")
    sub.add_argument(
        "--roles",
        nargs="+",
        default=[",".join(Role)],
        metavar="ROLES",
        help="roles of each process of the centre, the broker among those of the first; default one process",
    )
    sub.add_argument("--json", action="store_true", help="print one JSON object; progress goes to stderr")


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    match options.kind:
        case "alerts":
            figures = alerts.run(alerts.Wishes(options.database, tuple(options.workers), options.incidents, _say))
        case "desk":
            figures = desk.run(desk.Wishes(options.database, options.incidents, options.requests, _say))
        case "centre":
            figures = centre.run(
                centre.Wishes(options.edges, options.seconds, options.database, tuple(options.roles), _say)
            )
        case "live":
            live: Any = importlib.import_module("ekamling.bench.live")  # needs a browser's driver, the others do not
            figures = live.run(live.Wishes(options.starts, options.seconds, max(3, options.cameras), _say))
        case _:
            streams = ("sub", "main", "idle") if options.streams == "all" else (options.streams,)
            figures = edge.run(edge.Wishes(options.seconds, streams, _say))
    sys.stdout.write(json.dumps(figures, indent=None if options.json else 2) + "\n")
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"bench: {line}\n")
