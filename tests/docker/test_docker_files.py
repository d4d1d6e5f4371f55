"""No engine is needed to see that the images can be built from what is here and that their parts fit one another."""

import fnmatch
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edge.settings import EdgeSettings
from ekamling import cli, configuration, roles
from ekamling.settings import CentreSettings
from tests.docker import small_yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
ROLES = {"edge": "edge", "centre": "server"}  # image: the extra that it installs


@dataclass(frozen=True)
class Line:
    """One instruction of a Dockerfile; stage 0 builds, stage 1 is what ships."""

    stage: int
    word: str
    rest: str


def dockerfile(role: str) -> list[Line]:
    text = (DOCKER / f"{role}.Dockerfile").read_text(encoding="utf-8")
    lines, stage = [], -1
    for line in re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines():
        word, _, rest = line.partition(" ")
        stage += word == "FROM"
        if word:
            lines.append(Line(stage, word, " ".join(rest.split())))
    return lines


def instructions(role: str, word: str, stage: int | None = None) -> list[str]:
    return [line.rest for line in dockerfile(role) if line.word == word and stage in (None, line.stage)]


def compose(name: str = "compose") -> dict[str, Any]:
    read: dict[str, Any] = small_yaml.read((DOCKER / f"{name}.yaml").read_text(encoding="utf-8"))
    return read


def example(name: str) -> Path:
    return DOCKER / "example" / f"{name}.toml"


@pytest.mark.parametrize("role", ROLES)
def test_what_is_copied_is_there_and_not_kept_out(role: str) -> None:
    ignored = (DOCKER / f"{role}.Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for copied in instructions(role, "COPY"):
        *sources, _ = copied.split()
        for source in () if sources[0].startswith("--from") else sources:
            assert (ROOT / source).exists(), source
            assert any(fnmatch.fnmatch(source, line[1:]) or source.startswith(f"{line[1:]}/") for line in ignored), (
                source
            )


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_installed_without_its_hash(role: str) -> None:
    installs = [run for run in instructions(role, "RUN") if re.search(r"\bpip install\b", run)]
    assert len(installs) == 4  # uv, the packages, the build tools, E-Kamling itself
    for install in installs:
        assert "--require-hashes" in install or "--no-deps --no-index" in install


@pytest.mark.parametrize(("role", "extra"), ROLES.items())
def test_an_image_holds_the_packages_of_its_role_only(role: str, extra: str) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    installed = re.findall(r"VIRTUAL_ENV=(\S+) .*--extra (\S+)", "\n".join(instructions(role, "RUN")))
    assert installed == [("/opt/ekamling", extra), ("/opt/build", "build")]
    assert {extra, "build"} <= set(extras)
    assert [line for line in instructions(role, "COPY", stage=1) if "--from" in line] == [
        "--from=build /opt/ekamling /opt/ekamling"
    ]


def test_both_images_are_built_alike() -> None:
    stages = [
        [line.rest.replace(f"--extra {extra}", "--extra ROLE") for line in dockerfile(role) if line.stage == 0]
        for role, extra in ROLES.items()
    ]
    assert stages[0] == stages[1]


@pytest.mark.parametrize("role", ROLES)
def test_an_image_runs_as_nobody_special_and_is_watched(role: str) -> None:
    (user,) = instructions(role, "USER", stage=1)
    assert user.split(":")[0] == "10001"
    (check,) = instructions(role, "HEALTHCHECK", stage=1)
    assert json.loads(check.partition("CMD ")[2])[0] == "python"


@pytest.mark.parametrize("role", ROLES)
def test_an_image_starts_a_command_that_exists(role: str) -> None:
    (entry,), (given,) = instructions(role, "ENTRYPOINT", stage=1), instructions(role, "CMD", stage=1)
    assert json.loads(entry) == ["ekamling"]
    options = parsed(json.loads(given))
    assert options.config == Path(f"/etc/ekamling/{role}.toml")


def parsed(arguments: list[str]) -> Any:
    """Arguments as the command line takes them; it ends the process for those that it does not know."""
    return cli.parser_for(next(word for word in arguments if word in cli.COMMANDS)).parse_args(arguments)


@pytest.mark.parametrize("role", ROLES)
def test_configuration_data_and_secrets_stand_where_the_parts_look(role: str) -> None:
    service, settings = compose()["services"][role], configuration.read(example(role))
    targets = {volume.split(":")[1]: volume.split(":")[0] for volume in service["volumes"]}
    assert targets[f"/etc/ekamling/{role}.toml"] == f"./example/{role}.toml"
    assert targets[settings.data] in compose()["volumes"]
    assert [settings.data] == instructions(role, "VOLUME", stage=1)
    wanted = set(re.findall(r'"/run/secrets/(\w+)"', example(role).read_text(encoding="utf-8")))
    assert wanted == set(service["secrets"]) <= set(compose()["secrets"])


def test_the_parts_of_the_compose_file_find_one_another() -> None:
    services, centre, edge = compose()["services"], centre_example(), edge_example()
    assert all(service["networks"] == ["site"] for service in services.values())
    assert edge.centre.mqtt_host in services
    assert edge.centre.url == f"http://{edge.centre.mqtt_host}:{centre.http.port}"
    assert edge.centre.mqtt_port == centre.broker.mqtt_port
    assert edge.id in [account.id for account in centre.edges]
    assert services["centre"]["ports"] == [f"127.0.0.1:{centre.http.port}:{centre.http.port}"]
    (check,) = instructions("centre", "HEALTHCHECK")
    assert f":{centre.http.port}/" in check


def centre_example() -> CentreSettings:
    settings = configuration.read(example("centre"))
    assert isinstance(settings, CentreSettings)
    return settings


def edge_example() -> EdgeSettings:
    settings = configuration.read(example("edge"))
    assert isinstance(settings, EdgeSettings)
    return settings


def test_the_simulated_camera_serves_what_the_example_reads() -> None:
    service, (camera,) = compose()["services"]["camera"], edge_example().cameras
    options = parsed(service["command"])
    assert options.username == camera.username
    served = dict(item.split("=") for item in options.cameras)
    for url in (camera.url, camera.sub_url):
        assert f"rtsp://camera:{options.port}/" in url
        assert url.partition(f":{options.port}/")[2] in served
    image = instructions("edge", "FROM", stage=1)[0].partition(":")[2].removesuffix("-slim")
    for clip in served.values():
        packages, _, file = clip.partition("/site-packages/")
        assert packages == f"/opt/ekamling/lib/python{image}"
        assert (ROOT / file).exists()


@pytest.mark.parametrize("name", ["centre", "edge", "camera"])
def test_a_service_may_do_no_more_than_it_must(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] == "true"
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


OURS = [name for name, service in compose("cluster")["services"].items() if service["image"] == "ekamling-centre"]
BROKERS = ["broker-1", "broker-2", "broker-3"]


def of_cluster(name: str) -> tuple[dict[str, Any], CentreSettings, Any]:
    """A service of the cluster, its configuration, and its command line."""
    service = compose("cluster")["services"][name]
    given = parsed(service["command"])
    (mounted,) = [volume for volume in service["volumes"] if volume.split(":")[1] == str(given.config)]
    settings = configuration.read(DOCKER / mounted.split(":")[0])
    assert isinstance(settings, CentreSettings)
    return service, settings, given


@pytest.mark.parametrize("name", OURS)
def test_each_process_of_a_cluster_finds_its_data_secrets_and_brokers(name: str) -> None:
    service, settings, given = of_cluster(name)
    whole = compose("cluster")
    roles.check(settings, given.role)
    assert given.role == roles.parsed(name.rpartition("-")[0])
    targets = {volume.split(":")[1]: volume.split(":")[0] for volume in service["volumes"]}
    assert targets[settings.data] == (name if name in BROKERS else "centre")
    assert targets[settings.data] in whole["volumes"]
    wanted = {Path(file).name for file in [settings.broker.key_file, *(edge.secret_file for edge in settings.edges)]}
    wanted |= {"pgpass"} if settings.database else set()
    assert wanted == set(service["secrets"]) <= set(whole["secrets"])
    assert settings.broker.replicas == len(BROKERS)
    assert service["read_only"] == "true"
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    if name not in BROKERS:
        assert settings.broker.servers == [f"{broker}:{settings.broker.port}" for broker in BROKERS]
        assert "@database/" in settings.database
        assert service["environment"] == {"PGPASSFILE": "/run/secrets/pgpass"}


@pytest.mark.parametrize("name", BROKERS)
def test_the_brokers_of_a_cluster_know_one_another(name: str) -> None:
    service, settings, _ = of_cluster(name)
    assert settings.broker.cluster
    assert settings.broker.cluster.name == name
    assert settings.broker.cluster.others == [
        f"{other}:{settings.broker.cluster.port}" for other in BROKERS if other != name
    ]
    assert settings.broker.sync == "always"
    assert service["networks"]["site"] == {"aliases": [edge_example().centre.mqtt_host]}


def test_consoles_of_a_cluster_come_in_by_the_proxy_alone() -> None:
    services = compose("cluster")["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    web = [f"{name}:8080" for name in OURS if name.startswith("web")]
    assert [word for word in services["proxy"]["command"] if word.startswith("web")] == web


UNITS = sorted((ROOT / "configs" / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_exists_as_nobody_special(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    (command,) = re.findall(r"^ExecStart=/opt/ekamling/bin/ekamling (.*)$", text, re.MULTILINE)
    for role in roles.Role if "%i" in command else [""]:
        parsed(command.replace("%i", role).split())
    assert "User=ekamling" in text
    assert "NoNewPrivileges=true" in text
    assert "ProtectSystem=strict" in text
    assert ("Restart=always" in text) is ("Type=oneshot" not in text)


def test_no_image_comes_from_a_named_registry() -> None:
    images = [line.split()[0] for role in ROLES for line in instructions(role, "FROM")]
    images += [service["image"] for name in ("compose", "cluster") for service in compose(name)["services"].values()]
    assert [image for image in images if "/" in image] == []


def test_an_edge_is_well_while_a_shard_lives(tmp_path: Path) -> None:
    def health() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(DOCKER / "edge-health.py"), str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "cmdline").write_bytes(b"python\0ekamling\0edge\0")
    without = health()
    assert (without.returncode, without.stderr) == (1, "no shard is running\n")

    (tmp_path / "17").mkdir()
    (tmp_path / "17" / "cmdline").write_bytes(b"python\0-m\0edge.shard\0" + b"11\0")
    assert health().returncode == 0
