"""What is shipped is what it says, and runs at the sizes it is asked for."""

import subprocess
import sys
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from core.errors import ModelError, StorageError
from detectors.images import BgrImage, Yuv420Image
from detectors.registry import DEFAULT, find, input_for, keep, known, own, user_folder
from detectors.session import OnnxDetector
from ekamling.footage import clip


@pytest.fixture(scope="module")
def street() -> BgrImage:
    """Picture 200 of the bundled clip: a yard that several people cross."""
    capture = cv2.VideoCapture(str(clip("vtest-main.mp4")))
    for _ in range(200):
        capture.grab()
    read, pixels = capture.read()
    capture.release()
    assert read
    return BgrImage(pixels.astype(np.uint8))


def test_every_shipped_model_loads_and_its_licence_is_told() -> None:
    for shipped in known():
        assert OnnxDetector(shipped).classes[0] == "person"
        assert shipped.licence != "unknown"
        assert shipped.path.name in shipped.path.with_name("NOTICE.md").read_text()


@pytest.mark.parametrize("size", [(416, 416), (320, 416), (256, 416), (416, 256)])
def test_the_default_model_finds_the_people_in_the_bundled_clip(street: BgrImage, size: tuple[int, int]) -> None:
    found = OnnxDetector(find().at(size)).detect(street)
    people = found.select(found.class_id == 0)
    assert len(people) >= 4
    heights = people.xyxy[:, 3] - people.xyxy[:, 1]
    assert (heights < street.height / 2).all()


def test_the_decoders_planes_show_the_same_people(street: BgrImage) -> None:
    height, width = street.height, street.width
    flat = cv2.cvtColor(street.pixels, cv2.COLOR_BGR2YUV_I420).astype(np.uint8).ravel()
    y, u, v = np.split(flat, [height * width, height * width * 5 // 4])
    half = (height // 2, width // 2)
    planes = Yuv420Image(y.reshape(height, width), u.reshape(half), v.reshape(half))
    detector = OnnxDetector(find(), score_threshold=0.5)
    packed, planar = detector.detect(street), detector.detect(planes)
    assert (packed.class_id == 0).sum() == (planar.class_id == 0).sum()


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match=DEFAULT):
        find("yolo-v99")
    with pytest.raises(ModelError, match="nanodet-plus"):
        own(Path("model.onnx"), "ssd")


@pytest.mark.parametrize(
    ("width", "height", "longest", "expected"),
    [
        (640, 360, 416, (256, 416)),
        (1920, 1080, 416, (256, 416)),
        (768, 576, 416, (320, 416)),
        (704, 576, 416, (352, 416)),
        (360, 640, 416, (416, 256)),
        (500, 500, 416, (416, 416)),
        (640, 360, 320, (192, 320)),
        (4000, 10, 416, (32, 416)),
    ],
)
def test_the_input_follows_the_aspect_of_the_stream(
    width: int, height: int, longest: int, expected: tuple[int, int]
) -> None:
    assert input_for(width, height, longest) == expected


def test_what_only_builds_models_is_not_imported_at_run_time() -> None:
    program = "import sys, detectors.session, detectors.evaluation; sys.exit('onnx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_an_imported_model_is_found_by_its_name(tmp_path: Path) -> None:
    kept = keep(msgspec.structs.replace(find(), name="mine", licence="CC0-1.0"), find().content(), tmp_path)
    assert find("mine", tmp_path) == kept
    assert (kept.layout, kept.input, kept.classes, kept.licence) == ("nanodet", (416, 416), find().classes, "CC0-1.0")
    assert kept.sha256 == find().sha256
    with pytest.raises(ModelError, match=r"There are: nanodet-g-416, mine\."):
        find("yours", tmp_path)


def test_a_user_has_a_folder_of_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    keep(msgspec.structs.replace(find(), name="mine"), find().content(), user_folder())
    assert find("mine").path == tmp_path / "ekamling" / "models" / "mine.onnx"


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"layout": "ssd", "sha256": "", "classes": []}', "\0"])
def test_a_damaged_description_is_one_line(tmp_path: Path, content: str) -> None:
    keep(msgspec.structs.replace(find(), name="mine"), find().content(), tmp_path)
    (tmp_path / "mine.json").write_text(content)
    with pytest.raises(ModelError) as caught:
        find("mine", tmp_path)
    assert "\n" not in str(caught.value)


def test_an_imported_file_that_was_replaced_is_refused(tmp_path: Path) -> None:
    kept = keep(msgspec.structs.replace(find(), name="mine"), find().content(), tmp_path)
    kept.path.write_bytes(b"something else")
    with pytest.raises(ModelError, match="damaged or was replaced"):
        OnnxDetector(kept)


@pytest.mark.parametrize("name", ["../mine", "/etc/passwd", "", ".", "a/b", "Mine"])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    keep(msgspec.structs.replace(find(), name="mine"), find().content(), tmp_path)
    with pytest.raises(ModelError, match="no model is called"):
        find(name, tmp_path / "below")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        keep(find(), find().content(), tmp_path / "file")
