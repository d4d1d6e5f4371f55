"""A simulated camera with its edge.toml, and `ekamling watch` that runs while a test looks at it."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ekamling.footage import clip
from ekamling.simulator import CameraSimulator, SimulatedCamera
from tests.loop_thread import LoopThread
from tests.patience import PATIENCE_S

# People of the clip walk through two zones and over a line.
WALKED = """
[[cameras.rules]]
id = "halaman"
zone = [[0.60, 0.30], [0.82, 0.27], [0.98, 0.70], [0.76, 0.62], [0.60, 0.50]]
[[cameras.rules]]
id = "jalan-masuk"
kind = "crossing"
line = [[0.36, 0.40], [0.44, 0.62]]
severity = 3
[[cameras.rules]]
id = "taman"
zone = [[0.10, 0.25], [0.40, 0.25], [0.40, 0.40], [0.10, 0.40]]
schedule = ["00:00-00:01"]
modes = ["armed"]
"""


@contextmanager
def simulated(*, password: str = "") -> Iterator[int]:
    """A camera `a` with a main and a sub stream, which asks `kamling` for a password if one is given; its port."""
    streams = [SimulatedCamera(f"a/{name}", clip(f"vtest-{name}.mp4")) for name in ("main", "sub")]
    with LoopThread() as loop:
        simulator = CameraSimulator(streams, username="kamling" if password else "", password=password)
        port = loop.run(simulator.start())
        try:
            yield port
        finally:
            loop.run(simulator.stop())


def configured(folder: Path, port: int, more: str = WALKED) -> Path:
    """An edge.toml with that camera, and `more` of its table: its rules, its login."""
    path = folder / "edge.toml"
    path.write_text(
        f"""
id = "pos-1"
data = "{folder}"
[centre]
mqtt_host = "127.0.0.1"
url = "http://127.0.0.1:9"
secret_file = "none"
[[cameras]]
id = "gerbang"
name = "Gerbang utama"
area = "33.03.05.1005"
url = "rtsp://127.0.0.1:{port}/a/main"
sub_url = "rtsp://127.0.0.1:{port}/a/sub"
{more}"""
    )
    return path


@dataclass(frozen=True)
class RunningWatch:
    """The command as an installer starts it."""

    process: "subprocess.Popen[str]"
    url: str

    def stop(self) -> int:
        """Press Ctrl-C; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_S)


@contextmanager
def running_watch(config: Path, *more: str) -> Iterator[RunningWatch]:
    command = [sys.executable, "-m", "ekamling", "watch", "gerbang", "--config", str(config), "--port", "0", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.match(r"Open (http://127\.0\.0\.1:\d+/\S+/)$", process.stdout.readline())
        assert found, "it did not start"
        watch = RunningWatch(process, found[1])
        try:
            yield watch
        finally:
            watch.stop()
