"""Which back end runs a model on this machine: measured, kept in a file, and trusted while the machine is the same.

ONNX Runtime on the CPU is what everything is held against. Another back end is chosen only where it sees the same and
is clearly faster: the second library costs memory (docs/design/models.md). What "the same" means depends on what there
is: with labelled pictures a mean average precision within .01, without them agreement on the shipped pictures.
"""

import logging
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from core.errors import EkamlingError, ModelError, StorageError
from core.files import write_durably
from core.process import die_with_parent
from detectors import registry
from detectors.agreement import LOWEST, agreement, reference_pictures
from detectors.backends import catalogue
from detectors.backends.network import BackendName
from detectors.detector import Detector
from detectors.fitted import FittedDetector
from detectors.images import Image
from detectors.registry import Model

Wish = Literal["auto", "onnxruntime", "openvino", "cuda"]

LEAST_AGREEMENT = 0.95  # 1 sure object of 131 fell to another box in the suppression; .99 was seen
MAP_MARGIN = 0.01
GAIN = 0.9  # part of ONNX Runtime's time that another back end may take at most, to be worth its memory
ROUNDS = 20

_FILE = "backends.json"
_WARM_UP = 3
_TRIAL_S = 120.0

log = logging.getLogger("detectors.choice")


class Speed(Struct, frozen=True):
    """Milliseconds a picture, medians: of processor time over all threads, and of the clock on the wall."""

    cpu_ms: float
    wall_ms: float


class Figure(Struct, frozen=True, kw_only=True):
    """One back end with one model. `agreement` is None where there was nothing to compare, `map` where no labels."""

    backend: BackendName
    speed: Speed
    agreement: float | None = None
    map: float | None = None


class Trial(Struct, frozen=True):
    """What was measured, and why a back end that is installed could not be."""

    figures: list[Figure]
    problems: dict[str, str] = {}


class Choice(Struct, frozen=True, kw_only=True):
    """The back end of one model, and on what it was chosen: another processor or library makes it void."""

    backend: BackendName
    cpu: str
    versions: dict[str, str]
    trial: Trial


def chosen(model: Model, wish: Wish, folder: Path | None = None) -> BackendName:
    """The back end to use: the one wished for (ModelError when it is not there), else the one that was found best.

    Measures nothing: where nothing was measured yet it is ONNX Runtime.
    """
    if wish != "auto":
        catalogue.require(wish)
        return wish
    found = recall(model, folder)
    return found.backend if found else "onnxruntime"


def prepare(model: Model, wish: Wish, folder: Path | None = None) -> BackendName:
    """As `chosen`, but measures first where there is a choice and it is open; takes some seconds then.

    In a process of its own: a library that crashes harms nothing, and one that is not chosen takes no memory.
    """
    if wish != "auto" or len(catalogue.available()) == 1 or recall(model, folder):
        return chosen(model, wish, folder)
    try:
        best = remember(model, _measured_apart(model.name, folder or registry.user_folder()), folder)
    except (EkamlingError, subprocess.SubprocessError, OSError) as error:
        log.warning("the back ends cannot be compared, so ONNX Runtime is used: %s", error)
        return "onnxruntime"
    log.info("model %s runs on %s", model.name, best.backend)
    return best.backend


def _measured_apart(name: str, folder: Path) -> Trial:
    """A trial in a process of its own; ModelError with the last thing it said where it fails."""
    done = subprocess.run(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", "detectors.choice", name, str(folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_TRIAL_S,
        check=False,
        preexec_fn=die_with_parent,
    )
    try:
        return msgspec.json.decode(done.stdout, type=Trial)
    except msgspec.DecodeError as error:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise ModelError(said[0] if said else f"the trial ended with status {done.returncode}") from error


def measure(model: Model, backends: Sequence[BackendName], rounds: int = ROUNDS) -> Trial:
    """Time the back ends on a shipped picture and hold them against ONNX Runtime; ModelError when that one fails."""
    return compare(*load(model, backends), rounds)


def compare(detectors: Mapping[BackendName, Detector], problems: Mapping[str, str], rounds: int) -> Trial:
    """The same with detectors that are loaded already."""
    pictures = reference_pictures()
    speeds = clock(detectors, pictures[0], rounds)
    base = detectors["onnxruntime"]
    figures = [
        Figure(
            backend=name,
            speed=speeds[name],
            agreement=1.0 if detector is base else agreement(base, detector, pictures),
        )
        for name, detector in detectors.items()
    ]
    return Trial(figures, dict(problems))


def load(model: Model, backends: Sequence[BackendName]) -> tuple[dict[BackendName, Detector], dict[str, str]]:
    """A detector for each back end that can run the model, ONNX Runtime first, and why others can't."""
    detectors: dict[BackendName, Detector] = {
        "onnxruntime": FittedDetector(model, score_threshold=LOWEST, backend="onnxruntime")
    }
    problems: dict[str, str] = {}
    for name in backends:
        if name in detectors:
            continue
        try:
            detectors[name] = FittedDetector(model, score_threshold=LOWEST, backend=name)
        except ModelError as error:
            problems[name] = str(error)
    return detectors, problems


def clock(detectors: Mapping[BackendName, Detector], picture: Image, rounds: int) -> dict[BackendName, Speed]:
    """Time of `detect`; the back ends take turns, so that what else the machine does hits them alike."""
    times: dict[BackendName, list[tuple[float, float]]] = {name: [] for name in detectors}
    for turn in range(-_WARM_UP, rounds):
        for name, detector in detectors.items():
            cpu, wall = time.process_time(), time.perf_counter()
            detector.detect(picture)
            if turn >= 0:
                times[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    return {
        name: Speed(*(round(1000 * sorted(column)[len(column) // 2], 3) for column in zip(*rows, strict=True)))
        for name, rows in times.items()
    }


def pick(figures: Sequence[Figure]) -> BackendName:
    """The best of some figures, ONNX Runtime's among them.

    A graphics card wins where it is no slower, because it leaves the processor free; else the least processor time
    counts, and only a clear gain.
    """
    base = next(each for each in figures if each.backend == "onnxruntime")
    faithful = [each for each in figures if each is not base and _faithful(each, base)]
    if any(each.backend == "cuda" and each.speed.wall_ms <= base.speed.wall_ms for each in faithful):
        return "cuda"
    others = [each for each in faithful if each.backend != "cuda" and each.speed.cpu_ms <= GAIN * base.speed.cpu_ms]
    return min(others, key=lambda each: each.speed.cpu_ms, default=base).backend


def _faithful(one: Figure, base: Figure) -> bool:
    if one.map is not None and base.map is not None:
        return one.map >= base.map - MAP_MARGIN
    return one.agreement is not None and one.agreement >= LEAST_AGREEMENT


def remember(model: Model, trial: Trial, folder: Path | None = None) -> Choice:
    """Choose by a trial and keep the choice; StorageError when the folder cannot be written."""
    choice = Choice(backend=pick(trial.figures), cpu=cpu_name(), versions=catalogue.versions(), trial=trial)
    path = (folder or registry.user_folder()) / _FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = {**_kept(path), model.sha256 or model.name: choice}
        write_durably(path, msgspec.json.format(msgspec.json.encode(kept)) + b"\n")
    except OSError as error:
        raise StorageError(f"{path}: the choice of back end cannot be written: {error.strerror}") from error
    return choice


def recall(model: Model, folder: Path | None = None) -> Choice | None:
    """The choice made for a model on this processor with these libraries; None when there is none."""
    kept = _kept((folder or registry.user_folder()) / _FILE)
    choice = kept.get(model.sha256 or model.name)
    if choice and (choice.cpu, choice.versions) == (cpu_name(), catalogue.versions()):
        return choice if choice.backend in catalogue.available() else None
    return None


def cpu_name() -> str:
    """What the kernel calls the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]} ({platform.machine()})" if names else platform.machine()


def _kept(path: Path) -> dict[str, Choice]:
    """All choices of a file; a file that is damaged or not there holds none, for they can be made anew."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Choice])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def main(name: str, folder: str) -> int:
    """The trial as a process of its own; its result goes to stdout."""
    try:
        trial = measure(registry.find(name, Path(folder)), catalogue.available())
    except EkamlingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(trial))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
