"""Secret keys in files."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core import keys
from core.errors import StorageError


def test_a_key_is_made_once_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    key = keys.kept(path, 32, "tests")
    assert len(key) == 32
    assert keys.kept(path, 32, "tests") == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_whoever_calls_at_the_same_time_gets_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: keys.kept(tmp_path / "a.key", 32, "tests"), range(32)))
    assert len(found) == 1
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("content", "said"), [(b"short", "does not hold a key of 32 bytes"), (None, "cannot be read or written")]
)
def test_what_is_no_key_is_said_in_one_line(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "a.key"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(StorageError, match=said) as refusal:
        keys.kept(path, 32, "tests")
    assert str(path) in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1
