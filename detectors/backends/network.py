"""A loaded network, whichever library runs it: one float picture in, arrays out."""

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from detectors.registry import Model

BackendName = Literal["onnxruntime", "openvino", "cuda"]

Shape = tuple[int | str | None, ...]


class Network(Protocol):
    """A model in one library; `run` may be called from several threads at once."""

    @property
    def shape(self) -> Shape:
        """Of the input: (1, 3, height, width), with a name or None where a dimension is open."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of all outputs."""
        ...

    def run(self, data: NDArray[np.float32], names: tuple[str, ...]) -> list[NDArray[np.float32]]:
        """The outputs of these names for a tensor (1, 3, height, width); ModelError when the network fails on it."""
        ...


def complaint(model: Model, text: str, error: Exception | None = None) -> ModelError:
    """The error that says in one line what is wrong with a model, and where a library told it, why."""
    reason = _reason(error) if error is not None else ""
    return ModelError(f"model {model.name}: {model.path} {text}{f' ({reason})' if reason else ''}")


def not_a_picture(model: Model) -> ModelError:
    """The error for a network with other inputs than one picture."""
    return complaint(model, "does not take one float picture of the shape (1, 3, height, width)")


def _reason(error: Exception) -> str:
    """The first line that says something: OpenVINO puts its source files before it."""
    lines = [line.strip() for line in str(error).splitlines()]
    return next((line[:200] for line in lines if line and not line.startswith("Exception from ")), "")
