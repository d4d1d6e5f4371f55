"""Child processes of the demo: started one by one, waited for until they are ready, ended in order."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from core.errors import ServiceError
from core.process import die_with_parent

STOP_S = 30.0


class Child:
    """One `ekamling …` process, in a session of its own: Ctrl-C reaches only the demo, which ends all in order."""

    def __init__(
        self, name: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._log = log
        self._lines: queue.Queue[str] = queue.Queue()
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [sys.executable, "-m", "ekamling", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        if self._process.stdout:
            threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()

    def _read(self, stdout: IO[str]) -> None:
        with stdout:
            for line in stdout:
                self._lines.put(line.strip())

    def ready(self, at_most_s: float) -> str:
        """Wait for the line `ready …`; returns its rest. Raises ServiceError with the child's own last words."""
        deadline = time.monotonic() + at_most_s
        while time.monotonic() < deadline:
            try:
                line = self._lines.get(timeout=0.1)
            except queue.Empty:
                if self._process.poll() is not None:
                    raise ServiceError(self.last_words()) from None
                continue
            if line.startswith("ready"):
                return line.removeprefix("ready").strip()
        raise ServiceError(f"{self.name} was not ready after {at_most_s:.0f} s; see {self._log}")

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def running(self) -> bool:
        return self._process.poll() is None

    def last_words(self) -> str:
        """What the child said last on stderr, without the name of the program."""
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        said = [line.removeprefix("ekamling: ") for line in lines if line.startswith("ekamling: ")]
        return said[-1] if said else f"{self.name} ended: {lines[-1] if lines else 'it said nothing'}"

    def stop(self) -> None:
        """End it gently, then surely."""
        if self.running():
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
