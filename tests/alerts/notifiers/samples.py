"""Messages and settings that the tests of all channels use, and texts that nobody should have to send."""

from datetime import UTC, datetime
from typing import Any

import httpx
from hypothesis import strategies as st

from alerts.notifiers.base import Message
from alerts.notifiers.exchange import Line
from core.clock import ManualClock

NOW = datetime(2026, 8, 17, 23, 30, tzinfo=UTC)
TOKEN = "tk_9f2bA-71c"
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) + b"\xff\xd9"
PHONE = "+6281234567890"

HOSTILE = st.one_of(
    st.sampled_from(
        [
            "Baris satu\r\nBcc: semua@example.com\r\n\r\nbadan",
            "=?utf-8?q?a=0D=0ABcc:_semua@example.com?=",
            "a\0b\x1b[2J",
            "\u202egnp.tolim\u202c",
            "مرحبا بالجميع",
            "Maling di pos 🚨🚨👨‍👩‍👧",
            "setengah \ud83d",
            "{to} {secret} {text} %s {{1}}",
            "</b><script>&amp;",
            "x" * 10_000,
            "kata " * 2_000,
            "🚨" * 10_000,
            '"\\' * 3_000,
            "",
            " ",
            ".\r\n.\r\nQUIT\r\n",
        ]
    ),
    st.text(st.characters(), max_size=200),
)


def a_message(**changed: Any) -> Message:
    """An intrusion at night, to be answered."""
    values: dict[str, Any] = {
        "id": "01990b5e-7a3c-7d1e-9d9a-3f1f5b1c2d3e",
        "action": "trigger",
        "incident": "01990b5e-0000-7000-8000-000000000042",
        "number": 42,
        "kind": "intrusion",
        "severity": 1,
        "state": "new",
        "title": "Kejadian 42: orang di area terlarang",
        "body": "Pos Bancar, gerbang timur, 23.30. Mohon periksa.",
        "area": "33.03.05.1005/RW02/RT04",
        "area_name": "RT 04 / RW 02 Bancar",
        "place": "Gerbang timur",
        "opened_at": NOW,
        "url": "https://kamling.example.go.id/incidents/42",
        "answer_url": f"https://kamling.example.go.id/a/{TOKEN}",
        "picture": None,
        "position": (-7.388, 109.363),
    }
    return Message(**{**values, **changed})


def a_line(http: httpx.AsyncClient, who: str, *secrets: str, timeout_s: float = 5.0) -> Line:
    """A line whose clock stands at `NOW`."""
    return Line(http, who, timeout_s, secrets, ManualClock(NOW))
