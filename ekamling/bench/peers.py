"""The peers' ways, on the same streams and the same detector, each in a process of its own.

`opencv`: one thread a camera reads every picture with cv2.VideoCapture and runs the detector five times a second.
`ffmpeg`: one ffmpeg process a camera pipes raw pictures, five a second; motion picks the regions that are looked at
(as Frigate does).
Run as a module: `python -m ekamling.bench.peers opencv|ffmpeg URL …`; it prints its tally as JSON once a second.
"""

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import ServiceError
from core.process import descendants, die_with_parent
from detectors import registry
from detectors.images import BgrImage
from detectors.session import OnnxDetector
from edge.motion import MotionGate
from ekamling.bench.contender import Tally

FPS = 5.0
WIDTH, HEIGHT = 640, 360
REPORT_S = 1.0


class Peer:
    """One of the peers' ways, in its own process."""

    def __init__(self, way: str) -> None:
        self._way = way
        self._process: subprocess.Popen[str] | None = None
        self._tally = Tally()

    def start(self, urls: Sequence[str]) -> None:
        if self._way == "ffmpeg" and not shutil.which("ffmpeg"):
            raise ServiceError("ffmpeg is not installed, the peers' way needs it: sudo apt-get install ffmpeg")
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "ekamling.bench.peers", self._way, *urls],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            preexec_fn=die_with_parent,
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            said: dict[str, Any] = json.loads(line)
            self._tally = Tally(said["analysed"], [])

    def pids(self) -> list[int]:
        return [self._process.pid, *descendants(self._process.pid)] if self._process else []

    def tally(self) -> Tally:
        return self._tally

    def stop(self) -> None:
        if self._process:
            children = descendants(self._process.pid)
            self._process.terminate()
            self._process.wait(20)
            for pid in children:
                subprocess.run(["kill", str(pid)], check=False, stderr=subprocess.DEVNULL)  # noqa: S603, S607


class _Counter:
    """Pictures analysed by one camera."""

    def __init__(self) -> None:
        self.count = 0


def _watch_opencv(url: str, detector: OnnxDetector, counter: _Counter) -> None:
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
    due = 0.0
    while True:
        good, picture = capture.read()
        if not good:
            return
        now = time.monotonic()
        if now >= due:
            due = max(due + 1 / FPS, now - 1 / FPS)
            detector.detect(BgrImage(np.asarray(picture, np.uint8)))
            counter.count += 1


def _watch_ffmpeg(url: str, detector: OnnxDetector, counter: _Counter) -> None:
    command = ["ffmpeg", "-loglevel", "quiet", "-rtsp_transport", "tcp", "-i", url, "-an", "-r", str(int(FPS))]
    command += ["-s", f"{WIDTH}x{HEIGHT}", "-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"]
    size = WIDTH * HEIGHT * 3 // 2
    gate = MotionGate()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:  # noqa: S603
        while process.stdout and len(raw := process.stdout.read(size)) == size:
            planes: NDArray[np.uint8] = np.frombuffer(raw, np.uint8).reshape(HEIGHT * 3 // 2, WIDTH)
            if gate.update(planes[:HEIGHT]).moving:
                picture = cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420)
                detector.detect(BgrImage(np.asarray(picture, np.uint8)))
            counter.count += 1


WAYS = {"opencv": _watch_opencv, "ffmpeg": _watch_ffmpeg}


def main(way: str, urls: Sequence[str]) -> None:
    """Watch the streams until the process is ended."""
    cv2.setNumThreads(1)
    detector = OnnxDetector(registry.find().at(registry.input_for(WIDTH, HEIGHT)))
    counters = [_Counter() for _ in urls]
    for url, counter in zip(urls, counters, strict=True):
        threading.Thread(target=WAYS[way], args=(url, detector, counter), daemon=True).start()
    while True:
        time.sleep(REPORT_S)
        sys.stdout.write(json.dumps({"analysed": [counter.count for counter in counters]}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
