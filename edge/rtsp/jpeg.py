"""JPEG payloads (RFC 2435) put together to whole images: RTP carries the scan only, the headers are rebuilt here."""

from dataclasses import dataclass

from edge.rtsp.packet import Counts

LARGEST_IMAGE = 8 * 1024 * 1024  # bytes

# ITU-T T.81 Annex K: quantisation tables K.1 and K.2 (row by row), Huffman tables K.3 to K.6 as DHT segments hold them.
_LUMA = bytes.fromhex(
    "100b0a101828333d0c0c0e131a3a3c370e0d1018283945380e11161d3357503e"
    "12162538446d674d182337405168715c31404e5767797865485c5f6270646763"
)
_CHROMA = bytes.fromhex("1112182f6363636312151a4263636363181a3863636363632f42636363636363" + "63" * 32)
_HUFFMAN = bytes.fromhex(
    "0000010501010101010100000000000000000102030405060708090a0b100002010303020403050504040000017d0102"
    "0300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a"
    "3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92"
    "939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4"
    "e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa0100030101010101010101010000000000000102030405060708090a0b110002"
    "0102040403040705040400010277000102031104052131061241510761711322328108144291a1b1c109233352f01562"
    "72d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a636465666768696a"
    "737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5"
    "c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
)
_SCAN = bytes.fromhex("03010002110311003f00")  # three components, baseline
_END = b"\xff\xd9"


def _zigzag() -> list[int]:
    """Row-by-row positions of an 8x8 block in the order in which JPEG writes them."""
    cells = [(row, column) for row in range(8) for column in range(8)]
    cells.sort(key=lambda cell: (sum(cell), cell[sum(cell) % 2 == 0]))
    return [8 * row + column for row, column in cells]


_ORDER = _zigzag()


def tables(quality: int) -> tuple[bytes, bytes]:
    """Luma and chroma quantisation tables of a quality of 1..99 (RFC 2435 section 4.2), in zigzag order."""
    quality = min(max(quality, 1), 99)
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality

    def scaled(table: bytes) -> bytes:
        return bytes(min(max((table[cell] * scale + 50) // 100, 1), 255) for cell in _ORDER)

    return scaled(_LUMA), scaled(_CHROMA)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What one image's RTP header says; `restart` is the interval in blocks, 0 for none."""

    kind: int
    quality: int
    width: int
    height: int
    restart: int


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def _header(shape: _Shape, quantisers: tuple[bytes, bytes]) -> bytes:
    """Everything before the scan. A table of 128 bytes has 16-bit values."""
    luma_sampling = 0x22 if shape.kind & 0x3F else 0x21  # type 1 is 4:2:0, type 0 is 4:2:2
    size = shape.height.to_bytes(2, "big") + shape.width.to_bytes(2, "big")
    components = bytes((3, 1, luma_sampling, 0, 2, 0x11, 1, 3, 0x11, 1))
    parts = [b"\xff\xd8"]
    parts += [_segment(0xDB, bytes(((len(q) > 64) << 4 | number,)) + q) for number, q in enumerate(quantisers)]
    if shape.restart:
        parts.append(_segment(0xDD, shape.restart.to_bytes(2, "big")))
    parts += [_segment(0xC0, b"\x08" + size + components), _segment(0xC4, _HUFFMAN), _segment(0xDA, _SCAN)]
    return b"".join(parts)


def _split(precision: int, data: bytes) -> tuple[bytes, bytes] | None:
    """The two tables of an in-band table header; one alone serves for both."""
    first = 128 if precision & 1 else 64
    second = 128 if precision & 2 else 64
    if len(data) == first:
        return data, data
    if len(data) != first + second:
        return None
    return data[:first], data[first:]


class JpegPicture:
    """One image in the making; see `Picture` in `depacketize.py`."""

    unfinished = False
    resumed = False

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._shape: _Shape | None = None
        self._in_band: dict[int, tuple[bytes, bytes]] = {}
        self._scan = bytearray()
        self._damaged = False

    def add(self, payload: memoryview) -> None:
        if self._damaged or not len(payload):
            return
        start = self._start(payload)
        if start is None:
            self._damaged = True
            return
        self._scan += payload[start:]
        if len(self._scan) > LARGEST_IMAGE:
            self._damaged = True

    def lose(self) -> None:
        self._damaged = self._damaged or self._shape is not None

    def take(self) -> tuple[bytes, bool] | None:
        shape, damaged = self._shape, self._damaged
        scan = bytes(self._scan)
        self._scan.clear()
        self._shape, self._damaged = None, False
        if shape is None and not damaged:
            return None
        quantisers = None if shape is None else self._quantisers(shape)
        if damaged or shape is None or quantisers is None or not scan:
            self._counts.damaged += 1
            return None
        return _header(shape, quantisers) + scan + (b"" if scan.endswith(_END) else _END), True

    def _quantisers(self, shape: _Shape) -> tuple[bytes, bytes] | None:
        return self._in_band.get(shape.quality) if shape.quality >= 128 else tables(shape.quality)

    def _start(self, payload: memoryview) -> int | None:
        """Where the scan begins in this payload; None if the payload does not fit to what came before."""
        if len(payload) < 8:
            return None
        offset = int.from_bytes(payload[1:4], "big")
        kind, quality = payload[4], payload[5]
        width, height = payload[6] * 8, payload[7] * 8
        start, restart = 8, 0
        if 64 <= kind < 128:
            restart = int.from_bytes(payload[8:10], "big")
            start += 4
        if kind & 0x3F > 1 or kind >= 128 or not width or not height or offset != len(self._scan):
            return None
        if offset == 0:
            self._shape = _Shape(kind, quality, width, height, restart)
            if quality >= 128:
                return self._read_tables(payload, start, quality)
        elif self._shape is None:
            return None
        return start

    def _read_tables(self, payload: memoryview, start: int, quality: int) -> int | None:
        """Keep the tables that stand before the first piece of the scan; an empty header means those seen before."""
        if start + 4 > len(payload):
            return None
        length = int.from_bytes(payload[start + 2 : start + 4], "big")
        if start + 4 + length > len(payload):
            return None
        if length:
            split = _split(payload[start + 1], bytes(payload[start + 4 : start + 4 + length]))
            if split is None:
                return None
            self._in_band[quality] = split
        return start + 4 + length
