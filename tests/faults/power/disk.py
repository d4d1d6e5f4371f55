"""A disk to which a record is played, and what is left on it when the power goes.

It promises as little as POSIX does, and less than any file system in use:
- what was written to a file since its last fsync is there or not, sector by sector, in any combination; a file may have
  grown without what was written into it, and then holds zeros;
- a name that was made, changed or removed since the last fsync of its folder is so or not; of each folder the changes
  stand in their order, a rename within a folder is one change, and one between two folders is two that know nothing of
  each other.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tests.faults.power.record import MARKS, Step

SECTOR = 512
MOODS = (0.0, 0.1, 0.5, 0.9, 1.0)  # chance of a sector, or of a folder's next change, to have reached the disk


@dataclass(eq=False, slots=True)
class File:
    """What is safe, and the steps since."""

    safe: bytearray = field(default_factory=bytearray)
    later: list[Step] = field(default_factory=list)

    def sync(self) -> None:
        for step in self.later:
            _apply(self.safe, step)
        self.later.clear()

    def left(self, chance: random.Random, mood: float) -> bytes:
        content = bytearray(self.safe)
        for step in self.later:
            if step.kind == "write":
                _apply_sectors(content, step, chance, mood)
            elif chance.random() < mood:
                _apply(content, step)
        return bytes(content)


Change = dict[str, "File | Folder | None"]


@dataclass(eq=False, slots=True)
class Folder:
    """Names that are safe, and the changes since."""

    safe: dict[str, "File | Folder"] = field(default_factory=dict)
    later: list[Change] = field(default_factory=list)
    now: dict[str, "File | Folder"] = field(default_factory=dict)

    def change(self, change: Change) -> None:
        self.later.append(change)
        _rename(self.now, change)

    def sync(self) -> None:
        for change in self.later:
            _rename(self.safe, change)
        self.later.clear()

    def left(self, chance: random.Random, mood: float) -> dict[str, "File | Folder"]:
        names = dict(self.safe)
        for change in self.later:
            if chance.random() >= mood:
                break
            _rename(names, change)
        return names


def _rename(names: dict[str, "File | Folder"], change: Change) -> None:
    for name, thing in change.items():
        if thing is None:
            names.pop(name, None)
        else:
            names[name] = thing


def _apply(content: bytearray, step: Step) -> None:
    """Do a write or a truncation."""
    if step.kind == "truncate":
        del content[step.place :]
    _grow(content, step.place)
    if step.kind == "write":
        content[step.place : step.place + len(step.data)] = step.data


def _apply_sectors(content: bytearray, step: Step, chance: random.Random, mood: float) -> None:
    """Do some of a write: whole sectors of the disk, and perhaps its length alone."""
    end = step.place + len(step.data)
    if chance.random() < mood:
        _grow(content, end)
    start = step.place
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        if chance.random() < mood:
            _grow(content, start)
            content[start:stop] = step.data[start - step.place : stop - step.place]
        start = stop


def _grow(content: bytearray, size: int) -> None:
    if len(content) < size:
        content.extend(bytes(size - len(content)))


class Disk:
    """Plays a record; `marks` are the lines that the program has written of its promises."""

    def __init__(self, record: Sequence[Step]) -> None:
        self._record = record
        self._done = 0
        self._root = Folder()
        self._by_number: dict[int, File | Folder] = {}
        self._marks_file = -1
        self.marks: list[str] = []

    def play(self, until: int) -> None:
        """Do the steps up to that one, which may not be before where it stands."""
        for step in self._record[self._done : until]:
            self._do(step)
        self._done = until

    def _do(self, step: Step) -> None:
        match step.kind:
            case "create" if step.paths == (MARKS,):
                self._marks_file = step.file
            case "write" if step.file == self._marks_file:
                self.marks += step.data.decode().splitlines()
            case "create" | "mkdir" if step.paths != (".",):
                thing = File() if step.kind == "create" else Folder()
                self._by_number[step.file] = thing
                self._folder(step.paths[0]).change({_name(step.paths[0]): thing})
            case "write" | "truncate":
                self._file(step).later.append(step)
            case "sync":
                self._by_number.get(step.file, self._root).sync()  # the root itself was there before
            case "unlink":
                self._folder(step.paths[0]).change({_name(step.paths[0]): None})
            case "rename" | "link":
                self._move(*step.paths, remove=step.kind == "rename")

    def _move(self, one: str, two: str, *, remove: bool) -> None:
        there, here = self._folder(one), self._folder(two)
        thing = there.now[_name(one)]
        gone: Change = {_name(one): None} if remove and one != two else {}
        if there is here:
            here.change({**gone, _name(two): thing})
            return
        here.change({_name(two): thing})
        if gone:
            there.change(gone)

    def _file(self, step: Step) -> File:
        file = self._by_number[step.file]
        assert isinstance(file, File)
        return file

    def _folder(self, path: str) -> Folder:
        """The folder in which a path stands."""
        found = self._root
        for part in PurePosixPath(path).parent.parts:
            below = found.now[part]
            assert isinstance(below, Folder)
            found = below
        return found

    def cut(self, chance: random.Random, folder: Path) -> None:
        """Write into `folder` what is left when the power goes now."""
        _write(self._root, folder, chance, chance.choice(MOODS))


def _name(path: str) -> str:
    return PurePosixPath(path).name


def _write(what: Folder, folder: Path, chance: random.Random, mood: float) -> None:
    folder.mkdir()
    for name, thing in what.left(chance, mood).items():
        if isinstance(thing, Folder):
            _write(thing, folder / name, chance, mood)
        else:
            (folder / name).write_bytes(thing.left(chance, mood))
