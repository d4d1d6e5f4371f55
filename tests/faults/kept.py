"""A process that is started again whenever it ends, as systemd does with the parts of E-Kamling."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.process import descendants, die_with_parent

ROOT = Path(__file__).parents[2]
AGAIN_S = 0.3
STOP_S = 20.0


class Kept:
    """Runs `command` from `start` to `stop`; what it says goes to the end of the file `log`."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self._command = command
        self._log = log
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()  # held while nothing may run
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep)
        self._halted: list[int] = []
        self.starts = 0

    def start(self) -> None:
        self._thread.start()

    def _keep(self) -> None:
        while not self._ending.is_set():
            with self._lock:
                self._process = self._started()
            self._process.wait()
            self._ending.wait(AGAIN_S)

    def _started(self) -> "subprocess.Popen[bytes]":
        self.starts += 1
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self._environment},
                preexec_fn=die_with_parent,
            )

    @property
    def pid(self) -> int:
        """Of the process that runs, or ran last."""
        return self._process.pid if self._process else 0

    @property
    def below(self) -> list[int]:
        """Its own child processes."""
        return descendants(self.pid)

    def kill(self) -> None:
        """As the kernel does when memory is short."""
        if self._process:
            self._process.kill()

    def hold(self) -> None:
        """Kill it, and let it not start again before `go_on`."""
        self._lock.acquire()
        if self._process:
            self._process.kill()
            self._process.wait()

    def go_on(self) -> None:
        self._lock.release()

    def halt(self) -> None:
        """Let it and all below it stand still."""
        pids = [self.pid, *self.below]
        self._halted += pids
        for pid in pids:
            signal_if_there(pid, signal.SIGSTOP)

    def move(self) -> None:
        """Let them go on after `halt`, whosever they are by now."""
        for pid in self._halted:
            signal_if_there(pid, signal.SIGCONT)
        self._halted = []

    def stop(self) -> None:
        """Ask it to end, for good; then make it."""
        self._ending.set()
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        if self._thread.ident:
            self._thread.join()


def signal_if_there(pid: int, signum: signal.Signals) -> None:
    """Send a signal to a process that may have ended."""
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return
