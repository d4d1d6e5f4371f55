"""The broker and the edges, as an administrator writes them."""

import pytest

from core import config
from core.errors import ConfigError
from ingest.settings import BrokerSettings, EdgeAccount

EDGE = {"id": "pos-1", "name": "Pos satu", "area": "33.03.05.1005", "secret_file": "/etc/ekamling/pos-1.secret"}


def test_a_broker_needs_no_settings_and_listens_to_this_machine_only() -> None:
    settings = config.build({}, BrokerSettings, name="centre.toml")
    assert (settings.host, settings.mqtt_port, settings.binary) == ("127.0.0.1", 1883, "")


@pytest.mark.parametrize("key", ["mqtt_port", "port", "monitor_port"])
def test_a_port_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        config.build({key: 70_000}, BrokerSettings, name="centre.toml")


def test_an_edge_is_written_as_it_is_called() -> None:
    assert config.build(EDGE, EdgeAccount, name="centre.toml").id == "pos-1"


@pytest.mark.parametrize(
    "change", [{"id": "Pos 1"}, {"id": "_centre"}, {"id": ""}, {"name": ""}, {"area": "Bancar"}, {"password": "secret"}]
)
def test_an_edge_that_cannot_be_is_refused_with_its_key(change: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=next(iter(change))) as refused:
        config.build({**EDGE, **change}, EdgeAccount, name="centre.toml")
    assert "secret" not in str(refused.value).replace("secret_file", "")
