"""Secrets stand in files of their own, which others on the machine cannot read."""

import stat
from pathlib import Path

from core.errors import EkamlingError

_LARGEST = 16 * 1024


def text(path: str, *, whose: str) -> str:
    """All of a secret file; raises EkamlingError, which names the file and never its content."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            mode = stat.S_IMODE(Path(path).stat().st_mode)
            content = file.read(_LARGEST)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise EkamlingError(f"{path}: cannot read {whose}: {reason}") from None
    if mode & stat.S_IRWXO:
        raise EkamlingError(f"{path}: everybody on this machine may read {whose}; run chmod 600 on it")
    if not content.strip():
        raise EkamlingError(f"{path}: must hold {whose}, and is empty")
    return content.strip()


def line(path: str, *, whose: str) -> str:
    """The one line of a secret file; otherwise as `text`."""
    content = text(path, whose=whose)
    if not content.isprintable():
        raise EkamlingError(f"{path}: must hold {whose} on one line and nothing else")
    return content
