"""Addresses of recipients: their canonical form, or one clear line that says what is wrong."""

import re
from urllib.parse import urlsplit

from core.errors import EkamlingError
from core.topics import SLUG_PATTERN

_PUNCTUATION = re.compile(r"[\s().\-]")
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_INDONESIAN_MOBILE = re.compile(r"\+628[0-9]{7,11}")
_LOCAL_PART = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAILBOX = re.compile(rf"(?P<local>{_LOCAL_PART})@(?P<domain>{_LABEL}(?:\.{_LABEL})*)")
_URL = re.compile(r"[\x21-\x7e]{1,2000}")
_CHAT = re.compile(r"-?[1-9][0-9]{0,18}|@[A-Za-z][A-Za-z0-9_]{4,31}")
_SLUG = re.compile(SLUG_PATTERN)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def phone(text: str) -> str:
    """A mobile number in E.164 (`+62812…`); `0812…` and `62812…` are taken as Indonesian."""
    number = _PUNCTUATION.sub("", text[:60])
    if number.startswith("0"):
        number = "+62" + number[1:]
    elif number.startswith("62"):
        number = "+" + number
    if not _E164.fullmatch(number):
        raise EkamlingError(f"telephone number {text[:40]!r}: write it as 0812… or +62812…")
    if number.startswith("+62") and not _INDONESIAN_MOBILE.fullmatch(number):
        raise EkamlingError(
            f"telephone number {text[:40]!r}: is no Indonesian mobile number; those begin with 08 or +628"
        )
    return number


def mailbox(text: str) -> str:
    """A mail address (RFC 5321, dot-string, ASCII), its domain in lower case."""
    match = _MAILBOX.fullmatch(text.strip())
    if not match or len(match["local"]) > 64 or len(text.strip()) > 254:
        raise EkamlingError(f"mail address {text[:80]!r}: write it as name@example.go.id, without a name before it")
    return f"{match['local']}@{match['domain'].lower()}"


def web_url(text: str, *, loopback_http: bool = False) -> str:
    """An https address without user, password and fragment; `loopback_http` also takes http to this very machine."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port  # a wrong port is told only when it is read
    except ValueError:
        host, parts = "", urlsplit("")
    if not host or not _URL.fullmatch(text):
        raise EkamlingError(f"address {_host_only(text)!r}: write it as https://host/path, 2000 characters at most")
    if parts.scheme != "https" and not (loopback_http and parts.scheme == "http" and host in _LOOPBACK):
        raise EkamlingError(f"address of {host}: must begin with https://")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise EkamlingError(f"address of {host}: leave out user, password and everything after #")
    return text


def origin(url: str) -> str:
    """Scheme, host and port of an address that `web_url` let through."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def host(url: str) -> str:
    """The host of an address that `web_url` let through."""
    return urlsplit(url).hostname or ""


def chat(text: str) -> str:
    """A Telegram chat: its number (negative for a group) or the `@name` of a public one."""
    if not _CHAT.fullmatch(text.strip()):
        raise EkamlingError(f"Telegram chat {text[:40]!r}: write its number, such as -1001234567890, or @name")
    return text.strip()


def edge(text: str) -> str:
    """The id of an edge."""
    if not _SLUG.fullmatch(text.strip()):
        raise EkamlingError(f"edge {text[:70]!r}: write its id, such as pos-kamling")
    return text.strip()


def _host_only(text: str) -> str:
    """What may be shown of something that was meant to be an address: a path can be a secret."""
    return re.split(r"[/?#]", text.partition("://")[2] or text)[0].rpartition("@")[2][:60]
