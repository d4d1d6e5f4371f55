"""RTSP messages as bytes (RFC 2326): requests that we write, responses and requests that the camera writes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import SourceError

LARGEST_HEAD = 16 * 1024  # bytes of the first line and all headers
LARGEST_BODY = 64 * 1024  # bytes; a camera's SDP has about 1 KiB
MOST_HEADERS = 64

_FIRST_WORD = re.compile(rb"(?:RTSP/[12]\.[0-9]|[A-Z_]{4,16}) ")


@dataclass(frozen=True, slots=True)
class Message:
    """A response (`status` is its code) or a request of the camera (`status` is 0, `method` its name)."""

    status: int
    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first header of that name (lower case), or an empty string."""
        return next((value for found, value in self.headers if found == name), "")

    def all(self, name: str) -> list[str]:
        """Every header of that name (lower case)."""
        return [value for found, value in self.headers if found == name]


def looks_like_message(data: bytes) -> bool:
    """Whether `data` begins as a message does, as far as it goes (a dozen bytes are enough)."""
    if _FIRST_WORD.match(data):
        return True
    return len(data) < 17 and (re.fullmatch(rb"[A-Z_]+", data) is not None or b"RTSP/1.0 "[: len(data)] == data)


def parse_head(head: bytes, host: str) -> Message:
    """A message without its body; SourceError if it is none."""
    lines = re.split(r"\r?\n", head.decode("utf-8", "replace"))
    if len(lines) > MOST_HEADERS:
        raise SourceError(f"camera {host} sent an RTSP message with more than {MOST_HEADERS} headers")
    words = lines[0].split(" ", 2)
    response = words[0].startswith("RTSP/")
    if len(words) < 2 or (response and not re.fullmatch(r"[1-9][0-9]{2}", words[1], re.ASCII)):
        raise SourceError(f"camera {host} sent something that is no RTSP message")
    pairs = (line.partition(":") for line in lines[1:] if ":" in line)
    headers = tuple((name.strip().lower(), value.strip()) for name, _, value in pairs)
    return Message(int(words[1]) if response else 0, "" if response else words[0], headers, b"")


def body_length(message: Message, host: str) -> int:
    """Bytes of the body that follows; SourceError if that is no sensible number."""
    text = message.header("content-length") or "0"
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or int(text) > LARGEST_BODY:
        raise SourceError(f"camera {host} announced an RTSP body that is too large (at most {LARGEST_BODY} bytes)")
    return int(text)


def write(first_line: str, headers: Mapping[str, str]) -> bytes:
    """A message without a body."""
    return "".join([f"{first_line}\r\n", *(f"{name}: {value}\r\n" for name, value in headers.items()), "\r\n"]).encode()
