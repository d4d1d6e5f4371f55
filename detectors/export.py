"""From a user's own weights to a model that can be imported: Ultralytics' export to ONNX, and calibration to 8 bits.

Needs the extra "train". Ultralytics is AGPL and reads weights as pickles, which can run anything: it works in a process
of its own, is asked neither to install nor to report something, and is imported by nothing that runs at an edge.
"""

import importlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import onnx
from msgspec import Struct
from numpy.typing import NDArray
from onnx import version_converter

from core.errors import ModelError, SourceError
from detectors.admission import Admitted
from detectors.agreement import LOWEST, Tolerance, agreement
from detectors.images import BgrImage
from detectors.preprocess import InputTensor
from detectors.quantise import quantise
from detectors.registry import Model
from detectors.session import OnnxDetector

PICTURES = 96  # that are calibrated with, spread over those there are
LEAST_PICTURES = 16

_AT_ONCE = 8
_PER_CHANNEL = 13  # opset from which quantisation is per channel
_LEAST_AGREEMENT = 0.8  # roughly: with .91 NanoDet-Plus lost .014 mAP, with .34 YOLOX-nano lost almost half of it
_ROUGHLY = Tolerance(iou=0.7, score=0.1)
_SECONDS = 1800
_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp"}


class Exported(Struct, frozen=True):
    """What the child wrote: the ONNX file, and the names of the classes in their order."""

    path: str
    classes: tuple[str, ...]


class Quantised(Struct, frozen=True):
    """The 8-bit file's bytes, with how many pictures it was calibrated, and what of the 32-bit model's view it kept."""

    content: bytes
    pictures: int
    agreement: float | None


def from_weights(weights: Path, longest: int, folder: Path) -> Exported:
    """Export Ultralytics weights into `folder`, sizes left open; ModelError says why they can't be.

    `longest` is the side of the pictures that the model is laid out for, in pixels.
    """
    if importlib.util.find_spec("ultralytics") is None:
        raise ModelError(f"{weights}: exporting it needs the package ultralytics; install the extra ekamling[train]")
    if not weights.is_file():
        raise ModelError(f"{weights}: there is no such file")
    environment = {**os.environ, "YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "YOLO_VERBOSE": "false"}
    done = subprocess.run(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", "detectors.export", str(weights.absolute()), str(longest), str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        timeout=_SECONDS,
        check=False,
    )
    try:
        return msgspec.json.decode((folder / "exported.json").read_bytes(), type=Exported)
    except (OSError, msgspec.DecodeError) as error:
        said = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        reason = said[-1].strip()[:200] if said else "no reason told"
        raise ModelError(f"{weights}: cannot be exported ({reason})") from error


def calibrate(good: Admitted, pictures: Path) -> Quantised:
    """The model in 8 bits, calibrated with the pictures of a folder.

    SourceError when there are too few pictures; ModelError when the 8-bit model no longer sees what the other saw.
    """
    chosen = _pictures(pictures)
    size = OnnxDetector(good.model).input_size
    tensor = InputTensor(size, good.model.normalisation)
    inputs = []
    for picture in chosen:
        tensor.letterbox(picture)
        inputs.append(tensor.data.copy())
    whole = len(inputs) - len(inputs) % _AT_ONCE
    content = _quantised(good, inputs[:whole])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "quantised.onnx"
        path.write_bytes(content)
        share = _kept(good.model, msgspec.structs.replace(good.model, path=path, sha256=None), chosen)
    if share is not None and share < _LEAST_AGREEMENT:
        raise ModelError(
            f"model {good.model.name}: in 8 bits it sees only {share:.0%} of what it saw; export it without"
            " --calibrate, or with more pictures of your cameras"
        )
    return Quantised(content, whole, share)


def _quantised(good: Admitted, inputs: list[NDArray[np.float32]]) -> bytes:
    try:
        model = _with_channels(onnx.load_from_string(good.content))
        content: bytes = quantise(model, inputs, at_once=_AT_ONCE).SerializeToString()
    except Exception as error:
        raise ModelError(
            f"model {good.model.name}: cannot be quantised ({str(error).strip()[:200]}); export it without --calibrate"
        ) from error
    return content


def _with_channels(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model in a version of ONNX whose weights may have a scale for each channel."""
    opset = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), 0)
    return model if opset >= _PER_CHANNEL else version_converter.convert_version(model, _PER_CHANNEL)


def _kept(before: Model, after: Model, pictures: list[BgrImage]) -> float | None:
    one, other = (OnnxDetector(model, score_threshold=LOWEST) for model in (before, after))
    return agreement(one, other, pictures, _ROUGHLY)


def _pictures(folder: Path) -> list[BgrImage]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    except OSError as error:
        raise SourceError(f"{folder} cannot be read ({error.strerror})") from error
    if len(paths) < LEAST_PICTURES:
        raise SourceError(f"{folder} holds {len(paths)} pictures; at least {LEAST_PICTURES} are needed to calibrate")
    chosen = sorted({int(place) for place in np.linspace(0, len(paths) - 1, PICTURES)})
    return [BgrImage(_pixels(paths[place])) for place in chosen]


def _pixels(path: Path) -> NDArray[np.uint8]:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_BGR)
    if pixels is None:
        raise SourceError(f"{path} is no picture that can be read")
    return pixels.astype(np.uint8, copy=False)


def main(weights: str, longest: str, folder: str) -> int:
    """The child: export with Ultralytics and write down where to and which classes."""
    ultralytics: Any = importlib.import_module("ultralytics")
    model = ultralytics.YOLO(weights, task="detect")
    path = model.export(format="onnx", imgsz=int(longest), dynamic=True, simplify=False, opset=17)
    target = Path(folder) / "exported.onnx"
    target.write_bytes(Path(path).read_bytes())
    names = tuple(str(name) for _, name in sorted(model.names.items()))
    (Path(folder) / "exported.json").write_bytes(msgspec.json.encode(Exported(str(target), names)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
