"""The relay's process, as the supervisor keeps it: started again when it dies, told what the centre wants.

It is a process of its own because it is an event loop with cryptography in it: in a shard it would share the
interpreter with decoding and detection, in the supervisor with the outbox.
"""

import logging
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

import msgspec

from core.errors import StorageError, WireError
from core.events import Answer, Command, decode, encode
from core.process import die_with_parent
from edge.live.settings import LiveSettings

RESTART_S = 1.0
STOP_S = 5.0

log = logging.getLogger("edge.live.process")


class LiveProcess:
    """Runs the relay. `answered` is called, on a thread of its own, with each of its answers.

    `path` is where shards connect; empty where this edge gives no live view, and then nothing runs.
    """

    def __init__(self, settings: LiveSettings, answered: Callable[[Answer], None]) -> None:
        self._settings = settings
        self._answered = answered
        self._lock = threading.Lock()
        self._pipe: Connection[Any, Any] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="live", daemon=True)
        self.path = ""

    def prepare(self) -> None:
        """Make the folder of its socket; raises StorageError."""
        if self._settings.viewers:
            try:
                self.path = str(Path(tempfile.mkdtemp(prefix="ekamling-live-")) / "relay")
            except OSError as error:
                raise StorageError(f"the folder of live view cannot be made: {error.strerror}") from error

    def start(self) -> None:
        if self._settings.viewers:
            self._thread.start()

    def ask(self, command: Command) -> None:
        """Hand a command of the centre on; its answer comes to `answered`."""
        with self._lock:
            try:
                if self._pipe:
                    self._pipe.send_bytes(encode(command))
                    return
            except OSError:
                log.debug("the relay is down")
        if command.name == "live-keep":
            for view in filter(None, command.args.get("views", "").split(",")):
                self._answered(Answer(command=view, ok=False, code="ended", message="the view has ended"))
        elif self._settings.viewers:
            self._answered(_no(command, "unavailable", "live view of this edge is just being started; try again"))
        else:
            self._answered(_no(command, "off", "this edge gives no live view; see live.viewers in its edge.toml"))

    def stop(self) -> None:
        """End it; harmless where it never ran."""
        self._stop.set()
        if self._process:
            self._process.terminate()
        if self._thread.ident:
            self._thread.join(timeout=STOP_S)
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self.path:
            Path(self.path).unlink(missing_ok=True)
            folder = Path(self.path).parent
            if folder.exists():
                folder.rmdir()

    def _keep(self) -> None:
        while not self._stop.is_set():
            ending = self._live()
            if not self._stop.is_set():
                log.error("the relay of live view %s; it starts again in %.0f s", ending, RESTART_S)
                self._stop.wait(RESTART_S)

    def _live(self) -> str:
        """Run the process once, from start to end; how it ended."""
        ours, theirs = Pipe()
        with ours, theirs:
            handle = theirs.fileno()
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                    [sys.executable, "-m", "edge.live", str(handle), self.path],
                    pass_fds=[handle],
                    stdin=subprocess.DEVNULL,
                    preexec_fn=die_with_parent,
                )
            except OSError as error:
                return f"cannot be started ({error.strerror})"
            theirs.close()
            if self._stop.is_set():
                self._process.terminate()
            try:
                ours.send_bytes(msgspec.msgpack.encode(self._settings))
                ours.recv_bytes()
                with self._lock:
                    self._pipe = ours
                self._listen(ours)
            except (EOFError, OSError):
                log.debug("the relay closed its pipe")
            finally:
                with self._lock:
                    self._pipe = None
        return f"ended with {self._process.wait()}"

    def _listen(self, pipe: "Connection[Any, Any]") -> None:
        while True:
            try:
                self._answered(decode(Answer, pipe.recv_bytes()))
            except WireError as error:
                log.error("the relay of live view: %s", error)


def setup_of(body: bytes) -> LiveSettings:
    """The settings, as the relay is handed them first."""
    return msgspec.msgpack.decode(body, type=LiveSettings)


def _no(command: Command, code: str, message: str) -> Answer:
    return Answer(command=command.id, ok=False, code=code, message=message)
