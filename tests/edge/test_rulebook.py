"""Rules that the centre gave: kept over a power cut, judged as those of the file are, and taken whole or not at all."""

import os
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from core import rules
from core.errors import EkamlingError, StorageError
from core.rules import RulesDocument
from edge.rulebook import FILE, Rulebook
from edge.rules.engine import RuleEngine
from edge.rules.settings import Kind
from edge.settings import EdgeSettings
from tests.edge.fakes import WIB

SQUARE = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
OWN = {"id": "halaman", "zone": SQUARE}
NEW = {"id": "teras", "zone": SQUARE, "classes": ["person", "dog"], "dwell_s": 20}


def settings(**changes: Any) -> EdgeSettings:
    cameras = [
        {"id": name, "name": name, "area": "33.03.05.1005", "url": f"rtsp://{name}/x"} for name in ("gerbang", "jalan")
    ]
    raw = {
        "id": "pos-1",
        "data": "edge",
        "centre": {"mqtt_host": "centre", "url": "https://centre", "secret_file": "edge.secret"},
        "cameras": [{**camera, "rules": [OWN]} for camera in cameras],
    }
    return msgspec.convert(raw | changes, EdgeSettings)


def document(version: int, *tables: dict[str, Any], camera: str = "gerbang") -> RulesDocument:
    return RulesDocument(camera=camera, version=version, rules=list(tables))


def ids(book: Rulebook, camera: str = "gerbang") -> list[str]:
    return [rule.id for each in book.settings.cameras if each.id == camera for rule in each.rules]


def test_a_camera_counts_by_its_file_until_the_centre_says_otherwise(tmp_path: Path) -> None:
    book = Rulebook(tmp_path, settings())
    assert (ids(book), book.running["gerbang"].source, book.running["gerbang"].version) == (["halaman"], "file", 0)
    assert book.take(document(1, NEW))
    assert (ids(book), ids(book, "jalan")) == (["teras"], ["halaman"])
    assert (book.running["gerbang"].source, book.running["gerbang"].version) == ("centre", 1)
    assert (book.running["jalan"].source, book.running["jalan"].version) == ("file", 0)


def test_what_the_centre_gave_outlives_a_restart_and_another_file(tmp_path: Path) -> None:
    Rulebook(tmp_path, settings()).take(document(4, NEW))
    book = Rulebook(tmp_path, settings())
    assert (ids(book), book.running["gerbang"].version) == (["teras"], 4)
    book.open(settings(time_zone="Asia/Makassar"))
    assert (ids(book), book.settings.time_zone) == (["teras"], "Asia/Makassar")


def test_the_file_counts_again_where_the_centre_says_so(tmp_path: Path) -> None:
    book = Rulebook(tmp_path, settings())
    before = book.running["gerbang"].digest
    book.take(document(1, NEW))
    assert book.take(RulesDocument(camera="gerbang", version=2, rules=None))
    for again in (book, Rulebook(tmp_path, settings())):
        running = again.running["gerbang"]
        assert (ids(again), running.source, running.version, running.digest) == (["halaman"], "file", 2, before)


def test_no_rules_at_all_are_rules_too(tmp_path: Path) -> None:
    book = Rulebook(tmp_path, settings())
    book.take(document(1))
    assert (ids(book), book.running["gerbang"].source) == ([], "centre")


def test_what_runs_is_told_in_full_and_by_its_digest(tmp_path: Path) -> None:
    book = Rulebook(tmp_path, settings())
    book.take(document(1, NEW))
    text = book.told("gerbang")
    (told,) = msgspec.json.decode(text)
    assert told["zone"] == SQUARE
    assert (told["severity"], told["modes"], told["dwell_s"]) == (2, ["armed", "night", "mudik"], 20)
    assert book.running["gerbang"].digest == rules.digest(text)
    book.take(document(2, told))  # what is told can be given back
    assert book.told("gerbang") == text


def test_the_same_document_twice_is_no_news_and_an_older_one_is_refused(tmp_path: Path) -> None:
    book = Rulebook(tmp_path, settings())
    book.take(document(5, NEW))
    assert not book.take(document(5, NEW))
    with pytest.raises(EkamlingError, match="rules 4 are older than rules 5, which it has"):
        book.take(document(4, OWN))
    assert ids(book) == ["teras"]


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ({"zone": [[0, 0], [1, 0], [1, 1.4]]}, r"camera gerbang: rules\[x\]\.zone\[2\]\[1\]: expected float <= 1.0"),
        ({"zone": [[0, 0], [1, 1], [0.5, 0.5]]}, r"camera gerbang: rules\[x\]: zone: has no area"),
        ({"kind": "crossing", "line": [[0.2, 0.2], [0.2, 0.2]]}, r"camera gerbang: rules\[x\]: line: has no length"),
        ({"zone": SQUARE, "schedule": ["22:00-22:00"]}, r"rules\[x\]: schedule: '22:00-22:00' is never open"),
        ({"zone": SQUARE, "classes": ["persn"]}, r"classes: 'persn' is not a class .* did you mean 'person'"),
        ({"zone": SQUARE, "kind": "intrusoin"}, r"camera gerbang: rules\[x\]\.kind: expected one of 'intrusion'"),
        ({"zone": SQUARE, "severty": 1}, r"rules\[x\]\.severty: is not a key here; did you mean 'severity'"),
        ({"zone": SQUARE, "dwell_s": -1}, r"camera gerbang: rules\[x\]\.dwell_s: expected float >= 0.0"),
    ],
)
def test_what_the_file_could_not_say_is_refused_in_one_line(tmp_path: Path, table: dict[str, Any], line: str) -> None:
    book = Rulebook(tmp_path, settings())
    book.take(document(1, NEW))
    with pytest.raises(EkamlingError, match=line) as caught:
        book.take(document(2, {"id": "x", **table}))
    assert "\n" not in str(caught.value)
    assert (ids(book), book.running["gerbang"].version) == (["teras"], 1)
    assert ids(Rulebook(tmp_path, settings())) == ["teras"]


def test_what_holds_for_the_whole_camera_and_edge_is_judged_too(tmp_path: Path) -> None:
    book = Rulebook(tmp_path, settings(country=""))
    with pytest.raises(EkamlingError, match="camera gerbang: rules: the id 'teras' is given twice"):
        book.take(document(1, NEW, NEW))
    with pytest.raises(EkamlingError, match=r"cameras\[gerbang\].rules\[teras\]: schedule: is never open"):
        book.take(document(1, NEW | {"schedule": ["holiday 08:00-10:00"]}))
    with pytest.raises(EkamlingError, match="this edge has no camera 'x'; it has gerbang, jalan"):
        book.take(document(1, camera="x"))
    assert not (tmp_path / FILE).exists()


def test_a_disk_that_keeps_nothing_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Rulebook(tmp_path, settings())

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="the rules cannot be kept"):
        book.take(document(1, NEW))
    assert (ids(book), list(tmp_path.iterdir())) == (["halaman"], [])


@pytest.mark.parametrize("content", [b"", b"{", b'{"gerbang": 1}', b"\xff\xfe"])
def test_a_broken_file_of_the_centres_rules_leaves_those_of_the_edge(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_bytes(content)
    book = Rulebook(tmp_path, settings())
    assert ids(book) == ["halaman"]
    assert "the file's rules count" in caplog.text
    book.take(document(1, NEW))
    assert ids(Rulebook(tmp_path, settings())) == ["teras"]


def test_rules_that_became_impossible_stop_no_camera(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Rulebook(tmp_path, settings()).take(document(7, NEW | {"schedule": ["holiday 08:00-10:00"]}))
    book = Rulebook(tmp_path, settings(country=""))
    running = book.running["gerbang"]
    assert (ids(book), running.source, running.version) == (["halaman"], "file", 0)
    assert "rules 7 of the centre cannot be used" in caplog.text
    book.open(settings())  # mended
    assert ids(book) == ["teras"]


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_that_is_accepted_can_also_be_put_to_work(tmp_path: Path, kind: str) -> None:
    health = kind in ("silent", "covered", "moved", "defocused", "frozen", "dark", "clock")
    where: dict[str, Any] = {} if health else {"line": [[0, 0], [1, 1]]} if kind == "crossing" else {"zone": SQUARE}
    book = Rulebook(tmp_path, settings())
    book.take(document(1, {"id": "x", "kind": kind, **where, "dwell_s": 0, "cooldown_s": 0, "size": 0.02, "count": 2}))
    (camera, _) = book.settings.cameras
    RuleEngine([], WIB).apply(camera.watched, "armed")
