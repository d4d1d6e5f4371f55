"""The demo as a user runs it: whole, from one command, with clear words when it cannot be."""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.process import descendants
from ekamling.demo import STAGES, missing_stages
from ekamling.demo_site import free_ports
from tests.ekamling.running import running_demo

KEYS = {
    "cameras",
    "frames_decoded",
    "frames_analysed",
    "frames_gated",
    "frames_dropped",
    "inferences",
    "tracks",
    "events_published",
    "events_stored",
    "duplicates",
    "lost",
    "incidents",
    "snapshots",
    "clips",
    "latency_ms",
}


def demo(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `ekamling demo …` to its end."""
    (port,) = free_ports(1)
    given = arguments if "--port" in arguments else ("--port", str(port), *arguments)
    return subprocess.run(
        [sys.executable, "-m", "ekamling", "demo", *given],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **(environment or {})},
    )


def one_clear_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """It failed, with one line on stderr that holds all the words."""
    assert done.returncode != 0
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("ekamling: ")
    for word in words:
        assert word in line


@pytest.mark.timeout(180)
def test_every_stage_carries_events_and_none_is_lost() -> None:
    done = demo("--seconds", "20", "--json")

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert set(figures) == KEYS
    assert figures["cameras"] == 3
    assert all(figures[stage] > 0 for stage in STAGES)
    assert figures["events_stored"] == figures["events_published"]
    assert figures["lost"] == 0
    assert figures["snapshots"] == figures["clips"] == figures["events_stored"]
    for stage in ("frame_to_event", "event_to_stored", "event_to_console"):
        spread = figures["latency_ms"][stage]
        assert 0 < spread["p50"] <= spread["p95"] <= spread["p99"]


@pytest.mark.timeout(120)
def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    with running_demo(tmp_path / "data") as running:
        running.await_line("First incident")
        children = descendants(running.process.pid)
        assert len(children) >= 5  # simulator, centre, broker, edge, shards
        assert running.stop() == 0
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


@pytest.mark.timeout(120)
def test_even_a_killed_demo_leaves_no_process_behind(tmp_path: Path) -> None:
    with running_demo(tmp_path / "data") as running:
        running.await_line("First incident")
        children = descendants(running.process.pid)
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        for pid in children:
            wait_until_gone(pid)


def wait_until_gone(pid: int) -> None:
    """Processes that lost their parent end by themselves, in their own time."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ready, _, _ = select.select([handle], [], [], 45)
        assert ready, Path(f"/proc/{pid}/cmdline").read_text()
    finally:
        os.close(handle)


def test_a_port_that_is_taken() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        one_clear_line(demo("--seconds", "5", "--port", str(port)), f"port {port}", "--port")


def test_a_folder_that_cannot_be_written() -> None:
    one_clear_line(demo("--seconds", "5", "--data", "/proc/ekamling"), "/proc/ekamling", "--data")


def test_a_folder_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("three years of work")
    one_clear_line(demo("--seconds", "5", "--data", str(tmp_path)), str(tmp_path), "not empty")
    assert (tmp_path / "thesis.odt").read_text() == "three years of work"


def test_a_missing_clip(tmp_path: Path) -> None:
    copy = tmp_path / "installed"
    for room in ("core", "detectors", "edge", "ingest", "alerts", "ekamling"):
        shutil.copytree(room, copy / room, ignore=shutil.ignore_patterns("node_modules", "__pycache__", "*-main.mp4"))
    done = subprocess.run(
        [sys.executable, "-m", "ekamling", "demo", "--seconds", "5", "--port", str(free_ports(1)[0])],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    one_clear_line(done, "vtest-main.mp4", "missing")


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of that size, which only root can mount."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk to fill")
def test_a_disk_that_is_too_small(tmp_path: Path) -> None:
    with small_disk(tmp_path, 8) as disk:
        one_clear_line(demo("--seconds", "5", "--data", str(disk / "data")), str(disk), "free", "--data")


@pytest.mark.timeout(120)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk to fill")
def test_a_disk_that_fills_while_it_runs(tmp_path: Path) -> None:
    with small_disk(tmp_path, 230) as disk, running_demo(disk / "data") as running:
        running.await_line("First incident")
        with contextlib.suppress(OSError), (disk / "thesis.odt").open("wb") as other:
            while True:
                other.write(bytes(2**20))
        running.await_line(r"^ekamling: .*the disk is full")
        assert running.process.wait(timeout=60) == 1


@pytest.mark.parametrize("wrong", [["--port", "0"], ["--seconds", "-1"], ["--seconds", "soon"], ["--speed"]])
def test_wrong_arguments_are_named(wrong: list[str]) -> None:
    done = demo(*wrong)
    assert done.returncode == 2
    assert wrong[-1] in done.stderr.splitlines()[-1]


def test_json_without_an_end_is_refused() -> None:
    one_clear_line(demo("--json"), "--seconds")


def test_a_stage_that_carried_nothing_is_named() -> None:
    whole = {stage: 1 for stage in STAGES} | {"lost": 0, "latency_ms": {"event_to_console": {"p50": 1.0}}}
    assert missing_stages(whole) == []
    assert missing_stages({**whole, "clips": 0}) == ["clips is 0"]
    assert missing_stages({**whole, "lost": 2}) == ["2 events were lost"]
