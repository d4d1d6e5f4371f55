"""What an ONNX file holds, read without loading it: enough to refuse what nobody should load.

ONNX is protobuf; the numbers of its fields are those of onnx.proto3 (github.com/onnx/onnx, IR version 3 and later). A
runtime that is handed a file reads other files that it names, runs operators of libraries it has, and makes room for
whatever it asks: so all three are looked at before.
"""

from collections.abc import Iterator

from core.errors import ModelError

LARGEST = 512 * 1024 * 1024  # bytes of a file; YOLO's largest has 230 MB
DOMAINS = frozenset({"", "ai.onnx", "com.microsoft"})  # operators that ONNX Runtime has in it

_MOST_NODES = 50_000
_DEEPEST = 12  # graphs within graphs
_MOST_VALUES_A_BYTE = 2  # of a tensor: 4-bit integers

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_GRAPH, _OPSET, _FUNCTION = 7, 8, 25  # fields of ModelProto
_NODE, _INITIALISER, _OUTPUT, _SPARSE = 1, 5, 12, 15  # of GraphProto; the nodes of a FunctionProto are field 7
_FUNCTION_NODE = 7
_ATTRIBUTE, _DOMAIN = 5, 7  # of NodeProto
_TENSOR, _SUBGRAPH, _TENSORS, _SUBGRAPHS, _SPARSE_TENSOR, _SPARSE_TENSORS = 5, 6, 10, 11, 22, 23  # of AttributeProto
_NAME = 1  # of ValueInfoProto
_DIMENSION, _EXTERNAL, _LOCATION = 1, 13, 14  # of TensorProto

Field = tuple[int, int | memoryview]


def inspect(content: bytes) -> None:
    """Raise ModelError, with a text such as `keeps its weights in other files`, for a file that must not be loaded."""
    if len(content) > LARGEST:
        raise ModelError(f"has {len(content) / 1e6:.0f} MB; at most {LARGEST / 1e6:.0f} MB are allowed")
    try:
        _Walk().model(memoryview(content))
    except (IndexError, ValueError) as error:
        raise ModelError(f"is no model that can be loaded (it is not ONNX, or cut off: {error})") from error


def output_names(content: bytes) -> tuple[str, ...]:
    """Names of the graph's outputs, in their order, of a file that was inspected."""
    names = []
    for number, graph in _fields(memoryview(content)):
        if number == _GRAPH:
            for inner, value in _fields(_message(graph)):
                if inner == _OUTPUT:
                    names += [_text(name) for field, name in _fields(_message(value)) if field == _NAME]
    return tuple(names)


class _Walk:
    """One pass over a file, counting nodes."""

    def __init__(self) -> None:
        self._nodes = 0

    def model(self, data: memoryview) -> None:
        graphs = opsets = 0
        for number, value in _fields(data):
            if number == _GRAPH:
                graphs += 1
                self._graph(_message(value), 0)
            elif number == _OPSET:
                opsets += 1
            elif number == _FUNCTION:
                for inner, node in _fields(_message(value)):
                    if inner == _FUNCTION_NODE:
                        self._node(_message(node), 1)
        if graphs != 1 or not opsets:
            raise ValueError("it holds no graph")

    def _graph(self, data: memoryview, depth: int) -> None:
        if depth > _DEEPEST:
            raise ModelError("nests graphs too deep")
        for number, value in _fields(data):
            if number == _NODE:
                self._node(_message(value), depth)
            elif number == _INITIALISER:
                _check_tensor(_message(value))
            elif number == _SPARSE:
                raise ModelError("has sparse weights, which are not supported")

    def _node(self, data: memoryview, depth: int) -> None:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise ModelError(f"has more than {_MOST_NODES} operators")
        for number, value in _fields(data):
            if number == _DOMAIN:
                _check_domain(_text(value))
            elif number == _ATTRIBUTE:
                self._attribute(_message(value), depth)

    def _attribute(self, data: memoryview, depth: int) -> None:
        for number, value in _fields(data):
            if number in (_TENSOR, _TENSORS):
                _check_tensor(_message(value))
            elif number in (_SUBGRAPH, _SUBGRAPHS):
                self._graph(_message(value), depth + 1)
            elif number in (_SPARSE_TENSOR, _SPARSE_TENSORS):
                raise ModelError("has sparse weights, which are not supported")


def _check_domain(domain: str) -> None:
    if domain not in DOMAINS:
        raise ModelError(f"needs operators of {domain[:60]!r}, which are not those of ONNX; export it without them")


def _check_tensor(data: memoryview) -> None:
    """Refuse a tensor that lies in another file, or claims more values than it brings."""
    values, empty = 1, True
    for number, value in _fields(data):
        if number == _EXTERNAL or (number == _LOCATION and value):
            raise ModelError("keeps its weights in other files; export it as one file")
        if number == _DIMENSION:
            for length in [value] if isinstance(value, int) else _packed(value):
                values *= length
                empty = False
    if not empty and values > _MOST_VALUES_A_BYTE * len(data):
        raise ModelError("claims weights that it does not bring: it is damaged or hostile")


def _fields(data: memoryview) -> Iterator[Field]:
    """Number and value of each field of a message; ValueError or IndexError where it is not one."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, kind = key >> 3, key & 7
        if not number:
            raise ValueError(f"field 0 at byte {place}")
        if kind == _VARINT:
            value, place = _varint(data, place)
            yield number, value
            continue
        if kind == _BYTES:
            length, place = _varint(data, place)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"unknown kind of field {kind}")
        if place + length > len(data):
            raise ValueError("it ends within a field")
        yield number, data[place : place + length]
        place += length


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("a number has no end")


def _packed(data: memoryview) -> Iterator[int]:
    place = 0
    while place < len(data):
        value, place = _varint(data, place)
        yield value


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number stands where a message should")
    return value


def _text(value: int | memoryview) -> str:
    return bytes(_message(value)).decode("utf-8", "replace")
