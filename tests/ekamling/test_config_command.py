"""`ekamling config` as an installer uses it: a good file gets one line, a bad one a line for each thing to mend."""

from pathlib import Path

import pytest

from ekamling.cli import COMMANDS, main

EDGE = """\
id = "bancar"
data = "data"

[centre]
mqtt_host = "pusat"
url = "http://pusat:8080"
secret_file = "edge.secret"

[[cameras]]
id = "gerbang"
name = "Gerbang"
area = "33.03.05.1005/RW02/RT04"
url = "rtsp://192.168.10.21/live"

[[cameras.rules]]
id = "halaman"
zone = [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]
"""
CENTRE = """\
data = "data"

[[edges]]
id = "bancar"
name = "Bancar"
area = "33.03.05.1005"
secret_file = "edge.secret"
"""


def check(capsys: pytest.CaptureFixture[str], *files: Path) -> tuple[int, list[str], list[str]]:
    """(exit status, lines on stdout, lines on stderr) of `ekamling config check`."""
    status = main(["config", "check", *map(str, files)])
    said = capsys.readouterr()
    return status, said.out.splitlines(), said.err.splitlines()


def written(folder: Path, text: str, name: str = "some.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (EDGE, "a good edge configuration: 1 camera, 1 rule"),
        (
            EDGE + '[[cameras.rules]]\nid = "jalan"\nzone = [[0, 0], [1, 0], [1, 1]]\n',
            "a good edge configuration: 1 camera, 2 rules",
        ),
        (CENTRE, "a good centre configuration: 1 edge"),
        (CENTRE.replace('data = "data"', 'data = "data"\nhttp = { port = 80 }'), "a good centre configuration: 1 edge"),
    ],
)
def test_a_good_file_is_recognised_whatever_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    path = written(tmp_path, text)
    assert check(capsys, path) == (0, [f"{path}: {words}"], [])


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("zone =", "zoen =", ("cameras[gerbang].rules[halaman].zoen", "did you mean 'zone'")),
        ("[0.9, 0.1]", "[9, 0.1]", ("cameras[gerbang].rules[halaman].zone", "<= 1")),
        ('name = "Gerbang"\n', "", ("cameras[gerbang].name", "missing", "name that people read")),
        ('area = "33.03.05.1005/RW02/RT04"', 'area = "Bancar"', ("cameras[gerbang].area", "such as 33.03")),
        ("rtsp://192", "http://192", ("cameras[gerbang].url", "rtsp:// address")),
    ],
)
def test_a_wrong_key_is_named_with_its_file_and_what_was_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], right: str, wrong: str, said: tuple[str, ...]
) -> None:
    path = written(tmp_path, EDGE.replace(right, wrong, 1))
    status, out, err = check(capsys, path)
    assert (status, out) == (1, [])
    line = next(line for line in err if said[0] in line)
    assert line.startswith(f"ekamling: {path}: ")
    for word in said:
        assert word in line


def test_everything_wrong_in_every_file_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edge = written(tmp_path, EDGE.replace("[0.9, 0.1]", "[9, 0.1]").replace("gerbang", "Gerbang Utama"), "edge.toml")
    centre = written(tmp_path, CENTRE, "centre.toml")
    broken = written(tmp_path, "data =\n", "broken.toml")
    status, out, err = check(capsys, edge, centre, broken, tmp_path / "none.toml")
    assert status == 1
    assert out == [f"{centre}: a good centre configuration: 1 edge"]
    assert [line.split(": ")[1] for line in err] == [str(edge), str(edge), str(broken), str(tmp_path / "none.toml")]
    assert "is not TOML" in err[2]
    assert "No such file" in err[3]


def test_a_file_of_neither_kind_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, 'colour = "red"\n')
    status, _, err = check(capsys, path)
    assert status == 1
    assert err == [f"ekamling: {path}: is neither an edge's configuration (id, centre, cameras) nor a centre's (edges)"]


def test_the_reference_of_all_keys_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "reference"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("# Configuration\n")
    for key in ("cooldown_s", "monitor_port", "public_url"):
        assert f"| `{key}` |" in page


def test_the_reference_of_all_commands_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "reference", "commands"]) == 0
    page = capsys.readouterr().out
    for command in COMMANDS:
        assert f"\n## `ekamling {command}`\n" in page
