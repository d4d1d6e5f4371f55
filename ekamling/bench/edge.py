"""How many cameras an edge holds, and what one costs, against the peers' ways on the same streams in the same run."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ServiceError
from core.latency import percentiles
from core.process import cpu_seconds, die_with_parent, resident_bytes
from ekamling.bench import footage
from ekamling.bench.contender import Contender, Tally
from ekamling.bench.ours import OurEdge
from ekamling.bench.peers import Peer
from ekamling.demo_site import free_ports

MIN_FPS = 4.9  # analysed, of every camera
MAX_P95_MS = 400.0  # from picture to event
MIN_FOUND = 0.9  # of the events that the same streams bring where there are few cameras
WARM_UP_S = 12.0
ROUNDS = 2  # of the interleaved comparison
PEERS = ("opencv", "ffmpeg_pipe")
COMPARED = 4  # cameras in it: what the dearest peer can still hold on two cores
GROUP_MS = footage.GOP * 1000 / footage.FPS  # by which an event may come later where only keyframes are decoded
STEP = {"sub": 8, "main": 2, "idle": 16}
START = {"sub": 48, "main": 12, "idle": 96}


@dataclass(frozen=True, slots=True)
class Sample:
    """What one contender did in a stretch of time."""

    cameras: int
    slowest_fps: float
    p95_ms: float | None
    cpu_ms_per_camera_second: float
    resident_mb: float
    events_per_camera_minute: float
    stream: str

    def held(self, usual: float) -> bool:
        """Whether every camera was looked at often enough, events came soon enough, and as many as the `usual` events a
        camera-minute, less what chance takes: an edge that is overrun may be quick and see nothing.

        With `idle` looks are at every keyframe while nothing moves, and events may come one group of pictures later.
        """
        idle = self.stream == "idle"
        fps = 0.9 * footage.FPS / footage.GOP if idle else MIN_FPS
        limit = MAX_P95_MS + (GROUP_MS if idle else 0)
        soon = self.p95_ms is not None and self.p95_ms <= limit
        return soon and self.slowest_fps >= fps and self.events_per_camera_minute >= MIN_FOUND * usual


@dataclass(frozen=True, slots=True)
class Wishes:
    """How long each sample lasts, which streams are measured, and where progress is told."""

    seconds: float
    streams: tuple[str, ...]
    say: Callable[[str], None]


def run(wishes: Wishes) -> dict[str, Any]:
    """All figures of `ekamling bench edge`."""
    with tempfile.TemporaryDirectory(prefix="ekamling-bench-") as name:
        folder = Path(name)
        wishes.say("making the streams ...")
        for stream in (footage.SUB, footage.MAIN):
            footage.build(stream, folder)
        samples = _compare(folder, wishes)
        compared = {
            name: statistics.median(each.cpu_ms_per_camera_second for each in samples[name]) for name in samples
        }
        found = {
            stream: statistics.median(each.events_per_camera_minute for each in samples[name])
            for name, stream in (("ours", "sub"), ("ours_idle", "idle"))
        }
        held = {stream: _largest(stream, found.get(stream, found["sub"]), folder, wishes) for stream in wishes.streams}
        memory = _memory(folder, wishes)
    ours = compared["ours"]
    return {
        "cameras_held": {stream: sample.cameras if sample else 0 for stream, sample in held.items()},
        "at_that": {stream: _plain(sample) for stream, sample in held.items() if sample},
        "events_per_camera_minute": found,
        "cpu_ms_per_camera_second": {name: round(value, 2) for name, value in compared.items()},
        "ratio": {f"vs_{peer}": round(ours / compared[peer], 3) for peer in PEERS},
        "ratio_idle": {f"vs_{peer}": round(compared["ours_idle"] / compared[peer], 3) for peer in PEERS},
        "rss_mb_per_camera": memory,
        "cores": len(os.sched_getaffinity(0)),
    }


def _compare(folder: Path, wishes: Wishes) -> dict[str, list[Sample]]:
    """Samples of ours and the peers on a few cameras, in turn."""
    samples: dict[str, list[Sample]] = {"ours": [], "ours_idle": [], "opencv": [], "ffmpeg_pipe": []}
    for number in range(ROUNDS):
        for name, taken in samples.items():
            ours = {"ours": "sub", "ours_idle": "idle"}.get(name)
            contender: Contender = _ours(ours) if ours else Peer(name.partition("_")[0])
            sample = _sample(contender, ours or "sub", COMPARED, folder, wishes.seconds)
            wishes.say(f"round {number + 1}, {name}: {_plain(sample)}")
            taken.append(sample)
    return samples


def _ours(stream: str) -> OurEdge:
    return OurEdge(sub=stream != "main", idle=stream == "idle")


def _largest(stream: str, usual: float, folder: Path, wishes: Wishes) -> Sample | None:
    """The sample with the largest number of cameras that is held, searched in steps from a first guess, up or down."""
    best: Sample | None = None
    cameras, step = START[stream], 0
    while cameras > 0:
        sample = _sample(_ours(stream), stream, cameras, folder, wishes.seconds)
        held = sample.held(usual)
        wishes.say(f"{stream}: {cameras} cameras {'held' if held else 'not held'}: {_plain(sample)}")
        if held:
            best = sample
        step = step or (STEP[stream] if held else -STEP[stream])
        if held != (step > 0):
            break
        cameras += step
    return best


def _memory(folder: Path, wishes: Wishes) -> float:
    """MB that each camera adds to one shard after its first."""
    few, many = (_sample(OurEdge(sub=True), "sub", count, folder, wishes.seconds).resident_mb for count in (2, 10))
    return round((many - few) / 8, 2)


def _sample(contender: Contender, stream: str, cameras: int, folder: Path, seconds: float) -> Sample:
    """Run a contender on some cameras and measure it after it has warmed up."""
    with _served(stream, cameras, folder) as urls:
        try:
            contender.start(urls if isinstance(contender, OurEdge) else [f"{url}/{stream}" for url in urls])
            time.sleep(WARM_UP_S)
            before, used, began = contender.tally(), cpu_seconds(contender.pids()), time.monotonic()
            time.sleep(seconds)
            after, spent, elapsed = contender.tally(), cpu_seconds(contender.pids()) - used, time.monotonic() - began
            memory = resident_bytes(contender.pids())
        finally:
            contender.stop()
    return Sample(
        cameras=cameras,
        slowest_fps=round(_slowest(before, after, cameras, elapsed), 2),
        p95_ms=percentiles(after.latencies[len(before.latencies) :]).p95,
        cpu_ms_per_camera_second=round(spent * 1000 / cameras / elapsed, 2),
        resident_mb=round(memory / 2**20, 1),
        events_per_camera_minute=round((len(after.latencies) - len(before.latencies)) * 60 / cameras / elapsed, 2),
        stream=stream,
    )


def _slowest(before: Tally, after: Tally, cameras: int, seconds: float) -> float:
    """Pictures a second of the camera that was looked at least often."""
    if len(after.analysed) < cameras or len(before.analysed) < cameras:
        return 0.0
    return min(now - then for then, now in zip(before.analysed, after.analysed, strict=True)) / seconds


@contextmanager
def _served(stream: str, cameras: int, folder: Path) -> Iterator[Sequence[str]]:
    """Serve each camera's streams, each at another moment of the clip; addresses without the last part."""
    (port,) = free_ports(1)
    kinds = ("main",) if stream == "main" else ("main", "sub")
    paths = [
        f"cam{number}/{kind}={folder}/bench-{kind}.mp4@{number * 7.3 % footage.SECONDS:.1f}"
        for number in range(cameras)
        for kind in kinds
    ]
    process = subprocess.Popen(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", "ekamling", "simulator", "--port", str(port), *paths],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,
    )
    try:
        if not process.stdout or not process.stdout.readline().startswith("ready"):
            raise ServiceError("the camera simulator did not start")
        yield [f"rtsp://127.0.0.1:{port}/cam{number}" for number in range(cameras)]
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout:
            process.stdout.close()


def _plain(sample: Sample) -> dict[str, Any]:
    return {
        "fps": sample.slowest_fps,
        "p95_ms": sample.p95_ms,
        "cpu_ms_per_camera_second": sample.cpu_ms_per_camera_second,
        "memory_mb": sample.resident_mb,
        "events_per_camera_minute": sample.events_per_camera_minute,
    }
