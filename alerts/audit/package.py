"""The record of changes as two files for who inspects it elsewhere, without the centre and without its database.

changes.jsonl    one change a line, oldest first
manifest.json    how many they are, SHA-256 of that file, the checkpoints, and the public key
manifest.sig     the key's signature of the manifest, in hexadecimal digits
"""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from alerts.audit import record
from alerts.audit.key import Signer, signed
from alerts.audit.record import Broken, Checked
from alerts.store import changes, checkpoints
from alerts.store.checkpoints import Checkpoint
from alerts.store.database import Database
from core.clock import Clock
from core.errors import StorageError

CHANGES: Final = "changes.jsonl"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
FORM: Final = 1


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a package holds; `form` of its own files."""

    form: int
    at: datetime
    changes: int
    seal: str
    sha256: str
    key: str
    checkpoints: list[Checkpoint]


class Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One change as a line."""

    id: int
    at: datetime
    user: str
    area: str
    what: str
    which: str
    before: Any
    after: Any
    seal: str


async def take_out(database: Database, signer: Signer, clock: Clock, folder: Path) -> Checked:
    """Write the whole record into an empty folder; raises Broken for a record that is not whole, and StorageError."""
    await record.vouch(database, signer, clock)
    with _disk(folder):
        _make(folder)
        digest = hashlib.sha256()
        async with database.read() as connection, aclosing(changes.every(connection)) as rows:
            vouched = await checkpoints.every(connection)
            with (folder / CHANGES).open("wb") as file:
                checked = await record.follow(_copied(rows, file.write, digest.update), vouched)
        manifest = Manifest(
            form=FORM, at=clock.now(), changes=checked.changes, seal=checked.seal, sha256=digest.hexdigest(),
            key=signer.public, checkpoints=vouched,
        )  # fmt: skip
        written = msgspec.json.encode(manifest)
        (folder / MANIFEST).write_bytes(written)
        (folder / SIGNATURE).write_text(signer.sign(written))
    return checked


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise StorageError(f"{folder}: is not empty; name another folder")


async def check(folder: Path, key: str = "") -> tuple[Manifest, Checked]:
    """Check a package with nothing but its own files, and with a public key that was learned elsewhere where one is
    given; raises Broken, and StorageError where a file cannot be read."""
    with _disk(folder):
        written = (folder / MANIFEST).read_bytes()
        signature = (folder / SIGNATURE).read_bytes()
        with (folder / CHANGES).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        manifest = msgspec.json.decode(written, type=Manifest)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Broken(f"{MANIFEST} is not as it was written") from error
    if not signed(written, signature.decode("ascii", "replace"), manifest.key):
        raise Broken(f"{MANIFEST} is not as it was signed")
    if key and manifest.key != key:
        raise Broken(f"{MANIFEST} is signed with another key, {manifest.key}")
    if digest != manifest.sha256:
        raise Broken(f"{CHANGES} is not as it was written")
    checked = await record.follow(_lines(folder), manifest.checkpoints)
    if (checked.changes, checked.seal) != (manifest.changes, manifest.seal):
        raise Broken(f"{CHANGES} does not hold the changes that {MANIFEST} tells of")
    return manifest, checked


async def _copied(rows: AsyncIterable[Mapping[str, Any]], *takers: Any) -> AsyncGenerator[Mapping[str, Any], None]:
    """The rows, each given to the takers as a line on its way."""
    async for row in rows:
        line = msgspec.json.encode(Line(**row)) + b"\n"
        for take in takers:
            take(line)
        yield row


async def _lines(folder: Path) -> AsyncGenerator[Mapping[str, Any], None]:
    with _disk(folder), (folder / CHANGES).open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield msgspec.structs.asdict(msgspec.json.decode(line, type=Line))
            except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
                raise Broken(f"{CHANGES}: line {number} is no change") from error


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Turn what the disk says into one line that names the file."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{error.filename or folder}: cannot be read or written: {error.strerror}") from error
