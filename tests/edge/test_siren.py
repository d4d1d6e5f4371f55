"""The siren of an edge: what it is ordered, what it does, and what it answers."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core import config
from core.clock import ManualClock, SystemClock
from core.errors import ConfigError, EkamlingError
from core.events import Command, Reply, Status, decode
from core.ids import new_id
from edge import siren as siren_module
from edge.outbox import Outbox
from edge.publisher import Publisher
from edge.settings import CentreLink, EdgeSettings
from edge.siren import Siren, ask_to_stop
from edge.siren_settings import SirenSettings, local
from ekamling.cli import main
from tests.brokers import EDGES, HOST, RunningBroker
from tests.edge.centre import ListeningCentre
from tests.edge.fakes import opened
from tests.edge.relay import RelayBox
from tests.patience import until

PLAYS = "import pathlib, sys, time; pathlib.Path(sys.argv[2]).open('a').write(sys.argv[1] + chr(10)); time.sleep(60)"
BROKEN = "import sys; sys.stderr.write('audio open error: no such device' + chr(10)); sys.exit(3)"


@pytest.fixture
def box() -> Iterator[RelayBox]:
    relay = RelayBox()
    yield relay
    relay.close()


def a_player(folder: Path, program: str = PLAYS) -> list[str]:
    return [sys.executable, "-c", program, "{file}", str(folder / "played")]


def played(folder: Path) -> int:
    path = folder / "played"
    return len(path.read_text().splitlines()) if path.exists() else 0


class Desk:
    """Sirens at work in a folder, and what they answered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.replies: list[Reply] = []
        self._sirens: list[Siren] = []

    def start(self, settings: SirenSettings) -> Siren:
        siren = Siren(settings, self.folder, self.clock, self.replies.append)
        siren.start()
        self._sirens.append(siren)
        return siren

    def order(self, siren: Siren, **changes: str) -> Reply:
        """The answer to an order of the centre."""
        before = len(self.replies)
        expires = (self.clock.now() + timedelta(seconds=20)).isoformat()
        args = {"id": new_id(), "action": "sound", "expires": expires, "incident": "i-1"} | changes
        args = ({"pattern": "2-2-2", "seconds": "30"} if args["action"] == "sound" else {}) | args
        siren.take(Command(id=new_id(), name="siren", args=args))
        until(lambda: len(self.replies) > before)
        return self.replies[-1]

    def close(self) -> None:
        for siren in self._sirens:
            siren.stop()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(siren_module, "LOOK_S", 0.02)
    found = Desk(tmp_path)
    yield found
    found.close()


def test_an_order_is_played_and_answered(desk: Desk) -> None:
    siren = desk.start(SirenSettings(player=a_player(desk.folder)))
    reply = desk.order(siren)
    assert (reply.ok, reply.message) == (True, "")
    until(lambda: played(desk.folder))
    assert (desk.folder / "played").read_text() == f"{desk.folder / 'siren.wav'}\n"
    assert (desk.folder / "siren.wav").read_bytes()[:4] == b"RIFF"
    assert siren.sounds()


def test_a_repeat_of_an_order_does_not_sound_again(desk: Desk, box: RelayBox) -> None:
    siren = desk.start(box.settings())
    assert [desk.order(siren, id="n-1").ok for _ in range(3)] == [True] * 3
    assert box.asked.count("GET /on") == 1
    assert len({reply.command for reply in desk.replies}) == 3


def test_two_orders_of_one_incident_are_one_sound(desk: Desk, box: RelayBox) -> None:
    siren = desk.start(box.settings())
    assert desk.order(siren, incident="i-1").ok
    assert desk.order(siren, incident="i-1").ok
    assert box.asked.count("GET /on") == 1
    assert desk.order(siren, incident="i-2").ok
    assert box.asked.count("GET /on") == 2


def test_a_fault_of_ours_ends_no_siren(
    desk: Desk, box: RelayBox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    siren = desk.start(box.settings())
    with monkeypatch.context() as broken:
        broken.setattr(siren_module, "all_on", lambda *_: 1 / 0)
        reply = desk.order(siren)
    assert (reply.ok, "failed unexpectedly" in reply.message) == (False, True)
    assert "ZeroDivisionError" in caplog.text
    assert desk.order(siren).ok


def test_an_old_order_never_sounds(desk: Desk, box: RelayBox) -> None:
    siren = desk.start(box.settings())
    late = (desk.clock.now() - timedelta(seconds=40)).isoformat()
    reply = desk.order(siren, expires=late)
    assert not reply.ok
    assert "comes 40 s too late by this edge's clock" in reply.message
    far = (desk.clock.now() + timedelta(hours=1)).isoformat()
    assert "clock is behind the centre's" in desk.order(siren, expires=far).message
    assert "GET /on" not in box.asked


def test_it_falls_silent_by_itself_and_never_later_than_the_installer_allows(desk: Desk, box: RelayBox) -> None:
    siren = desk.start(box.settings(max_seconds=10))
    desk.order(siren, seconds="600", pattern="titir")
    assert siren.sounds()
    desk.clock.advance(9)
    assert siren.sounds()
    desk.clock.advance(2)
    until(lambda: not siren.sounds())
    assert box.asked[-1] == "GET /off"


def test_a_stop_ends_what_sounds_for_its_incident_only(desk: Desk, box: RelayBox) -> None:
    siren = desk.start(box.settings(relay_method="POST"))
    desk.order(siren)
    assert desk.order(siren, action="stop", incident="i-2").ok
    assert siren.sounds()
    assert desk.order(siren, action="stop").ok
    assert not siren.sounds()
    assert box.asked[-1] == "POST /off"
    desk.order(siren)
    assert desk.order(siren, action="stop", incident="").ok
    assert not siren.sounds()


def test_all_safe_is_beaten_once_and_never_into_another_alarm(desk: Desk) -> None:
    siren = desk.start(SirenSettings(player=a_player(desk.folder)))
    desk.order(siren, incident="i-2")
    assert desk.order(siren, action="stop", pattern="1-7-1").ok
    assert played(desk.folder) == 1
    assert desk.order(siren, action="stop", incident="i-2", pattern="1-7-1").ok
    until(lambda: played(desk.folder) == 2)
    assert siren.sounds()
    desk.clock.advance(5)
    until(lambda: not siren.sounds())


def test_a_stop_comes_never_too_late(desk: Desk, box: RelayBox) -> None:
    siren = desk.start(box.settings())
    desk.order(siren)
    late = (desk.clock.now() - timedelta(hours=1)).isoformat()
    assert desk.order(siren, action="stop", expires=late).ok
    assert not siren.sounds()


def test_the_people_at_the_post_can_stop_it(desk: Desk) -> None:
    siren = desk.start(SirenSettings(player=a_player(desk.folder)))
    desk.order(siren)
    ask_to_stop(desk.folder)
    until(lambda: not siren.sounds())
    desk.order(siren)  # an earlier stop does not end a later order
    desk.clock.advance(1)
    assert siren.sounds()


def test_a_player_that_cannot_play_is_told_in_its_own_words(desk: Desk) -> None:
    siren = desk.start(SirenSettings(player=a_player(desk.folder, BROKEN)))
    reply = desk.order(siren)
    assert not reply.ok
    assert reply.message.endswith("ended with status 3: audio open error: no such device")
    missing = desk.start(SirenSettings(player=["/nowhere/aplay", "{file}"]))
    assert "/nowhere/aplay cannot be started: No such file" in desk.order(missing).message


@pytest.mark.parametrize("status", [302, 401, 500])
def test_a_relay_that_refuses_is_told_and_not_followed(desk: Desk, box: RelayBox, status: int) -> None:
    siren = desk.start(box.settings())
    until(lambda: box.asked == ["GET /off"])
    box.status = status
    reply = desk.order(siren)
    assert (reply.ok, reply.message) == (False, f"the relay answered {status}")


def test_one_of_two_is_enough_and_the_other_is_told(desk: Desk, box: RelayBox) -> None:
    box.status = 500
    siren = desk.start(box.settings(player=a_player(desk.folder)))
    reply = desk.order(siren)
    assert (reply.ok, reply.message) == (True, "the relay answered 500")
    until(lambda: played(desk.folder))


def test_what_does_not_fall_silent_is_silenced_again(
    desk: Desk, box: RelayBox, caplog: pytest.LogCaptureFixture
) -> None:
    siren = desk.start(box.settings())
    desk.order(siren)
    box.status = 500
    assert not desk.order(siren, action="stop").ok
    assert "may still sound" in caplog.text
    box.status, count = 200, len(box.asked)
    desk.clock.advance(siren_module.AGAIN_S)
    until(lambda: len(box.asked) > count)
    assert box.asked[-1] == "GET /off"


def test_a_start_silences_what_the_last_life_left_on(desk: Desk, box: RelayBox) -> None:
    desk.start(box.settings())
    until(lambda: box.asked == ["GET /off"])


def test_the_end_of_the_edge_is_the_end_of_the_noise(desk: Desk, box: RelayBox) -> None:
    siren = desk.start(box.settings(player=a_player(desk.folder)))
    desk.order(siren)
    siren.stop()
    assert box.asked[-1] == "GET /off"
    desk._sirens.clear()


def test_an_edge_without_a_siren_says_so(desk: Desk) -> None:
    reply = desk.order(desk.start(SirenSettings()))
    assert (reply.ok, "this edge has no siren" in reply.message) == (False, True)


@pytest.mark.parametrize(
    "args",
    [
        {"pattern": "1; reboot"},
        {"pattern": "{file}"},
        {"seconds": "0"},
        {"seconds": "1e9"},
        {"action": "dance"},
        {"expires": "soon"},
        {"expires": "2026-01-01T00:00:00"},
        {"id": ""},
        {"incident": "x" * 65},
    ],
)
def test_an_order_that_makes_no_sense_is_refused(desk: Desk, box: RelayBox, args: dict[str, str]) -> None:
    reply = desk.order(desk.start(box.settings()), **args)
    assert not reply.ok
    assert "GET /on" not in box.asked


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("http://192.168.10.40/on", True),
        ("https://10.0.0.7:8443/relay/0?turn=on", True),
        ("http://[fd00::7]/on", True),
        ("http://[::1]:8080/on", True),
        ("http://8.8.8.8/on", False),
        ("http://169.254.169.254/latest", False),
        ("http://relay.local/on", False),
        ("http://admin:x@192.168.10.40/on", False),
        ("http://0.0.0.0/on", False),
        ("http://192.168.10.40:99999/on", False),
        ("http://2130706433/on", False),
    ],
)
def test_a_relay_stands_in_the_local_network(url: str, good: bool) -> None:
    assert local(url) == good


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ({"player": ["aplay"]}, "must hold {file}"),
        ({"relay_on": "http://10.0.0.7/on"}, "give both or neither"),
        ({"relay_on": "http://10.0.0.7/on", "relay_off": "http://8.8.8.8/"}, "relay_off: must name an IP address"),
        ({"quiet": "always"}, "schedule"),
    ],
)
def test_wrong_settings_are_named(raw: dict[str, Any], why: str) -> None:
    with pytest.raises((EkamlingError, msgspec.ValidationError), match=why):
        msgspec.convert(raw, SirenSettings)


# --- over a real broker


class Host:
    """An edge without cameras."""

    siren: Siren

    def status(self, *, online: bool) -> Status:
        return Status(online=online)

    def answer(self, command: Command) -> Reply | None:
        self.siren.take(command)
        return None


def test_the_order_comes_over_mqtt_and_the_answer_goes_back(
    broker: RunningBroker, tmp_path: Path, box: RelayBox
) -> None:
    outbox: Outbox = opened(tmp_path / "edge")
    host, clock = Host(), SystemClock()
    link = CentreLink(mqtt_host=HOST, url="http://127.0.0.1:1", secret_file="unused", mqtt_port=broker.mqtt_port)
    with ListeningCentre(broker) as centre:
        publisher = Publisher("pos-1", link, EDGES["pos-1"], outbox, clock, host)
        host.siren = Siren(box.settings(), tmp_path, clock, publisher.reply)
        host.siren.start()
        publisher.start()
        try:
            centre.await_status(online=True)
            expires = (clock.now() + timedelta(seconds=20)).isoformat()
            args = {"id": "n-1", "action": "sound", "expires": expires, "pattern": "titir", "seconds": "30"}
            command = Command(id=new_id(), name="siren", args=args)
            centre.send(command)
            reply = decode(Reply, until(lambda: centre.of("reply"))[0])
        finally:
            host.siren.stop()
            publisher.stop(Status(online=False))
            outbox.close()
    assert reply == Reply(command=command.id, ok=True)
    assert box.asked[-2:] == ["GET /on", "GET /off"]


# --- the installer's own test


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "edge.toml"


def write(file: Path, siren: str) -> list[str]:
    """An edge.toml with these lines under [siren]; the words that name it."""
    file.write_text(
        f'id = "pos-1"\ndata = "{file.parent / "data"}"\n[siren]\n{siren}\n'
        '[centre]\nmqtt_host = "127.0.0.1"\nurl = "http://127.0.0.1:1"\nsecret_file = "none"\n'
        '[[cameras]]\nid = "a"\nname = "A"\narea = "33.03.05.1005"\nurl = "rtsp://10.0.0.7/main"\n'
    )
    return ["--config", str(file)]


def test_an_installer_hears_it(file: Path, box: RelayBox, capsys: pytest.CaptureFixture[str]) -> None:
    named = write(file, f'relay_on = "{box.url}/on"\nrelay_off = "{box.url}/off"\nquiet = ""')
    assert main(["siren", "test", "--pattern", "titir", "--seconds", "1", *named]) == 0
    assert capsys.readouterr().out == "beating titir for 1 s; Ctrl-C ends it\ndone\n"
    assert box.asked == ["GET /on", "GET /off"]
    assert list((file.parent / "data").iterdir()) == []


def test_neighbours_sleep(file: Path, box: RelayBox, capsys: pytest.CaptureFixture[str]) -> None:
    named = write(file, f'relay_on = "{box.url}/on"\nrelay_off = "{box.url}/off"\nquiet = "00:00-24:00"')
    assert main(["siren", "test", *named]) == 1
    assert "no test within the quiet hours, 00:00-24:00" in capsys.readouterr().err
    assert box.asked == []
    assert main(["siren", "test", "--anyway", "--seconds", "1", "--pattern", "titir", *named]) == 0


def test_what_cannot_be_tested_is_one_line(file: Path, box: RelayBox, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["siren", "test", *write(file, "")]) == 1
    assert "so there is nothing to sound" in capsys.readouterr().err
    box.status = 500
    named = write(file, f'relay_on = "{box.url}/on"\nrelay_off = "{box.url}/off"\nquiet = ""')
    assert main(["siren", "test", *named]) == 1
    assert main(["siren", "test", "--seconds", "31", *named]) == 1
    assert main(["siren", "test", "--pattern", "ten", *named]) == 1
    told = capsys.readouterr().err
    assert ["the relay answered 500" in told, "lasts 1 to 30 seconds" in told, "'ten'" in told] == [True] * 3


def test_a_stop_by_hand_reaches_the_edge_that_runs(file: Path, desk: Desk, box: RelayBox) -> None:
    named = write(file, f'relay_on = "{box.url}/on"\nrelay_off = "{box.url}/off"')
    desk.folder = file.parent / "data"
    siren = desk.start(box.settings())
    desk.order(siren)
    assert main(["siren", "stop", *named]) == 0
    until(lambda: not siren.sounds())


def test_a_wrong_siren_is_named_with_the_file(file: Path) -> None:
    from_file = write(file, 'player = ["aplay"]')
    with pytest.raises(ConfigError, match="siren: player"):
        config.load(Path(from_file[1]), EdgeSettings)
