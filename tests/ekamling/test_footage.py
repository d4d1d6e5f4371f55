import hashlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from core.errors import StorageError
from ekamling.footage import FOLDER, clip
from ekamling.footage.build import KEYFRAME_EVERY, Rendition, build, main

CLIPS = ("vtest-main.mp4", "vtest-sub.mp4")


def test_the_bundled_clips_are_small_and_those_of_the_notice() -> None:
    notice = (FOLDER / "NOTICE.md").read_text()
    assert sum(clip(name).stat().st_size for name in CLIPS) < 3_000_000
    for name in CLIPS:
        assert f"| {name} | {hashlib.sha256(clip(name).read_bytes()).hexdigest()} |" in notice


@pytest.mark.parametrize("name", CLIPS)
def test_each_bundled_clip_has_a_keyframe_every_two_seconds_and_no_reordering(name: str) -> None:
    with av.open(str(clip(name))) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert [number for number, packet in enumerate(packets) if packet.is_keyframe] == list(range(0, 795, 20))
    assert all(packet.pts == packet.dts for packet in packets)


@pytest.mark.parametrize("name", ["vtest-other.mp4", "../simulator.py", "build"])
def test_an_unknown_clip_is_named_with_the_remedy(name: str) -> None:
    with pytest.raises(StorageError, match=r"is missing .*reinstall E-Kamling"):
        clip(name)


def test_building_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    source = tmp_path / "source.avi"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number in range(2 * KEYFRAME_EVERY):
            frame = VideoFrame.from_ndarray(np.full((72, 64), 5 * number, np.uint8), format="yuvj420p")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    for name in ("one.mp4", "two.mp4"):
        # libx264 looks ahead in a picture of half the size; below 64x48 its result varies once in a hundred times
        build(source, tmp_path / name, Rendition(name, 64, 48, 30.0))
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_a_source_that_is_no_video_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "missing.avi"), str(tmp_path)]) == 1
    assert "missing.avi is no readable video: give the path" in capsys.readouterr().err
