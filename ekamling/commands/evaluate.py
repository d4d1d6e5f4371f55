"""`ekamling evaluate`: measure detection, tracking and rules against ground truth."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from core.errors import EkamlingError
from detectors import coco, evaluation, registry
from detectors.session import OnnxDetector
from edge.rules.settings import RuleSettings
from ekamling.evaluation import drawing, rules, tracking, truth
from ekamling.evaluation.footage import Span

MOST_DRAWN = 200
LOWEST_SCORE = 0.01  # the whole precision curve counts


def configure(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="WHAT")
    detect = kinds.add_parser("detection", help="mean average precision on labelled pictures")
    detect.add_argument("--images", type=Path, required=True, metavar="FOLDER")
    detect.add_argument(
        "--labels", type=Path, required=True, metavar="FOLDER", help="YOLO text files of the same names"
    )
    track = kinds.add_parser("tracking", help="MOTA, IDF1 and HOTA on an annotated video")
    rule = kinds.add_parser("rules", help="precision and recall of a camera's rules on an annotated video")
    which = rule.add_mutually_exclusive_group(required=True)
    which.add_argument("--rules", type=Path, metavar="FILE", help="TOML with the [[rules]] of a camera")
    which.add_argument("--draw", type=int, metavar="COUNT", help="so many random lines and zones, instead of a file")
    rule.add_argument("--seed", type=int, default=1, help="of --draw (default 1)")
    for sub in (track, rule):
        sub.add_argument("--video", type=Path, required=True, metavar="FILE")
        sub.add_argument("--truth", type=Path, required=True, metavar="FILE", help="frame,id,left,top,width,height")
        sub.add_argument("--frames", default="0:", metavar="A:B", help="frames A up to B, counted from 0 (default all)")
        sub.add_argument("--fps", type=float, default=5.0, help="frames analysed a second (default 5)")
        sub.add_argument("--label", default="person", help="class that the truth annotates (default person)")
    for sub in (detect, track, rule):
        sub.add_argument("--model", default=registry.DEFAULT)
        sub.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    scores = MEASURES[options.kind](options)
    if options.json:
        sys.stdout.write(json.dumps(scores, indent=2) + "\n")
    else:
        for name, value in scores.items():
            sys.stdout.write(f"{name:12} {value}\n")
    return 0


def _detection(options: argparse.Namespace) -> dict[str, Any]:
    detector = OnnxDetector(registry.find(options.model), score_threshold=LOWEST_SCORE)
    scores = evaluation.evaluate(detector, options.images, options.labels)
    return {
        "map": round(scores.map, 4),
        "ap50": round(scores.ap50, 4),
        "images": scores.images,
        "objects": scores.objects,
        "classes": {coco.CLASSES[index]: round(value, 4) for index, value in sorted(scores.class_ap50.items())},
    }


def _tracking(options: argparse.Namespace) -> dict[str, Any]:
    annotated = truth.read(options.truth)
    return dataclasses.asdict(tracking.compare(_seen(options).boxes, annotated))


def _rules(options: argparse.Namespace) -> dict[str, Any]:
    wanted, annotated = _wanted(options), truth.read(options.truth)
    seen = _seen(options)
    scores = rules.compare(wanted, seen.boxes, annotated, seen.rate, seen.size)
    return {
        **dataclasses.asdict(scores.all),
        "kinds": {kind: dataclasses.asdict(score) for kind, score in scores.kinds.items()},
        "rules": {name: dataclasses.asdict(score) for name, score in scores.rules.items()},
    }


def _wanted(options: argparse.Namespace) -> list[RuleSettings]:
    if options.rules is not None:
        return rules.read(options.rules)
    if not 0 < options.draw <= MOST_DRAWN:
        raise EkamlingError(f"--draw {options.draw} must lie above 0 and at most at {MOST_DRAWN}")
    return drawing.drawn(options.draw, options.seed)


def _seen(options: argparse.Namespace) -> tracking.Seen:
    if not 0 < options.fps <= 100:
        raise EkamlingError(f"--fps {options.fps} must lie above 0 and at most at 100")
    span = Span.parse(options.frames)
    seen = tracking.track(options.video, span, options.fps, options.model, options.label, _progress)
    sys.stderr.write("\r\033[K" if sys.stderr.isatty() else "")
    return seen


def _progress(frame: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\rframe {frame}")


MEASURES = {"detection": _detection, "tracking": _tracking, "rules": _rules}
