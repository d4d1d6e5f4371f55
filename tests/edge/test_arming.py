"""The modes of camera groups, which outlive a power cut."""

from pathlib import Path

import pytest

from core.errors import EkamlingError, StorageError
from edge.arming import FILE, Arming


def test_a_mode_outlives_the_edge(tmp_path: Path) -> None:
    Arming(tmp_path).set("blok-a", "mudik")
    assert Arming(tmp_path).modes == {"blok-a": "mudik"}


def test_groups_are_armed_one_by_one(tmp_path: Path) -> None:
    arming = Arming(tmp_path)
    arming.set("blok-a", "mudik")
    arming.set("blok-b", "disarmed")
    arming.set("blok-a", "armed")
    assert arming.modes == {"blok-a": "armed", "blok-b": "disarmed"}


def test_what_another_process_writes_is_noticed_once(tmp_path: Path) -> None:
    running = Arming(tmp_path)
    assert not running.refresh()
    Arming(tmp_path).set("blok-a", "night")
    assert running.refresh()
    assert running.modes == {"blok-a": "night"}
    assert not running.refresh()


def test_a_change_of_ones_own_is_no_news(tmp_path: Path) -> None:
    arming = Arming(tmp_path)
    arming.set("blok-a", "night")
    assert not arming.refresh()


def test_two_processes_do_not_forget_each_others_groups(tmp_path: Path) -> None:
    one, other = Arming(tmp_path), Arming(tmp_path)
    one.set("blok-a", "night")
    other.set("blok-b", "mudik")
    assert Arming(tmp_path).modes == {"blok-a": "night", "blok-b": "mudik"}


@pytest.mark.parametrize("content", [b"", b"{", b'["armed"]', b'{"blok-a": "asleep"}', b"\xff\x00"])
def test_a_damaged_file_disarms_nothing_and_is_told(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    arming = Arming(tmp_path)
    arming.set("blok-a", "night")
    (tmp_path / FILE).write_bytes(content)
    assert not arming.refresh()
    assert arming.modes == {"blok-a": "night"}
    assert Arming(tmp_path).modes == {}
    assert f"{FILE}: cannot be read" in caplog.text


def test_an_unknown_mode_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(EkamlingError, match=r"'armd' is not a mode; did you mean 'armed'\?; there are armed, night"):
        Arming(tmp_path).set("blok-a", "armd")


def test_a_folder_that_is_gone_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"arming\.json: the mode cannot be kept \(No such file"):
        Arming(tmp_path / "gone").set("blok-a", "night")
