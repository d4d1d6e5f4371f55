"""Texts of strangers, made fit to be sent: cleaned, on one line, shortened at a word, in the alphabet of SMS."""

import bisect
import re
import unicodedata
from collections.abc import Callable

_LINES = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]+")
_TURNING = re.compile(r"[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]")
_HALVES = re.compile(r"[\ud800-\udfff]")
_ELLIPSIS = "…"

# 3GPP TS 23.038, section 6.2.1, what of it every gateway passes on; those of the extension count twice.
_EXTENSION = frozenset("^{}\\[~]|")
_BASIC = frozenset(map(chr, range(0x20, 0x7F))) - _EXTENSION - {"`"}
_LOOKS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛´`ʼ", "'"),
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("–—−‐‑‒", "-"),
        **dict.fromkeys("·•→►", "-"),
        "…": "...",
        "×": "x",
        "ß": "ss",
    }
)


def plain(text: str, limit: int) -> str:
    """Without control characters but line ends, without halves of characters and signs that turn the direction of
    writing; at most `limit` characters."""
    text = _LINES.sub("\n", text[: limit * 4])  # cut first: the rest is never shown, however long it is
    text = _TURNING.sub("", _CONTROL.sub(" ", text))
    return shortened(_HALVES.sub("\ufffd", text).strip(), limit)


def one_line(text: str, limit: int) -> str:
    """The same on one line, single spaces between words."""
    return shortened(" ".join(plain(text, limit * 2).split()), limit)


def shortened(text: str, limit: int, *, length: Callable[[str], int] = len, mark: str = _ELLIPSIS) -> str:
    """At most `limit` long, as `length` counts: cut after a word, with `mark` in place of the rest."""
    if length(text) <= limit:
        return text
    room = limit - length(mark)
    if room < 0:
        return ""
    fits = bisect.bisect_right(range(len(text) + 1), room, key=lambda size: length(text[:size])) - 1
    head = text[:fits]
    if fits < len(text) and not text[fits].isspace():
        word = re.search(r"\s+\S*\Z", head)
        if word and word.start() > fits // 2:  # a single endless word is cut where it must be
            head = head[: word.start()]
    return head.rstrip() + mark


def utf16_units(text: str) -> int:
    """How long a text is as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def gsm7(text: str) -> str:
    """In letters that every telephone and gateway has: accents dropped, typographic signs replaced, the rest gone."""
    kept = []
    for sign in unicodedata.normalize("NFKD", text.translate(_LOOKS)):
        if sign in _BASIC or sign in _EXTENSION:
            kept.append(sign)
        elif sign.isspace():
            kept.append(" ")
    return re.sub(r" +(?=[.,;:!?])", "", " ".join("".join(kept).split()))  # where a sign stood that is gone


def septets(text: str) -> int:
    """How much room a text of `gsm7` takes of the 160 of a single SMS."""
    return sum(2 if sign in _EXTENSION else 1 for sign in text)
