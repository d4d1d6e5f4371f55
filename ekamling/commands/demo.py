"""`ekamling demo`: run the whole pipeline on bundled footage."""

import argparse
import json
import sys
from pathlib import Path

from core.errors import EkamlingError
from ekamling.demo import Wishes, missing_stages
from ekamling.demo import run as run_demo

PORT = 8080


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, default=PORT, help=f"of the console (default {PORT})")
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="keep everything there; default: a folder that goes"
    )
    parser.add_argument("--seconds", type=_seconds, help="stop after so long; default: run until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="print nothing but the figures, as one JSON object")


def run(options: argparse.Namespace) -> int:
    """Run it; 1 when any stage of the pipeline carried nothing."""
    if options.json and options.seconds is None:
        raise EkamlingError("--json needs --seconds")
    say = _quiet if options.json else _say
    figures = run_demo(Wishes(options.port, options.data, options.seconds, say))
    if options.json:
        sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    else:
        _say(_summary(figures))
    problems = missing_stages(figures) if options.seconds is not None else []
    if problems:
        raise EkamlingError(f"the pipeline is not whole: {'; '.join(problems)}")
    return 0


def _summary(figures: dict[str, object]) -> str:
    names = ("frames_decoded", "inferences", "events_stored", "lost", "incidents", "snapshots", "clips")
    return ", ".join(f"{name.replace('_', ' ')} {figures[name]}" for name in names)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _quiet(_line: str) -> None:
    return


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (1 to 65535)")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds
