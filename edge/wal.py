"""Whether SQLite's write-ahead file lost something that had been committed.

SQLite reads it up to the first frame that is not sound and takes what follows for the rest of a write that never ended.
So a damaged frame makes it forget, without a word, all that was committed after it; and an outbox that forgot gives
numbers out twice. The format is that of https://www.sqlite.org/fileformat2.html#walformat
"""

import struct
from pathlib import Path

HEADER, FRAME = 32, 24  # bytes before all frames, and before each page
MAGIC = 0x377F0682  # the last bit says in which order the bytes of a checksum's words stand
Sum = tuple[int, int]


def forgotten(path: Path) -> bool:
    """Whether SQLite will leave out something that was committed to this file; raises OSError where it cannot be read.

    The last transaction before a power cut may look the same where the disk wrote its end before its beginning: that
    one was promised to nobody, and is told as damage all the same.
    """
    content = path.read_bytes() if path.is_file() else b""
    if len(content) < HEADER or not any(content):
        return False
    magic, _, size, _, salt1, salt2, *told = struct.unpack(">8I", content[:HEADER])
    order = ">" if magic & 1 else "<"
    running = _checksum(order, content[: HEADER - 8], (0, 0))
    if magic & ~1 != MAGIC or running != tuple(told):
        return True
    sound = True
    for start in range(HEADER, len(content) - FRAME - size + 1, FRAME + size):
        page, commit, frame_salt1, frame_salt2, *told = struct.unpack(">6I", content[start : start + FRAME])
        if (frame_salt1, frame_salt2) != (salt1, salt2):
            sound = False  # left from before the file was begun anew, unless this very frame is the damaged one
            continue
        if sound:
            body = content[start : start + 8] + content[start + FRAME : start + FRAME + size]
            running = _checksum(order, body, running)
            sound = bool(page) and running == tuple(told)
        if not sound and commit:
            return True
    return False


def _checksum(order: str, data: bytes, before: Sum) -> Sum:
    one, two = before
    words = iter(struct.unpack(f"{order}{len(data) // 4}I", data))
    for first, second in zip(words, words, strict=True):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two
