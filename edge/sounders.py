"""What makes the noise: a program that plays a sound file, and a relay that is switched over HTTP."""

import logging
import os
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Protocol

import httpx

from core.errors import ServiceError
from edge.siren_settings import FILE, SirenSettings

START_S = 0.5  # in which a player that cannot play has said so
END_S = 2.0  # for a player to end by itself when it is told to
RELAY_S = 3.0
RELAY_TRIES = 2

log = logging.getLogger("edge.sounders")


class Sounder(Protocol):
    """One thing that makes noise."""

    def on(self, sound: Path) -> None:
        """Begin; raises ServiceError with what keeps it from sounding."""
        ...

    def off(self) -> None:
        """Fall silent; raises ServiceError where that is not certain."""
        ...


class Player:
    """A program that plays a file. It is given no shell, no input and none of our open files."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._process: subprocess.Popen[bytes] | None = None

    def on(self, sound: Path) -> None:
        self.off()
        words = [word.replace(FILE, str(sound)) for word in self._words]
        try:
            with tempfile.TemporaryFile() as said:
                self._process = subprocess.Popen(  # noqa: S603 - the installer's own words, no shell
                    words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True
                )
                try:
                    status = self._process.wait(START_S)
                except subprocess.TimeoutExpired:
                    return
                self._process = None
                if status:
                    raise ServiceError(f"the player {words[0]} ended with status {status}{_last_line(said)}")
        except OSError as error:  # of the program, or of the place for what it says
            raise ServiceError(f"the player {words[0]} cannot be started: {error.strerror}") from error

    def off(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for signum in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, signum)
            except ProcessLookupError:
                pass
            try:
                process.wait(END_S)
                return
            except subprocess.TimeoutExpired:
                continue
        raise ServiceError(f"the player {self._words[0]} does not end")


class Relay:
    """A switch with an HTTP address each for on and off. No proxy is used and no redirect followed."""

    def __init__(self, method: str, on: str, off: str) -> None:
        self._method, self._on, self._off = method, on, off

    def on(self, sound: Path) -> None:
        self._call(self._on)

    def off(self) -> None:
        self._call(self._off)

    def _call(self, url: str) -> None:
        trouble = ""
        for _ in range(RELAY_TRIES):
            try:
                with (
                    httpx.Client(trust_env=False, timeout=RELAY_S, follow_redirects=False) as http,
                    http.stream(self._method, url) as answer,
                ):
                    if answer.is_success:
                        return
                    trouble = f"answered {answer.status_code}"
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                trouble = f"cannot be reached ({type(error).__name__})"
        raise ServiceError(f"the relay {trouble}")


def sounders(settings: SirenSettings) -> list[Sounder]:
    """What the settings name."""
    found: list[Sounder] = []
    if settings.relay_on:
        found.append(Relay(settings.relay_method, settings.relay_on, settings.relay_off))
    if settings.player:
        found.append(Player(settings.player))
    return found


def all_on(those: list[Sounder], sound: Path) -> str:
    """Begin with all of them; what is wrong with some, or nothing. Raises ServiceError where none sounds."""
    troubles = []
    for sounder in those:
        try:
            sounder.on(sound)
        except ServiceError as error:
            troubles.append(str(error))
    if len(troubles) == len(those):
        raise ServiceError("; ".join(troubles))
    return "; ".join(troubles)


def all_off(those: list[Sounder]) -> str:
    """Silence all of them; what is wrong, empty where all are silent."""
    troubles = []
    for sounder in those:
        try:
            sounder.off()
        except ServiceError as error:
            troubles.append(str(error))
    return "; ".join(troubles)


def _last_line(said: IO[bytes]) -> str:
    """The last line that a program wrote, to stand behind what happened to it."""
    said.seek(max(0, said.seek(0, os.SEEK_END) - 2000))
    lines = said.read().decode("utf-8", "replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    shown = "".join(sign for sign in last if sign.isprintable())[:120]
    return f": {shown}" if shown else ""
