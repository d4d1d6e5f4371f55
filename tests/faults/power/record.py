"""Runs a program and keeps a record of all that it did to the files of one folder, in order (see recorder.c)."""

import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HEAD = struct.Struct("<cIQQQ")
MARKS = "marks"  # file in the folder into which the program writes what it has promised; it is no part of the disk
SOURCE = Path(__file__).with_name("recorder.c")
LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class Step:
    """One call. `kind`: create, mkdir, write, truncate, sync, rename, link, unlink; `file` is the inode."""

    kind: str
    file: int
    place: int
    data: bytes
    paths: tuple[str, ...]  # relative to the folder


KINDS = {
    b"c": "create",
    b"m": "mkdir",
    b"w": "write",
    b"t": "truncate",
    b"s": "sync",
    b"r": "rename",
    b"l": "link",
    b"u": "unlink",
}
NAMED = ("create", "mkdir", "rename", "link", "unlink")


def built(folder: Path) -> Path:
    """The recorder, compiled into `folder`."""
    library = folder / "recorder.so"
    command = [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True, timeout=LIMIT_S)
    return library


def recorded(library: Path, folder: Path, program: str, *arguments: str) -> list[Step]:
    """Run `python -m program FOLDER arguments…` to its end; everything that it did below `folder`."""
    folder.mkdir()
    log = folder.with_name(f"{folder.name}.record")
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "RECORDER_FOLDER": str(folder),
        "RECORDER_LOG": str(log),
    }
    subprocess.run(
        [sys.executable, "-m", program, str(folder), *arguments], env=environment, check=True, timeout=LIMIT_S
    )
    return list(steps(log.read_bytes(), folder.resolve()))


def steps(log: bytes, folder: Path) -> Iterator[Step]:
    """The record, read; the data of writes is not copied."""
    at = 0
    while at < len(log):
        letter, _, file, place, length = HEAD.unpack_from(log, at)
        at += HEAD.size
        data = log[at : at + length]
        at += length
        kind = KINDS[letter]
        paths: tuple[str, ...] = ()
        if kind in NAMED:
            paths = tuple(os.path.relpath(os.fsdecode(part), folder) for part in data.split(b"\0"))
            data = b""
        yield Step(kind, file, place, data, paths)
