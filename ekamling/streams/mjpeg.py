"""MJPEG as RTP carries it (RFC 2435): the scan alone; what the headers say goes into eight bytes, or must be usual."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

LARGEST_SIDE = 255 * 8  # pixels: sides are sent in one byte, in blocks of 8
_IN_BAND = 255  # the quality that says that quantisation tables stand in the packet
_WHOLE = 0xFFFF  # restart count of a picture that is not to be read in parts (section 3.1.7)
# By the sampling (across, down) of Y, U, V.
_TYPES: dict[tuple[tuple[int, int], ...], int] = {((2, 1), (1, 1), (1, 1)): 0, ((2, 2), (1, 1), (1, 1)): 1}

# SHA-256 of the Huffman tables K.3 to K.6 of ITU-T T.81 as DHT segments hold them, in the order of class and number.
_USUAL_HUFFMAN = "532fd667aa5541439e4fc89f189259b1b137993ca5dfcbb6970ab411aee79cdf"
_SOF, _DHT, _EOI, _SOS, _DQT, _DRI = 0xC0, 0xC4, 0xD9, 0xDA, 0xDB, 0xDD
_OTHER_SOF = {0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


@dataclass(slots=True)
class _Image:
    """What the headers of one JPEG say. `restart` is the interval in blocks, 0 for none."""

    width: int = 0
    height: int = 0
    sampling: tuple[tuple[int, int], ...] = ()
    tables: tuple[int, ...] = ()  # numbers of the quantisation tables of Y, U, V
    restart: int = 0
    quantisers: dict[int, bytes] = field(default_factory=dict)
    huffman: dict[int, bytes] = field(default_factory=dict)
    scan: bytes = b""


def payloads(image: bytes, largest: int) -> list[bytes]:
    """RTP payloads of one JPEG, of at most `largest` bytes each; ValueError for one that RTP cannot carry."""
    parsed = _parsed(image)
    _check(parsed)
    kind = _TYPES[parsed.sampling] | (64 if parsed.restart else 0)
    shape = bytes((kind, _IN_BAND, parsed.width // 8, parsed.height // 8))
    restart = parsed.restart.to_bytes(2, "big") + _WHOLE.to_bytes(2, "big") if parsed.restart else b""
    quantisers = b"".join(parsed.quantisers[number] for number in parsed.tables[:2])
    tables = bytes(2) + len(quantisers).to_bytes(2, "big") + quantisers
    made, offset = list[bytes](), 0
    while offset < len(parsed.scan):
        head = bytes(1) + offset.to_bytes(3, "big") + shape + restart + (b"" if offset else tables)
        piece = parsed.scan[offset : offset + largest - len(head)]
        made.append(head + piece)
        offset += len(piece)
    return made


def fmtp(_first: bytes) -> str:
    """Nothing: every picture says all of itself."""
    return ""


def _check(image: _Image) -> None:
    """RFC 2435 leaves out what nearly all pictures have in common: they must have it."""
    width, height = image.width, image.height
    if width % 8 or height % 8 or max(width, height) > LARGEST_SIDE:
        raise ValueError(
            f"is {width}x{height}, but MJPEG over RTP has sides in steps of 8, up to {LARGEST_SIDE} pixels"
        )
    if image.sampling not in _TYPES or image.tables[1] != image.tables[2]:
        raise ValueError("has colours that MJPEG over RTP does not carry: it takes 4:2:0 and 4:2:2 (2x1)")
    if any(len(image.quantisers.get(number, b"")) != 64 for number in image.tables):
        raise ValueError("has no quantisation tables of 8 bits")
    tables = b"".join(bytes((name,)) + image.huffman[name] for name in sorted(image.huffman))
    if tables and hashlib.sha256(tables).hexdigest() != _USUAL_HUFFMAN:
        raise ValueError("has Huffman tables of its own (encode it with the default ones)")
    if not image.scan:
        raise ValueError("has an empty picture")


def _parsed(data: bytes) -> _Image:
    image = _Image()
    for marker, body in _segments(data):
        if marker == _SOF:
            image.height, image.width = (int.from_bytes(body[at : at + 2], "big") for at in (1, 3))
            components = [body[at : at + 3] for at in range(6, len(body), 3)]
            image.sampling = tuple((each[1] >> 4, each[1] & 0x0F) for each in components)
            image.tables = tuple(each[2] for each in components)
        elif marker in _OTHER_SOF:
            raise ValueError("is no baseline JPEG")
        elif marker == _DQT:
            image.quantisers |= _quantisers(body)
        elif marker == _DHT:
            image.huffman |= _huffman(body)
        elif marker == _DRI:
            image.restart = int.from_bytes(body[:2], "big")
        elif marker == _SOS:
            image.scan = body
    return image


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers with what follows them; that of the scan is all up to the end of the picture."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SOS:
            end = data.rfind(bytes((0xFF, _EOI)))
            yield marker, data[at + 2 + length : end if end > at else len(data)]
            return
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length


def _quantisers(body: bytes) -> dict[int, bytes]:
    """Tables by their numbers; those of 16 bits are 128 bytes long."""
    found, at = dict[int, bytes](), 0
    while at < len(body):
        size = 128 if body[at] >> 4 else 64
        found[body[at] & 0x0F] = body[at + 1 : at + 1 + size]
        at += 1 + size
    return found


def _huffman(body: bytes) -> dict[int, bytes]:
    """Tables by class and number, as the byte before each says."""
    found, at = dict[int, bytes](), 0
    while at + 17 <= len(body):
        size = 16 + sum(body[at + 1 : at + 17])
        found[body[at]] = body[at + 1 : at + 1 + size]
        at += 1 + size
    return found
