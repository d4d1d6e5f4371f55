import pytest

from core.errors import SourceRefused
from edge.rtsp.address import Address, parse
from edge.rtsp.auth import Credentials


def test_credentials_are_stripped_from_the_url() -> None:
    address, credentials = parse("rtsp://admin:p%40ss@10.0.0.5/live?ch=1", "", "")
    assert address == Address("10.0.0.5", 554, "/live?ch=1")
    assert address.url == "rtsp://10.0.0.5/live?ch=1"
    assert credentials == Credentials("admin", "p@ss")


def test_credentials_given_apart_win() -> None:
    _, credentials = parse("rtsp://old:older@cam/", "new", "newer")
    assert credentials == Credentials("new", "newer")


def test_an_unescaped_at_sign_in_the_password_is_understood() -> None:
    address, credentials = parse("rtsp://admin:p@ss@cam:8554/x", "", "")
    assert (address.host, address.port, credentials) == ("cam", 8554, Credentials("admin", "p@ss"))


@pytest.mark.parametrize(
    "url",
    [
        "http://cam/rahasia",
        "rtsps://u:rahasia@cam/",
        "rtsp://",
        "rahasia",
        "rtsp://cam:99999/rahasia",
        "rtsp://cam/a\r\nrahasia",
        "rtsp://cam/ rahasia",
        "rtsp://u:rahasia#1@cam/",
        "rtsp://[bad/rahasia",
    ],
)
def test_anything_else_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SourceRefused, match="no rtsp:// address") as refused:
        parse(url, "", "")
    assert "rahasia" not in str(refused.value)


def test_a_login_inside_the_path_is_never_shown() -> None:
    address, _ = parse("rtsp://cam/user=admin&password=rahasia&channel=1?token=abc", "", "")
    assert address.shown == "/user=admin&password=***&channel=1?token=***"
    assert "rahasia" in address.url


BASE = "rtsp://cam/live/"


@pytest.mark.parametrize(
    ("base", "control", "expected"),
    [
        (BASE, "trackID=1", "rtsp://cam:8554/live/trackID=1"),
        ("rtsp://cam/live", "trackID=1", "rtsp://cam:8554/live/trackID=1"),
        (BASE, "*", "rtsp://cam:8554/live/"),
        (BASE, "", "rtsp://cam:8554/live/"),
        (BASE, "rtsp://192.168.1.9/live/track1", "rtsp://cam:8554/live/track1"),
        ("rtsp://192.168.1.9:554/live", "track1", "rtsp://cam:8554/live/track1"),
        ("rtsp://cam/cam?ch=1", "track1", "rtsp://cam:8554/cam?ch=1/track1"),
        (BASE, "/other/track1", "rtsp://cam:8554/other/track1"),
        ("/live/", "track1", "rtsp://cam:8554/live/track1"),
    ],
)
def test_controls_resolve_on_our_own_host(base: str, control: str, expected: str) -> None:
    assert Address("cam", 8554, "/live").resolve(base, control) == expected


def test_an_ipv6_host_keeps_its_brackets() -> None:
    assert parse("rtsp://[::1]:8554/x", "", "")[0].url == "rtsp://[::1]:8554/x"
