"""`ekamling audit`: the record of changes taken out and checked elsewhere; whatever was done to it shows."""

import asyncio
import json
import random
import shutil
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.audit import key, package, record
from alerts.audit.record import Broken
from alerts.store import changes
from alerts.store.changes import Change
from alerts.store.database import Database
from core.clock import ManualClock
from core.errors import StorageError
from ekamling.cli import main
from tests.messages import AT

MUTATIONS = 10_000
FILES = (package.CHANGES, package.MANIFEST, package.SIGNATURE)
Mutation = Callable[[random.Random, bytes], bytes]


class Office:
    """A centre with a record of changes, and where it is taken out to."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.data.mkdir()
        self.config = folder / "centre.toml"
        self.config.write_text(f'data = "{self.data}"\n')
        self.out = folder / "out"
        asyncio.run(self._work())

    async def _work(self) -> None:
        database, clock = await Database.open(f"sqlite+aiosqlite:///{self.data}/centre.sqlite3"), ManualClock(AT)
        signer = key.signer(self.data)
        for number in range(12):
            async with database.write() as connection:
                after = {"name": f"Pos {number}", "latitude": -7.388 + number}
                change = Change(user="admin", area="33.03", what="site", which=f"pos-{number}", after=after)
                await changes.note(connection, change, clock.now())
            clock.advance(60)
            if number % 5 == 0:
                await record.vouch(database, signer, clock)
        await database.close()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    status = main([str(each) for each in arguments])
    printed = capsys.readouterr()
    return status, printed.err if status else printed.out


def taken_out(office: Office, capsys: pytest.CaptureFixture[str]) -> str:
    """Take the record out; the public key that was told."""
    status, said = run(capsys, "audit", "export", office.out, "--config", office.config)
    assert status == 0
    return said.split()[-1]


def test_a_record_is_checked_where_it_is_and_elsewhere(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = run(capsys, "audit", "check", "--config", office.config)
    assert (status, said.startswith("12 changes")) == (0, True)
    public = taken_out(office, capsys)
    shutil.rmtree(office.data)  # nothing of the centre is needed
    status, said = run(capsys, "audit", "verify", office.out, "--key", public)
    assert status == 0
    assert "12 of them under 4 signatures" in said


def test_another_key_than_the_one_that_is_known_is_refused(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    public = taken_out(office, capsys)
    status, said = run(capsys, "audit", "verify", office.out, "--key", "ab" * 32)
    assert (status, "signed with another key" in said, public in said) == (1, True, True)


def test_a_folder_that_holds_something_is_left_alone(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.out.mkdir()
    (office.out / "else.txt").write_text("mine")
    status, said = run(capsys, "audit", "export", office.out, "--config", office.config)
    assert (status, "is not empty; name another folder" in said) == (1, True)
    assert [each.name for each in office.out.iterdir()] == ["else.txt"]


def test_where_there_is_no_record_one_line_says_so(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = run(capsys, "audit", "verify", tmp_path / "nowhere")
    assert (status, len(said.splitlines())) == (1, 1)
    (office.data / "centre.sqlite3").unlink()
    status, said = run(capsys, "audit", "check", "--config", office.config)
    assert (status, "has the centre ever run" in said) == (1, True)


def flip(chance: random.Random, content: bytes) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]


def cut(chance: random.Random, content: bytes) -> bytes:
    return content[: chance.randrange(len(content))]


def drop(chance: random.Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    del lines[chance.randrange(len(lines))]
    return b"".join(lines)


def reorder(chance: random.Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(chance.sample(lines, len(lines)))


def repeat(chance: random.Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join([*lines, chance.choice(lines)])


def clock(chance: random.Random, content: bytes) -> bytes:
    """Another time in one place."""
    moved = AT + timedelta(minutes=chance.randrange(1, 12), seconds=chance.randrange(1, 60))
    parts = content.split(b'"at":"')
    which = chance.randrange(1, len(parts)) if len(parts) > 1 else 0
    rest = parts[which].partition(b'"')[2]
    parts[which] = moved.isoformat().replace("+00:00", "Z").encode() + b'"' + rest
    return b'"at":"'.join(parts)


def append(chance: random.Random, content: bytes) -> bytes:
    return content + chance.randbytes(chance.randrange(1, 9))


KINDS: tuple[Mutation, ...] = (flip, cut, drop, reorder, repeat, clock, append)


def test_every_one_of_many_mutations_shows(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """10,000, of seven kinds, in each of the three files."""
    taken_out(office, capsys)
    whole = {name: (office.out / name).read_bytes() for name in FILES}
    chance = random.Random(7)  # noqa: S311 - where to break things, not a secret
    found = dict.fromkeys((kind.__name__ for kind in KINDS), 0)

    async def shows() -> bool:
        try:
            await package.check(office.out)
        except (Broken, StorageError):
            return True
        return False

    async def mutate() -> None:
        while sum(found.values()) < MUTATIONS:
            name, kind = chance.choice(FILES), chance.choice(KINDS)
            content = kind(chance, whole[name])
            if content == whole[name]:
                continue
            (office.out / name).write_bytes(content)
            assert await shows(), f"{kind.__name__} of {name} does not show: {content!r}"
            (office.out / name).write_bytes(whole[name])
            found[kind.__name__] += 1
        assert not await shows()

    asyncio.run(mutate())
    sys.stdout.write(f"mutations that showed: {found}\n")


def test_a_change_that_was_written_anew_with_all_its_hashes_shows(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """By somebody who knows how it is done, and has no key."""
    taken_out(office, capsys)
    lines = (office.out / package.CHANGES).read_text().splitlines()
    first = json.loads(lines[0])
    first["user"] = "somebody else"
    (office.out / package.CHANGES).write_text("\n".join([json.dumps(first), *lines[1:]]) + "\n")
    status, said = run(capsys, "audit", "verify", office.out)
    assert (status, "changes.jsonl is not as it was written" in said) == (1, True)
