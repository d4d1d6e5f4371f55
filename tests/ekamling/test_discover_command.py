"""`ekamling camera discover`, on simulated cameras and on strangers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ekamling.cli import main
from ekamling.discovery import rtsp
from ekamling.discovery.rtsp import RtspPort, Stream, ask
from ekamling.footage import clip
from ekamling.simulator import CameraSimulator, SimulatedCamera
from tests.ekamling.strangers import matches, onvif_stranger, port_stranger
from tests.loop_thread import LoopThread

HOST = "127.0.0.1"
STREAMS = ("Streaming/Channels/101", "Streaming/Channels/102", "some/other/path")


@contextmanager
def camera(*, password: str = "") -> Iterator[int]:
    """A simulated camera with the paths of a common maker; its port."""
    streams = [SimulatedCamera(path, clip("vtest-sub.mp4")) for path in STREAMS]
    with LoopThread() as loop:
        simulator = CameraSimulator(streams, username="kamling" if password else "", password=password)
        port = loop.run(simulator.start())
        try:
            yield port
        finally:
            loop.run(simulator.stop())


def answer(status: str, body: str = "", server: str = "") -> bytes:
    """One RTSP response."""
    return f"RTSP/1.0 {status}\r\nCSeq: 1\r\nServer: {server}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def discover(capsys: pytest.CaptureFixture[str], *given: str) -> tuple[int, dict[str, Any]]:
    """The exit status and the values of a search that hears nobody by ONVIF, unless `given` says otherwise."""
    nobody = [] if "--address" in given else ["--address", f"{HOST}:9"]
    status = main(["camera", "discover", "--seconds", "0.2", "--json", *nobody, *given])
    return status, json.loads(capsys.readouterr().out)


def test_an_open_camera_in_the_subnet_is_found_with_its_streams(capsys: pytest.CaptureFixture[str]) -> None:
    with camera() as port:
        status, said = discover(capsys, "--subnet", f"{HOST}/32", "--ports", str(port))
    assert status == 0
    (found,) = said["cameras"]
    assert (found["host"], found["device"]) == (HOST, None)
    (spoken,) = found["rtsp"]
    assert (spoken["port"], spoken["server"]) == (port, "E-Kamling simulator")
    assert spoken["streams"] == [
        {"url": f"rtsp://{HOST}:{port}/{path}", "asks_login": False, "codec": "h264", "maker": "Hikvision"}
        for path in STREAMS[:2]
    ]


def test_a_camera_with_a_password_is_found_without_trying_any(capsys: pytest.CaptureFixture[str]) -> None:
    with camera(password="rahasia") as port:
        _, said = discover(capsys, "--subnet", f"{HOST}/32", "--ports", str(port))
    (spoken,) = said["cameras"][0]["rtsp"]
    assert spoken["hides"] is True
    assert spoken["streams"] == []


def test_an_onvif_answer_leads_to_its_rtsp(capsys: pytest.CaptureFixture[str]) -> None:
    with camera() as port, onvif_stranger(lambda message: [matches(message)]) as onvif:
        _, said = discover(capsys, "--address", f"{HOST}:{onvif}", "--ports", str(port))
    (found,) = said["cameras"]
    assert found["device"]["name"] == "Gerbang Utama"
    assert len(found["rtsp"][0]["streams"]) == 2


def test_people_read_a_table_and_what_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    with camera() as port, onvif_stranger(lambda message: [matches(message)]) as onvif:
        given = ["--seconds", "0.2", "--address", f"{HOST}:{onvif}", "--ports", str(port)]
        assert main(["camera", "discover", *given]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0].split()[0] == "address"
    assert lines[1].split() == [
        HOST, "Gerbang", "Utama", "DS-2CD1043", f"rtsp://{HOST}:{port}/{STREAMS[0]}", "h264,", "open", "to", "everybody"
    ]  # fmt: skip
    assert f"ekamling camera probe 'rtsp://{HOST}:{port}/{STREAMS[0]}'" in said.out
    assert "set a password" in said.out
    assert said.err == ""


@pytest.mark.parametrize(("given", "word"), [([], "--subnet"), (["--subnet", "127.0.0.1", "--ports", "1"], "--ports")])
def test_nothing_found_is_one_line_that_helps(given: list[str], word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["camera", "discover", "--seconds", "0.2", "--address", f"{HOST}:9", *given]) == 1
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert word in line
    assert said.out == ""


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (["--subnet", "8.8.8.0/24"], "private"),
        (["--subnet", "192.168.0.0/16"], "too large"),
        (["--ports", "rtsp"], "--ports"),
        (["--seconds", "0"], "--seconds"),
        (["--seconds", "nan"], "--seconds"),
        (["--interface", "nosuch0"], "nosuch0"),
    ],
)
def test_a_wrong_wish_is_one_line(given: list[str], word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["camera", "discover", *given]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("ekamling: ")
    assert word in line


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"",
        b"$\x00\xff\xff" + b"x" * 70_000,
        b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 5_000,
        b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n",
    ],
)
def test_a_port_that_is_no_camera_is_none(said: bytes) -> None:
    with port_stranger(lambda _: said) as port:
        assert ask(HOST, port) is None


def test_a_port_that_says_nothing_is_left_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtsp, "ANSWER_S", 0.1)
    with port_stranger(lambda _: b"RTSP/1.0 200 OK\r\nCSeq") as port:
        assert ask(HOST, port) is None


def test_a_server_s_name_cannot_steer_a_terminal_and_names_the_likely_path() -> None:
    with port_stranger(lambda _: answer("401 Unauthorized", server="\x1b[31mDahua Rtsp Server\x07" + "!" * 99)) as port:
        found = ask(HOST, port)
    assert found is not None
    assert found.server.startswith("[31mDahua Rtsp Server !!!")
    assert len(found.server) == 64
    assert found.likely() == f"rtsp://{HOST}:{port}/cam/realmonitor?channel=1&subtype=0"


def test_a_camera_that_hides_its_paths_gets_those_of_the_maker_that_onvif_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    scopes = "onvif://www.onvif.org/name/HIKVISION%20DS-2CD1043"
    with camera(password="rahasia") as port, onvif_stranger(lambda id: [matches(id, scopes=scopes)]) as onvif:
        given = ["--seconds", "0.2", "--address", f"{HOST}:{onvif}", "--ports", str(port)]
        assert main(["camera", "discover", *given]) == 0
    said = capsys.readouterr().out
    assert f"rtsp://{HOST}:{port}/Streaming/Channels/101 (a guess)" in said
    assert said.rstrip().endswith("--username USER --password-file FILE")


def test_a_camera_that_serves_every_path_has_one_stream() -> None:
    body = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n"
    with port_stranger(lambda _: answer("200 OK", body)) as port:
        assert ask(HOST, port) == RtspPort(HOST, port, streams=(Stream(f"rtsp://{HOST}:{port}/", False, "hevc"),))


def test_a_path_may_ask_for_a_login_where_another_is_not_there() -> None:
    def selective(line: str) -> bytes:
        return answer("401 Unauthorized" if "/stream" in line else "404 Not Found" if "DESCRIBE" in line else "200 OK")

    with port_stranger(selective) as port:
        found = ask(HOST, port)
    assert found is not None
    assert [(stream.url.rpartition("/")[2], stream.asks_login, stream.maker) for stream in found.streams] == [
        ("stream1", True, "TP-Link Tapo"),
        ("stream2", True, "TP-Link Tapo"),
    ]


def test_a_description_that_is_none_is_a_stream_without_a_codec() -> None:
    with port_stranger(lambda _: answer("200 OK", "<html>")) as port:
        found = ask(HOST, port)
    assert found is not None
    assert [stream.codec for stream in found.streams] == [""]
