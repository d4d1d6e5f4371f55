"""The settings of the channels, the files of their secrets, and what is built of them."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.notifiers import secret_files, web_push
from alerts.notifiers.channels import build
from alerts.notifiers.mail import Mail
from alerts.notifiers.settings import NotifierSettings
from alerts.notifiers.siren import Siren
from core import config
from core.errors import ConfigError, EkamlingError
from tests.alerts.notifiers.edge_side import Edge

BOT = "1234567:AAH-secret_of_the_bot_0123456789abc"


def read(**tables: dict[str, Any]) -> NotifierSettings:
    return config.build(tables, NotifierSettings, name="centre.toml")


def secret(folder: Path, name: str, text: str, mode: int = 0o600) -> str:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return str(path)


@pytest.fixture
def everything(tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Every channel set up as the guide says."""
    return {
        "web_push": {"key_file": secret(tmp_path, "vapid", web_push.new_key()), "contact": "mailto:a@example.go.id"},
        "telegram": {"token_file": secret(tmp_path, "bot", BOT + "\n")},
        "whatsapp": {"token_file": secret(tmp_path, "wa", "EAAG"), "sender": "1065", "template": "kejadian"},
        "mail": {
            "host": "smtp.example.go.id",
            "sender": "kamling@example.go.id",
            "user": "kamling",
            "password_file": secret(tmp_path, "smtp", "a password with blanks"),
        },
        "webhook": {"secret_file": secret(tmp_path, "hook", "0123456789abcdef")},
        "sms": {
            "url": "https://sms.example/send?key={secret}&to={to}&text={text}",
            "secret_file": secret(tmp_path, "sms", "k"),
        },
        "siren": {"enabled": True, "codes": [{"area": "33.03", "kind": "thief", "pattern": "2-2-2"}]},
    }


async def test_what_is_set_up_is_built(everything: dict[str, dict[str, Any]], http: httpx.AsyncClient) -> None:
    channels = build(read(**everything), http, command=Edge())
    assert list(channels) == ["web_push", "telegram", "whatsapp", "mail", "webhook", "sms", "siren"]
    assert all(channel == notifier.channel for channel, notifier in channels.items())
    mail, siren = channels["mail"], channels["siren"]
    assert isinstance(mail, Mail)
    assert (mail.password, mail.security, mail.port) == ("a password with blanks", "starttls", 587)
    assert isinstance(siren, Siren)
    assert siren.pattern("thief", "33.03.05") == "2-2-2"


async def test_nothing_is_built_of_nothing(http: httpx.AsyncClient) -> None:
    assert build(NotifierSettings(), http, command=Edge()) == {}


async def test_without_a_way_to_the_edges_there_is_no_siren(
    everything: dict[str, dict[str, Any]], http: httpx.AsyncClient
) -> None:
    assert "siren" not in build(read(**everything), http)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"telegram": {"token": BOT}}, "telegram.token: is not a key here; did you mean 'token_file'"),
        ({"web_push": {"key_file": "k"}}, "web_push: contact: is needed with key_file"),
        ({"web_push": {"key_file": "k", "contact": "a@example.go.id"}}, "mailto:"),
        ({"whatsapp": {"token_file": "k", "sender": "1"}}, "whatsapp: template: is needed with token_file"),
        ({"mail": {"host": "h", "sender": "A <a@b>"}}, "mail address"),
        ({"mail": {"user": "a"}}, "give both or neither"),
        ({"mail": {"user": "a", "password_file": "f", "security": "none"}}, "in the clear"),
        ({"mail": {"security": "ssl"}}, "expected one of 'starttls', 'tls', 'none'"),
        ({"sms": {"url": "https://s.example/?to={to}"}}, "sms: {text} stands neither in url nor in body"),
        ({"sms": {"url": "https://s.example/?{to}{text}{secret}"}}, "secret_file: is needed"),
        ({"sms": {"url": "https://{to}/?{text}"}}, "host cannot be a blank"),
        ({"sms": {"url": "https://s.example/?{to}{text}", "headers": ["nonsense"]}}, "is not Name: value"),
        (
            {"sms": {"url": "https://s.example/", "headers": ["Content-Type: application/json"], "body": "{to}{text}"}},
            "body: is not JSON",
        ),
        ({"siren": {"codes": [{"area": "33.03", "kind": "thief", "pattern": "2 x"}]}}, "groups of beats"),
        ({"siren": {"otherwise": "0"}}, "is not of the right form"),
    ],
)
def test_what_is_wrong_is_named(tables: dict[str, dict[str, Any]], words: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(**tables)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("channel", "content", "words"),
    [
        ("web_push", "rubbish", "private key in PEM"),
        ("telegram", "rubbish", "BotFather"),
        ("telegram", BOT + "\nmore", "on one line"),
        ("whatsapp", "tökén", "no access token"),
        ("webhook", "short", "at least 16"),
        ("sms", " \n", "is empty"),
    ],
)
def test_a_file_that_holds_something_else_is_named_but_not_shown(
    everything: dict[str, dict[str, Any]],
    channel: str,
    content: str,
    words: str,
) -> None:
    path = next(value for key, value in everything[channel].items() if key.endswith("_file"))
    Path(path).write_text(content, encoding="utf-8")
    client = httpx.AsyncClient()  # never used, so there is nothing to close
    with pytest.raises(EkamlingError, match=words) as error:
        build(read(**everything), client)
    assert str(error.value).startswith(path)
    assert content.strip() == "" or content not in str(error.value)


def test_a_secret_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    for mode in (0o604, 0o644, 0o666):
        with pytest.raises(EkamlingError, match="chmod 600") as error:
            secret_files.line(secret(tmp_path, "token", "very-secret", mode), whose="the token")
        assert "very-secret" not in str(error.value)
    assert secret_files.line(secret(tmp_path, "token", "very-secret\n", 0o640), whose="the token") == "very-secret"


def test_a_secret_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EkamlingError, match="none: cannot read the token: No such file"):
        secret_files.line(str(tmp_path / "none"), whose="the token")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(EkamlingError, match="not text"):
        secret_files.line(str(tmp_path / "binary"), whose="the token")
