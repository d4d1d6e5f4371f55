"""`ekamling simulate`: a regency's night, with invented events and people and the centre's own code."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from alerts.telling import routing_document
from alerts.telling.rule import Routing
from core.errors import EkamlingError, StorageError
from ekamling.simulation import plot
from ekamling.simulation import run as simulation
from ekamling.simulation.run import Wishes
from ekamling.simulation.truth import EDGE_HOURS_A_TRUTH


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--edges", type=int, required=True, metavar="N", help="edges, two of them a street")
    parser.add_argument("--hours", type=float, required=True, metavar="H", help="length, around midnight")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same gives the same figures (default 1)")
    parser.add_argument("--cameras-per-edge", type=int, default=8, metavar="N", help="default 8")
    parser.add_argument(
        "--operators", type=int, default=4, metavar="N", help="people at the command centre's consoles (default 4)"
    )
    parser.add_argument(
        "--truth-every", type=float, default=EDGE_HOURS_A_TRUTH, metavar="H",
        help="hours of an edge for one true incident of each kind; few hours look for losses (default %(default)g)",
    )  # fmt: skip
    parser.add_argument(
        "--routing", type=Path, metavar="FILE", help="ladders to try, JSON; without it the default ones"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw the funnel and the alarms over the hours")
    parser.add_argument("--json", action="store_true", help="print one JSON object; progress goes to stderr")


def run(options: argparse.Namespace) -> int:
    """Simulate and print."""
    wishes = Wishes(
        edges=options.edges,
        hours=options.hours,
        seed=options.seed,
        cameras_per_edge=options.cameras_per_edge,
        operators=options.operators,
        say=_say,
        edge_hours_a_truth=options.truth_every,
        routing=_ladders(options.routing),
    )
    if options.plot is not None:
        _check_plot(options.plot)
    figures = simulation.run(wishes)
    if options.plot is not None:
        try:
            options.plot.write_text(plot.svg(figures), encoding="utf-8")
        except OSError as error:
            raise StorageError(f"{options.plot}: cannot be written: {error.strerror}") from error
    sys.stdout.write((json.dumps(figures) if options.json else table(figures)) + "\n")
    return 0


def _ladders(path: Path | None) -> Routing | None:
    if path is None:
        return None
    try:
        return routing_document.from_json(path.read_bytes())
    except OSError as error:
        raise EkamlingError(f"--routing {path}: cannot be read: {error.strerror}") from error


def _check_plot(path: Path) -> None:
    """Before the run, which takes minutes."""
    if path.suffix != ".svg":
        raise EkamlingError(f"--plot {path}: the picture is an SVG; give it a name that ends in .svg")
    if not path.parent.is_dir():
        raise EkamlingError(f"--plot {path}: there is no folder {path.parent}; make it first")


def table(figures: dict[str, Any]) -> str:
    """The figures as people read them."""
    alarms = figures["alarms"]
    lines = [f"{name.replace('_', ' '):42}{value:>10,}" for name, value in figures["funnel"].items()]
    ratio = "no alarm at all" if figures["ratio"] is None else f"{figures['ratio']:,.0f} : 1"
    lines += [
        "",
        _line("raw events to operator alarms", f"{ratio} (wanted {figures['aim']:,.0f} : 1)"),
        _line("true incidents lost", f"{figures['lost']} of {sum(figures['truths'].values())}"),
        *(f"  {loss['truth']}: {loss['why']}" for loss in figures["losses"]),
        _line("operator alarms", _listed(alarms["by_nature"])),
        _line("their severities", _listed(alarms["by_severity"])),
        _line(
            "alarms an operator-hour", f"{alarms['an_operator_hour']} (wanted {alarms['wanted_an_operator_hour']:g})"
        ),
        _line("worst 10 minutes, all operators", f"{alarms['worst_10_minutes']}"),
        _line(
            "worst 10 minutes, one console",
            f"{alarms['worst_console_10_minutes']} (wanted {alarms['wanted_10_minutes']})",
        ),
        _line("opened to told, s", _listed(figures["opened_to_told_s"])),
        _line("true incident to somebody's look, s", _listed(figures["truth_to_seen_s"])),
        _line("messages a neighbour", _listed(figures["messages_a_neighbour"])),
        _line("open at the end, and nobody has it", str(figures["unanswered"])),
        "",
        "incidents by whom they reached",
        *(f"  {name:40}{count:>10,}" for name, count in figures["reach"].items()),
        "",
        f"{'what made them':22}{'events':>10}{'incidents':>10}{'alarms':>10}",
        *(
            f"  {name:20}{each['events']:>10,}{each['incidents']:>10,}{each['alarms']:>10,}"
            for name, each in figures["causes"].items()
        ),
    ]
    return "\n".join(lines)


def _line(name: str, value: str) -> str:
    return f"{name:38}{value}"


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items()) or "none"


def _say(line: str) -> None:
    sys.stderr.write(f"simulate: {line}\n")
