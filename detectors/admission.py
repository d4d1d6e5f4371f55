"""The check of a model file that comes from anywhere: loaded and tried in a process that may take little and not long.

    admit(path, ...) -> Admitted        the model as it would be used, and what it found on the shipped pictures

The file is looked at first without loading it (detectors.onnx_file). Then a child with limits on memory and time loads
it, recognises its layout and runs it, so that a hostile file can at worst end that child.
"""

import hashlib
import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from core.errors import ModelError
from core.process import die_with_parent
from detectors import onnx_file, registry
from detectors.agreement import reference_pictures
from detectors.backends import catalogue
from detectors.backends.network import complaint
from detectors.fitted import FittedDetector
from detectors.preprocess import InputTensor, Size
from detectors.registry import Model
from detectors.session import OnnxDetector, input_size, layout_of

SQUARE: Size = (416, 416)  # the input of a model that leaves its size open, when none is asked for

SECONDS = 60  # for loading a model and some pictures

_MEMORY = 4 * 1024**3
_SCORE = 0.3
_SLOW = "was not done with some pictures after {} s: it is too slow, or hostile"


class Request(Struct, frozen=True):
    """What the child is asked to try; `layout` and `input` as the user said them, if at all."""

    name: str
    path: str
    sha256: str
    classes: tuple[str, ...]
    layout: str | None
    input: Size | None
    seconds: int


class Verdict(Struct, frozen=True):
    """What the child found: a problem, or all that must be known to use the model."""

    problem: str = ""
    layout: str = ""
    input: Size | None = None
    found: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Admitted:
    """A model that works, its file's bytes, and how many objects of each class it saw on the shipped pictures."""

    model: Model
    content: bytes
    found: dict[str, int]


def admit(
    path: Path, name: str, classes: tuple[str, ...], *, layout: str | None = None, input: Size | None = None
) -> Admitted:
    """Check a file; ModelError says in one line why it cannot be used.

    `layout` None takes the one that is recognised. `input` (height, width) is for a file that leaves its size open.
    """
    content = _read(path, name)
    if layout is not None:
        registry.own(path, layout)
    request = Request(name, str(path.absolute()), hashlib.sha256(content).hexdigest(), classes, layout, input, SECONDS)
    verdict = _tried(request)
    if verdict.problem:
        raise ModelError(verdict.problem)
    model = msgspec.structs.replace(
        registry.own(path, verdict.layout, classes), name=name, sha256=request.sha256, input=verdict.input
    )
    return Admitted(model, content, verdict.found)


def _read(path: Path, name: str) -> bytes:
    try:
        if not path.is_file():
            raise ModelError(f"model {name}: {path} is no file")
        size = path.stat().st_size
        if size > onnx_file.LARGEST:
            raise ModelError(
                f"model {name}: {path} has {size / 1e6:.0f} MB; at most {onnx_file.LARGEST / 1e6:.0f} MB are allowed"
            )
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"model {name}: {path} cannot be read ({error.strerror})") from error
    try:
        onnx_file.inspect(content)
    except ModelError as error:
        raise ModelError(f"model {name}: {path} {error}") from None
    return content


def _tried(request: Request) -> Verdict:
    """The verdict of the child, also when it dies."""
    what = f"model {request.name}: {request.path}"
    try:
        done = subprocess.run(
            [sys.executable, "-m", "detectors.admission"],
            input=msgspec.json.encode(request),
            capture_output=True,
            timeout=2 * request.seconds,
            check=False,
            preexec_fn=die_with_parent,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # each of its threads would reserve memory
        )
    except subprocess.TimeoutExpired:
        return Verdict(problem=f"{what} {_SLOW.format(request.seconds)}")
    except OSError as error:
        return Verdict(problem=f"{what} cannot be tried: {error.strerror}")
    if done.returncode == -signal.SIGXCPU:
        return Verdict(problem=f"{what} {_SLOW.format(request.seconds)}")
    if done.returncode < 0:
        ending = signal.Signals(-done.returncode).name
        return Verdict(problem=f"{what} made ONNX Runtime crash ({ending}): it is damaged or hostile")
    try:
        return msgspec.json.decode(done.stdout, type=Verdict)
    except msgspec.DecodeError:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason told"]
        return Verdict(problem=f"{what} could not be tried ({last[0][:200]})")


def examine(request: Request) -> Verdict:
    """What the child does: load, recognise, run on the shipped pictures."""
    try:
        return _examine(request)
    except ModelError as error:
        return Verdict(problem=str(error))
    except MemoryError:
        return Verdict(
            problem=f"model {request.name}: {request.path} needs more than {_MEMORY / 2**30:.0f} GB of memory"
        )


def _examine(request: Request) -> Verdict:
    path = Path(request.path)
    # Any family will do until the layout is known: preparation plays no part in loading.
    plain = msgspec.structs.replace(
        registry.own(path, "yolox", request.classes), name=request.name, sha256=request.sha256
    )
    shape = catalogue.load(plain, "onnxruntime").shape
    open_size = not all(isinstance(length, int) for length in shape[2:])
    if open_size:
        plain = plain.at(request.input or SQUARE)
    network = catalogue.load(plain, "onnxruntime")
    size = input_size(network, plain)
    layout = layout_of(network, plain, size)
    model = msgspec.structs.replace(
        registry.own(path, request.layout or layout.name, request.classes),
        name=request.name,
        sha256=request.sha256,
        input=size if open_size else None,
    )
    _check_numbers(OnnxDetector(model, score_threshold=_SCORE), model)
    detector = FittedDetector(model, score_threshold=_SCORE)
    found: Counter[str] = Counter()
    for picture in reference_pictures():
        found.update(model.classes[index] for index in detector.detect(picture).class_id)
    return Verdict(layout=layout.name, input=model.input, found=dict(found.most_common()))


def _check_numbers(detector: OnnxDetector, model: Model) -> None:
    tensor = InputTensor(detector.input_size, model.normalisation)
    tensor.letterbox(reference_pictures()[0])
    for name, output in zip(
        detector.network.outputs, detector.network.run(tensor.data, detector.network.outputs), strict=True
    ):
        if not np.isfinite(output).all():
            raise complaint(model, f"answers a picture with what are no numbers (NaN or infinite, in {name[:60]})")


def _limit(seconds: int) -> None:
    """Take from this process what it does not need: much memory, much time, files to write."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """The child: a request on stdin, a verdict on stdout."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    _limit(request.seconds)
    sys.stdout.buffer.write(msgspec.json.encode(examine(request)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
