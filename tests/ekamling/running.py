"""A demo, or its centre alone, that runs while a test looks at it."""

import asyncio
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core import config
from ekamling import demo_site
from ekamling.children import Child
from ekamling.demo_site import free_ports
from ekamling.settings import CentreSettings

START_S = 60


class RunningDemo:
    """`ekamling demo` as a user starts it."""

    def __init__(self, folder: Path) -> None:
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ekamling", "demo", "--port", str(self.port), "--data", str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._more = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._more:
                self.lines.append(line.rstrip())
                self._more.notify_all()

    def await_line(self, pattern: str) -> re.Match[str]:
        """The first line that matches, now or soon."""
        with self._more:
            found = self._more.wait_for(
                lambda: next(filter(None, (re.search(pattern, at) for at in self.lines)), None), START_S
            )
        assert found, f"no line matched {pattern!r} in {self.lines}"
        return found

    @property
    def link(self) -> str:
        return self.await_line(r"Open (\S+)")[1]

    def stop(self) -> int:
        """Press Ctrl-C; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        status = self.process.wait(timeout=60)
        self._thread.join(timeout=5)
        assert self.process.stdout
        self.process.stdout.close()
        return status


@contextmanager
def running_demo(folder: Path) -> Iterator[RunningDemo]:
    demo = RunningDemo(folder)
    try:
        yield demo
    finally:
        demo.stop()


@contextmanager
def running_centre(folder: Path, more: str = "") -> Iterator[str]:
    """The centre of a demo without cameras and people, for what needs neither, with `more` in its configuration; yields
    its address."""
    (port,) = free_ports(1)
    site = demo_site.prepare(folder, port)
    with site.centre_config.open("a") as file:
        file.write(more)
    settings = config.load(site.centre_config, CentreSettings)
    Path(settings.data).mkdir()
    asyncio.run(demo_site.place(settings.database_url))
    centre = Child("the centre", ["server", "--config", str(site.centre_config)], folder / "centre.log")
    try:
        centre.ready(START_S)
        yield site.url
    finally:
        centre.stop()
