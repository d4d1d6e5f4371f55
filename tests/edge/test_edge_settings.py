"""What an installer may write wrong, and the one line that each mistake gives."""

import copy
from pathlib import Path
from typing import Any

import pytest

from core import config
from core.errors import ConfigError, EkamlingError
from edge.settings import EdgeSettings, read_secret

GOOD: dict[str, Any] = {
    "id": "pos-1",
    "data": "edge-data",
    "centre": {"mqtt_host": "centre.example", "url": "https://centre.example", "secret_file": "edge.secret"},
    "cameras": [
        {
            "id": "gerbang",
            "name": "Gerbang utama",
            "area": "33.03.05.1005/RW02/RT04",
            "url": "rtsp://10.0.0.7:554/main",
            "rules": [
                {"id": "halaman", "zone": [[0, 0], [1, 0], [1, 1]]},
                {"id": "pagar", "zone": [[0, 0], [0.5, 0], [0.5, 0.5]], "classes": ["person", "motorcycle"]},
            ],
        },
        {
            "id": "jalan",
            "name": "Jalan masuk",
            "area": "33.03.05.1005",
            "url": "rtsp://[fd00::7]/main",
            "sub_url": "rtsp://[fd00::7]/sub",
        },
    ],
}


def with_value(path: str, value: object) -> dict[str, Any]:
    """Good settings with one value set, by its path such as `cameras.0.url`."""
    changed = copy.deepcopy(GOOD)
    place: Any = changed
    *way, last = path.split(".")
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = value
    return changed


def told(raw: dict[str, Any]) -> str:
    """The one line that these settings give."""
    with pytest.raises(ConfigError) as refused:
        config.build(raw, EdgeSettings, name="edge.toml")
    (line,) = refused.value.problems
    return line


def test_good_settings_are_read_with_their_defaults() -> None:
    settings = config.build(GOOD, EdgeSettings, name="edge.toml")
    gate, street = settings.cameras
    assert (settings.time_zone, settings.detection.model, settings.centre.mqtt_port) == (
        "Asia/Jakarta",
        "nanodet-g-416",
        1883,
    )
    assert (gate.analysis_fps, gate.sub_url, street.rules) == (5.0, "", [])
    assert (gate.rules[0].kind, gate.rules[0].classes, gate.rules[0].severity) == ("intrusion", ["person"], 2)


RULE = "cameras.0.rules.1"
AT_RULE = "edge.toml: cameras[gerbang].rules[pagar]"
AT_STREET = "edge.toml: cameras[jalan]"


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (f"{RULE}.zone", [[0, 0], [1, 0], [1, 1.5]], f"{AT_RULE}.zone[2][1]: expected float <= 1.0"),
        (f"{RULE}.zone", [[0, 0], [-0.1, 0], [1, 1]], f"{AT_RULE}.zone[1][0]: expected float >= 0.0"),
        (f"{RULE}.zone", [[0, 0], [1, 1]], f"{AT_RULE}: zone: has no area; give at least three corners that span"),
        (f"{RULE}.zone", [[0, 0, 0], [1, 0], [1, 1]], f"{AT_RULE}.zone[0]: expected array of length 2, got 3"),
        (
            f"{RULE}.zone",
            [[0, 0], [0.5, 0.5], [1, 1]],
            f"{AT_RULE}: zone: has no area; give at least three corners that span a surface",
        ),
        (f"{RULE}.id", "halaman", "edge.toml: cameras[gerbang]: rules: the id 'halaman' is given twice"),
        (
            f"{RULE}.id",
            "Pagar Timur",
            "edge.toml: cameras[gerbang].rules[1].id: is not of the right form: "
            "short name, unique on its camera: letters, digits, hyphens",
        ),
        (f"{RULE}.kind", "dancing", f"{AT_RULE}.kind: expected one of 'intrusion'"),
        (f"{RULE}.kind", "crossing", f"{AT_RULE}: line: has no length; give two points that lie apart"),
        (f"{RULE}.severity", 4, f"{AT_RULE}.severity: expected one of 1, 2, 3"),
        (f"{RULE}.cooldown_s", -1, f"{AT_RULE}.cooldown_s: expected float >= 0.0 (it is -1)"),
        (f"{RULE}.classes", [], f"{AT_RULE}.classes: expected array of length >= 1"),
        (
            f"{RULE}.classes",
            ["person", "motorcyle"],
            f"{AT_RULE}: classes: 'motorcyle' is not a class that a detector knows; did you mean 'motorcycle'?",
        ),
        (
            f"{RULE}.classes",
            ["Person"],
            f"{AT_RULE}: classes: 'Person' is not a class that a detector knows; did you mean 'person'?",
        ),
        (f"{RULE}.classes", ["ghost"], f"{AT_RULE}: classes: 'ghost' is not a class that a detector knows"),
        (
            f"{RULE}.schedule",
            ["22:00-05:00", "tonight"],
            f'{AT_RULE}: schedule: \'tonight\' is not of the form "22:00-05:00" or "sat,sun 22:00-05:00"',
        ),
        (f"{RULE}.schedule", [22], f"{AT_RULE}.schedule[0]: expected str, got int"),
        (f"{RULE}.schedule", ["08:00-08:00"], f"{AT_RULE}: schedule: '08:00-08:00' is never open; for a whole day"),
        (f"{RULE}.schedul", [], f"{AT_RULE}.schedul: is not a key here; did you mean 'schedule'?"),
        (
            "cameras.1.url",
            "http://10.0.0.7/main",
            "edge.toml: cameras[jalan].url: is not of the right form: rtsp:// address of the main stream, "
            "without user and password",
        ),
        (
            "cameras.1.sub_url",
            "10.0.0.7/sub",
            "edge.toml: cameras[jalan].sub_url: is not of the right form: rtsp:// address of the sub stream",
        ),
        (
            "cameras.1.url",
            "rtsp:///main",
            "edge.toml: cameras[jalan]: url: the address of camera (no host) is no rtsp://",
        ),
        ("cameras.1.url", "rtsp://10.0.0.7:99999/", f"{AT_STREET}: url: the address of camera (no host) is"),
        ("cameras.1.sub_url", "rtsp://[fd00::7/x", f"{AT_STREET}: sub_url: the address of camera (no host)"),
        ("cameras.1.id", "gerbang", "edge.toml: cameras: the id 'gerbang' is given twice"),
        ("cameras.1.area", "33.03.05.1005/RT04", f"{AT_STREET}.area: is not of the right form: code of the"),
        ("cameras.1.analysis_fps", 0, "edge.toml: cameras[jalan].analysis_fps: expected float > 0.0 (it is 0)"),
        ("cameras", [], "edge.toml: cameras: expected array of length >= 1"),
        ("time_zone", "Asia/Jakata", "edge.toml: time_zone: 'Asia/Jakata' is not an IANA zone; did you mean 'Asia/J"),
        ("time_zone", "../Jakarta", "edge.toml: time_zone: '../Jakarta' is not an IANA zone"),
        ("time_zone", "Asia", "edge.toml: time_zone: 'Asia' is not an IANA zone"),
        ("time_zone", "", "edge.toml: time_zone: '' is not an IANA zone"),
        ("id", "Pos 1", "edge.toml: id: is not of the right form: name of this edge, as the centre knows it"),
        ("id", "pos-1\n", "edge.toml: id: is not of the right form: name of this edge"),
        ("centre.mqtt_host", "mqtt://centre", "edge.toml: centre.mqtt_host: is not of the right form: host of the"),
        ("centre.mqtt_host", "", "edge.toml: centre.mqtt_host: is not of the right form: host of the broker"),
        ("centre.mqtt_port", 0, "edge.toml: centre.mqtt_port: expected int >= 1 (it is 0)"),
        ("centre.url", "centre.example", "edge.toml: centre.url: is not of the right form: address of the centre"),
        ("centre.url", "https://centre.example/", "edge.toml: centre.url: is not of the right form: address of"),
        ("centre.url", "https://a:b@centre.example", "edge.toml: centre.url: is not of the right form: address"),
        ("limits", {"outbox_mb": 1}, "edge.toml: limits.outbox_mb: expected int >= 4 (it is 1)"),
    ],
)
def test_a_mistake_gives_one_line_that_names_its_place(path: str, value: object, line: str) -> None:
    assert told(with_value(path, value)).startswith(line)


@pytest.mark.parametrize("key", ["url", "sub_url"])
def test_credentials_in_an_address_are_refused_and_never_shown(key: str) -> None:
    line = told(with_value(f"cameras.0.{key}", "rtsp://admin:rahasia@10.0.0.7/main"))
    assert line.startswith(f"edge.toml: cameras[gerbang].{key}: is not of the right form: rtsp:// address of the")
    assert "without user and password" in line
    assert "rahasia" not in line


def test_a_password_in_a_path_is_not_shown_with_its_mistake() -> None:
    assert "rahasia" not in told(with_value("cameras.0.url", "rtsp:///user=admin&password=rahasia"))


def test_two_cameras_may_have_rules_of_one_name() -> None:
    assert config.build(with_value("cameras.1.rules", GOOD["cameras"][0]["rules"]), EdgeSettings, name="edge.toml")


def test_a_secret_file_holds_one_line(tmp_path: Path) -> None:
    path = tmp_path / "edge.secret"
    path.write_text("rahasia\n")
    assert read_secret(str(path), whose="edge pos-1") == "rahasia"


@pytest.mark.parametrize("content", ["", "\n", "one\ntwo\n"])
def test_a_secret_file_with_anything_else_is_named_but_not_shown(tmp_path: Path, content: str) -> None:
    path = tmp_path / "edge.secret"
    path.write_text(content)
    with pytest.raises(EkamlingError, match=r"edge\.secret: must hold the password of edge pos-1 on one line") as bad:
        read_secret(str(path), whose="edge pos-1")
    assert "one\n" not in str(bad.value)


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(EkamlingError, match="cannot read the password of edge pos-1: No such file"):
        read_secret(str(tmp_path / "missing"), whose="edge pos-1")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(EkamlingError, match="cannot read the password of edge pos-1: it is not text"):
        read_secret(str(tmp_path / "binary"), whose="edge pos-1")
