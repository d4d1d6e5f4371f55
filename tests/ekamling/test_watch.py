"""`ekamling watch` on a simulated camera: its page, who may see it, and what it shows of the real loop."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from ekamling.cli import main
from ekamling.watching.server import ROOM, language
from tests.ekamling.watched import RunningWatch, configured, running_watch, simulated
from tests.patience import PATIENCE_S, until


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWatch]:
    with simulated() as port, running_watch(configured(tmp_path_factory.mktemp("watch"), port)) as watch:
        yield watch


@pytest.fixture
def page(watch: RunningWatch) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=watch.url) as client:
        yield client


def state(page: httpx.Client, after: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = page.get("state", params={"number": after}).raise_for_status().json()
    return found


def size(jpeg: bytes) -> tuple[int, int]:
    """Width and height."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.shape[1], picture.shape[0]


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_written_into_it(page: httpx.Client) -> None:
    answer = page.get("")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "style=" not in answer.text
    assert "<script>" not in answer.text
    for name in ("watch.js", "watch.css", "icon.svg"):
        assert page.get(name).status_code == 200


def test_without_the_token_there_is_nothing(watch: RunningWatch) -> None:
    root = watch.url[: watch.url.index("/", 8)]
    for path in ("/", "/state", "/picture?number=1", "/x/", f"/{'x' * 24}/state", "//"):
        answer = httpx.get(root + path)
        assert answer.status_code == 403
        assert watch.url.rstrip("/").rpartition("/")[2] not in answer.text


def test_another_name_for_this_machine_is_refused_as_a_page_elsewhere_may_have_made_it(page: httpx.Client) -> None:
    assert page.get("", headers={"Host": "evil.example:80"}).status_code == 403
    assert page.get("", headers={"Host": "localhost:9000"}).status_code == 200  # as through an ssh tunnel


def test_it_listens_on_loopback_only(watch: RunningWatch) -> None:
    port = httpx.URL(watch.url).port
    assert port
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.2", port)) != 0


def test_who_opens_many_connections_is_turned_away(tmp_path: Path) -> None:
    with simulated() as port, running_watch(configured(tmp_path, port)) as watch, ExitStack() as knocking:
        address = ("127.0.0.1", httpx.URL(watch.url).port or 0)
        for _ in range(ROOM):
            knocking.enter_context(socket.create_connection(address))
        with socket.create_connection(address) as one_more:
            one_more.settimeout(PATIENCE_S)
            assert one_more.recv(1) == b""
        knocking.close()
        until(lambda: _answers(watch.url))


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def test_what_is_not_there_is_not_found(page: httpx.Client) -> None:
    for path in ("picture?number=999999999", "picture", "picture?number=-1", "..%2fserver.py", "watch.html"):
        assert page.get(path).status_code == 404


@pytest.mark.parametrize(
    ("query", "accepted", "spoken"),
    [("", "en-GB,en;q=0.9", "en"), ("", "id-ID", "id"), ("?lang=en", "id", "en"), ("?lang=x", "fr", "id")],
)
def test_the_page_speaks_the_wished_language(page: httpx.Client, query: str, accepted: str, spoken: str) -> None:
    assert f'<html lang="{spoken}">' in page.get(query, headers={"Accept-Language": accepted}).text


@pytest.mark.parametrize(("accepted", "spoken"), [("", "id"), ("de, en-US;q=0.8, id", "en"), (";;,,", "id")])
def test_the_first_language_that_is_spoken_counts(accepted: str, spoken: str) -> None:
    assert language("", accepted) == spoken


def test_pictures_follow_one_another_in_the_size_of_the_stream(page: httpx.Client) -> None:
    number, seen = 0, []
    for _ in range(3):
        now = state(page, number)
        assert now["number"] > number
        number = now["number"]
        jpeg = page.get("picture", params={"number": number})
        assert jpeg.headers["content-type"] == "image/jpeg"
        assert list(size(jpeg.content)) == now["size"] == [512, 384]
        seen.append(jpeg.content)
    assert len(set(seen)) == 3


def test_the_loop_s_tracks_times_rates_and_events_are_told(page: httpx.Client) -> None:
    def busy() -> dict[str, Any] | None:
        now = state(page)
        ready = now["tracks"] and now["events"] and now["rates"]["inferences"] and now["motion"]["moving"]
        return now if ready else None

    now = until(busy)
    assert (now["name"], now["link"], now["mode"], now["troubles"]) == ("Gerbang utama", "ok", "armed", [])
    track = now["tracks"][0]
    assert track["label"] == "person"
    assert len(track["box"]) == 4
    assert all(now["times"][step] > 0 for step in ("decode", "motion", "inference", "rules", "p95"))
    assert now["rates"]["decoded"] >= now["rates"]["analysed"] > 0
    assert now["events"][0]["rule"] in ("halaman", "jalan-masuk")
    assert "jpeg" not in now["events"][0]


def test_rules_say_whether_they_are_armed_and_where_they_look(page: httpx.Client) -> None:
    rules = {rule["id"]: rule for rule in state(page)["rules"]}
    assert list(rules) == ["halaman", "jalan-masuk", "taman"]
    assert rules["halaman"]["armed"] is True
    assert rules["taman"]["zone"][0] == [0.1, 0.25]
    assert (rules["jalan-masuk"]["zone"], rules["jalan-masuk"]["line"][0]) == ([], [0.36, 0.40])


def test_ctrl_c_ends_it_cleanly_and_the_main_stream_is_shown_on_wish(tmp_path: Path) -> None:
    with simulated() as port, running_watch(configured(tmp_path, port), "--main", "--mode", "disarmed") as watch:
        with httpx.Client(base_url=watch.url) as page:
            now = until(lambda: found if (found := state(page))["number"] else None)
            assert now["size"] == [768, 576]
            assert [rule["armed"] for rule in now["rules"]] == [False] * 3
        assert watch.stop() == 0


def test_a_camera_that_breaks_off_is_told_on_the_page(tmp_path: Path) -> None:
    with ExitStack() as power:
        config = configured(tmp_path, power.enter_context(simulated()))
        with running_watch(config) as watch, httpx.Client(base_url=watch.url) as page:
            until(lambda: state(page)["number"])
            power.close()
            now = until(lambda: found if (found := state(page, 10**9))["link"] == "failed" else None)
    assert "127.0.0.1" in now["reason"]


def test_a_zone_that_is_changed_in_the_file_is_taken_over_at_once(tmp_path: Path) -> None:
    with simulated() as port:
        config = configured(tmp_path, port)
        with running_watch(config) as watch, httpx.Client(base_url=watch.url) as page:
            config.write_text(config.read_text().replace('id = "taman"', 'id = "kolam"'))
            until(lambda: [rule["id"] for rule in state(page)["rules"]] == ["halaman", "jalan-masuk", "kolam"])


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (["gerbng"], "did you mean 'gerbang'"),
        (["gerbang"], "does not answer"),
        (["gerbang", "--port", "99999"], "99999"),
    ],
)
def test_what_cannot_be_watched_is_one_line(
    given: list[str], word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, 1)
    assert main(["watch", "--port", "0", *given, "--config", str(config)]) == 1
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert line.startswith("ekamling: ")
    assert word in line
    assert said.out == ""


def test_a_port_in_use_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["watch", "gerbang", "--config", str(configured(tmp_path, 1)), "--port", str(port)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert str(port) in line
    assert "--port" in line
