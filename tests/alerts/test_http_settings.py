"""Where the console answers, as an administrator writes it."""

import pytest

from alerts.settings import HttpSettings
from core import config
from core.errors import ConfigError


def test_the_address_is_the_host_and_port_or_what_people_type() -> None:
    assert HttpSettings().url == "http://127.0.0.1:8080"
    assert HttpSettings(host="192.0.2.1", port=80).url == "http://192.0.2.1:80"
    assert HttpSettings(public_url="https://kamling.example.go.id").url == "https://kamling.example.go.id"


@pytest.mark.parametrize("url", ["kamling.example", "https://a/b", "https://a b", "ftp://a", "https://a\n", "https://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="public_url"):
        config.build({"public_url": url}, HttpSettings, name="centre.toml")


@pytest.mark.parametrize("port", [0, 65536, "80"])
def test_a_port_that_is_none_is_refused(port: object) -> None:
    with pytest.raises(ConfigError, match="port"):
        config.build({"port": port}, HttpSettings, name="centre.toml")
