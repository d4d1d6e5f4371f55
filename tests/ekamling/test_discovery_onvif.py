"""The ONVIF search, with strangers on loopback who answer well, badly and with malice."""

from collections.abc import Callable, Sequence

import pytest

from core.errors import EkamlingError
from ekamling.discovery import onvif
from ekamling.discovery.onvif import Device
from tests.ekamling.strangers import matches, onvif_stranger

MESSAGE = "0c5c5f6e-4f2f-4a53-b1c3-b2d4b7d1f0aa"
CAMERA = Device("127.0.0.1", "Gerbang Utama", "DS-2CD1043", "http://127.0.0.1/onvif/device_service")
BOMB = '<!DOCTYPE lol [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def found(answers: Callable[[str], Sequence[bytes]]) -> list[Device]:
    with onvif_stranger(answers) as port:
        return onvif.search(0.7, target=("127.0.0.1", port))


def test_a_camera_is_found_once_however_often_it_answers() -> None:
    assert found(lambda message: [matches(message)] * 3) == [CAMERA]


def test_an_answer_to_somebody_else_s_question_counts_nothing() -> None:
    assert found(lambda _: [matches(MESSAGE)]) == []


def test_bad_answers_do_not_hide_a_good_one() -> None:
    assert found(lambda message: [b"", b"\x00" * 60_000, b"<a", BOMB.encode(), matches(message)]) == [CAMERA]


def test_the_question_is_asked_again_when_the_first_one_was_lost() -> None:
    asked: list[str] = []

    def second(message: str) -> list[bytes]:
        asked.append(message)
        return [matches(message)] if len(asked) == 2 else []

    with onvif_stranger(second) as port:
        assert onvif.search(2 * onvif.REPEAT_S, target=("127.0.0.1", port)) == [CAMERA]
    assert len(set(asked)) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"<Envelope>",
        b"\xff\xfe\x00<",
        b'<?xml version="1.0" encoding="klingon"?><a/>',
        matches(MESSAGE, before=BOMB),
        matches(MESSAGE, before='<!DOCTYPE x SYSTEM "file:///etc/passwd">'),
        matches(MESSAGE, before='<!DOCTYPE x [<!ENTITY s SYSTEM "file:///etc/passwd">]>', scopes="&s;"),
        matches(MESSAGE, scopes="&undeclared;"),
        matches(MESSAGE, scopes="<x>" * 20 + "</x>" * 20),
        matches(MESSAGE, scopes="<x/>" * 1000),
        matches(MESSAGE, scopes="x" * onvif.LARGEST),
        matches(MESSAGE).replace(b"ProbeMatch", b"Hello"),
        matches(MESSAGE)[:-20],
    ],
)
def test_what_is_no_answer_is_passed_over(data: bytes) -> None:
    assert onvif.read(data, "127.0.0.1", MESSAGE) is None


def test_a_camera_speaks_for_no_other_machine() -> None:
    lies = (
        "http://192.168.1.1/admin http://203.0.113.9/x http://127.0.0.1:99999/ http://u:p@127.0.0.1/ ftp://127.0.0.1/"
    )
    device = onvif.read(matches(MESSAGE, addresses=lies), "127.0.0.1", MESSAGE)
    assert device is not None
    assert (device.host, device.service) == ("127.0.0.1", "")


def test_of_several_addresses_its_own_is_taken() -> None:
    both = "http://[fe80::1]/onvif/device_service http://10.0.0.9/x http://127.0.0.1:8000/onvif/device_service"
    device = onvif.read(matches(MESSAGE, addresses=both), "127.0.0.1", MESSAGE)
    assert device is not None
    assert device.service == "http://127.0.0.1:8000/onvif/device_service"


def test_its_words_cannot_steer_a_terminal() -> None:
    scopes = "onvif://www.onvif.org/name/%1b%5b2J%0d%0aok%E2%80%AE onvif://www.onvif.org/hardware/" + "x" * 900
    device = onvif.read(matches(MESSAGE, scopes=scopes), "127.0.0.1", MESSAGE)
    assert device is not None
    assert device.name == "[2J ok"
    assert len(device.hardware) == 64


@pytest.mark.parametrize(
    ("address", "target"),
    [("192.168.10.21", ("192.168.10.21", 3702)), ("127.0.0.1:99", ("127.0.0.1", 99))],
)
def test_one_host_can_be_asked_alone(address: str, target: tuple[str, int]) -> None:
    assert onvif.target(address) == target


@pytest.mark.parametrize("address", ["8.8.8.8", "camera", "192.168.10.21:", "192.168.10.21:0", "fe80::1"])
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(EkamlingError, match=r"--(address|ports)"):
        onvif.target(address)


@pytest.mark.parametrize("interface", ["nosuch0", "999.1.1.1"])
def test_a_network_card_that_is_not_there_is_named(interface: str) -> None:
    with pytest.raises(EkamlingError, match=interface):
        onvif.search(0.1, interface)
