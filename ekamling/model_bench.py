"""Speed and accuracy of a model on every back end that is installed here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np

from detectors import choice, evaluation
from detectors.agreement import reference_pictures
from detectors.backends import catalogue
from detectors.choice import Choice, Speed, Trial
from detectors.images import BgrImage
from detectors.registry import Model
from detectors.session import OnnxDetector

SIZES = ((640, 360), (640, 480), (704, 576), (1920, 1080))  # of sub streams, and of a main stream that is analysed
LOWEST_SCORE = 0.01  # the whole precision curve counts


@dataclass(frozen=True, slots=True)
class Bench:
    """What was measured: the trial that the choice rests on, and times by size of the camera's picture."""

    trial: Trial
    speeds: dict[tuple[int, int], dict[str, Speed]]


def run(model: Model, rounds: int, labelled: tuple[Path, Path] | None, say: Callable[[str], None]) -> Bench:
    """Measure; `labelled` holds the folders of pictures and of their labels. ModelError where the model fails."""
    cv2.setNumThreads(1)
    say(f"loading {model.name} with {', '.join(catalogue.available())}")
    detectors, problems = choice.load(model, catalogue.available())
    for name, problem in problems.items():
        say(f"{name} is left out: {problem}")
    trial = choice.compare(detectors, problems, rounds)
    speeds: dict[tuple[int, int], dict[str, Speed]] = {}
    picture = reference_pictures()[0].pixels
    for size in SIZES:
        say(f"timing pictures of {size[0]}x{size[1]}")
        image = BgrImage(cv2.resize(picture, size).astype(np.uint8, copy=False))
        speeds[size] = {str(name): speed for name, speed in choice.clock(detectors, image, rounds).items()}
    if labelled:
        trial = msgspec.structs.replace(
            trial, figures=[_with_map(model, figure, labelled, say) for figure in trial.figures]
        )
    return Bench(trial, speeds)


def _with_map(
    model: Model, figure: choice.Figure, labelled: tuple[Path, Path], say: Callable[[str], None]
) -> choice.Figure:
    say(f"measuring the accuracy of {figure.backend}")
    detector = OnnxDetector(model, score_threshold=LOWEST_SCORE, backend=figure.backend)
    scores = evaluation.evaluate(detector, *labelled)
    return msgspec.structs.replace(figure, map=round(scores.map, 4))


def as_json(model: Model, bench: Bench, made: Choice) -> dict[str, Any]:
    """All figures, milliseconds a picture as medians."""
    return {
        "model": model.name,
        "sha256": model.sha256 or "",
        "cpu": made.cpu,
        "versions": made.versions,
        "chosen": made.backend,
        "problems": bench.trial.problems,
        "backends": {
            figure.backend: {
                "agreement": figure.agreement,
                "map": figure.map,
                "ms": {
                    f"{width}x{height}": msgspec.to_builtins(speeds[figure.backend])
                    for (width, height), speeds in bench.speeds.items()
                },
            }
            for figure in bench.trial.figures
        },
    }


def as_text(model: Model, bench: Bench, made: Choice) -> str:
    """The same as a table."""
    sizes = "".join(f"{f'{width}x{height}':>12}" for width, height in bench.speeds)
    lines = [
        f"{model.name} on {made.cpu}, one thread: ms of processor time a picture (median), by the camera's size",
        f"{'':12}{sizes}{'same boxes':>12}{'mAP':>8}",
    ]
    for figure in bench.trial.figures:
        times = "".join(f"{speeds[figure.backend].cpu_ms:12.1f}" for speeds in bench.speeds.values())
        same = "-" if figure.agreement is None else f"{figure.agreement:.0%}"
        accuracy = "-" if figure.map is None else f"{figure.map:.4f}"
        lines.append(f"{figure.backend:12}{times}{same:>12}{accuracy:>8}")
    lines += [f"{name}: {problem}" for name, problem in bench.trial.problems.items()]
    lines.append(f'chosen for backend = "auto": {made.backend}')
    return "\n".join(lines) + "\n"
