"""RTSP addresses: taken apart once, never shown with a password, always on the host that was configured."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from core.errors import SourceRefused
from edge.rtsp.auth import Credentials

_PORT = 554
# Many cameras take the login as part of the path ("/user=admin&password=..."); such values are never shown.
_SECRET = re.compile(r"((?:pass|psw|pwd|token|key|secret|auth)\w*[=:])[^&/?;]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a stream is. `path` holds the query too and may be empty; it may hold a secret, `shown` does not."""

    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORT else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """What the requests name."""
        return f"rtsp://{self.authority}{self.path}"

    @property
    def shown(self) -> str:
        """The path for an error text."""
        return _SECRET.sub(r"\1***", self.path)[:200] or "/"

    def resolve(self, base: str, control: str) -> str:
        """The URL of a `control` attribute (RFC 2326 section C.1.1), always on our host.

        `base` is what Content-Base said or our own URL. Cameras join by appending, also behind a query.
        """
        if control in ("", "*"):
            return self._here(base)
        if re.match(r"(?i)rtsps?://", control) or control.startswith("/"):
            return self._here(control)
        return self._here(base).rstrip("/") + "/" + control

    def _here(self, url: str) -> str:
        """The path of any address, on our own host: cameras behind a router announce addresses nobody can reach."""
        path = re.sub(r"(?i)^rtsps?://[^/?]*", "", url)
        return f"rtsp://{self.authority}{path}"


def parse(url: str, username: str, password: str) -> tuple[Address, Credentials | None]:
    """Take a configured address apart; credentials given apart win over those inside the URL.

    Raises SourceRefused, whose text never holds the URL (it may hold a password).
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORT
    except ValueError:
        host, port, parts = "", 0, urlsplit("")
    if re.search(r'[\x00-\x20\x7f"]', url) or not host or parts.scheme.lower() != "rtsp":
        raise SourceRefused(
            f"the address of camera {host or '(no host)'} is no rtsp:// address: write it as rtsp://host:554/path, "
            "with signs such as # / ? @ in a password percent-encoded or in the separate password key"
        )
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    username, password = username or unquote(parts.username or ""), password or unquote(parts.password or "")
    credentials = Credentials(username, password) if username or password else None
    return Address(host, port, path), credentials
