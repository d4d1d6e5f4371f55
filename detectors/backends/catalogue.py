"""Which libraries can run a model here, and a model loaded with one of them."""

import importlib.metadata
import importlib.util

from core.errors import ModelError
from detectors import onnx_file
from detectors.backends import onnx_runtime, open_vino
from detectors.backends.network import BackendName, Network, complaint
from detectors.registry import Model

_MISSING: dict[BackendName, str] = {
    "openvino": 'the package openvino is not installed; install ekamling[openvino], or say backend = "auto"',
    "cuda": "the installed ONNX Runtime cannot use CUDA; install the package onnxruntime-gpu in place of onnxruntime,"
    ' or say backend = "auto"',
}


def available() -> tuple[BackendName, ...]:
    """The back ends that are installed; OpenVINO is looked for, not loaded."""
    found: list[BackendName] = ["onnxruntime"]
    if importlib.util.find_spec("openvino") is not None:
        found.append("openvino")
    if onnx_runtime.has_cuda():
        found.append("cuda")
    return tuple(found)


def require(backend: BackendName) -> None:
    """ModelError, with the remedy, for a back end that is not installed."""
    if backend not in available():
        raise ModelError(f"the back end {backend} cannot be used: {_MISSING[backend]}")


def versions() -> dict[str, str]:
    """Versions of the installed libraries, on which speed and accuracy depend."""
    found = {}
    for package in ("onnxruntime", "onnxruntime-gpu", "openvino"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def load(model: Model, backend: BackendName) -> Network:
    """The model's file in one library; ModelError when the file is none, or the library is missing or refuses it."""
    require(backend)
    content = model.content()
    try:
        onnx_file.inspect(content)
    except ModelError as error:
        raise complaint(model, str(error)) from None
    if backend == "openvino":
        return open_vino.load(model, content)
    return onnx_runtime.load(model, content, "CUDAExecutionProvider" if backend == "cuda" else "CPUExecutionProvider")
