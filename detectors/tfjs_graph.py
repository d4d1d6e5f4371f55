"""Reads a TensorFlow.js graph model: a JSON of nodes beside a binary of weights. Used only when a model is built.

Format: the `modelTopology` is a GraphDef as JSON (64-bit integers as text, bytes as Base64, empty fields left out), and
`weightsManifest` lists name, shape, dtype and quantisation of each constant, in the order of the binary.
"""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError

Constant = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Node:
    """One operation; `inputs` name nodes, with ":1" and so on for a further output."""

    op: str
    name: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def text(self, key: str) -> str:
        """A bytes attribute, such as `padding`."""
        return base64.b64decode(self.attributes[key]["s"]).decode("ascii")

    def integers(self, key: str) -> tuple[int, ...]:
        """A list attribute, such as `strides`."""
        return tuple(int(value) for value in self.attributes[key]["list"].get("i", ()))

    def number(self, key: str) -> float:
        return float(self.attributes[key]["f"])

    def flag(self, key: str) -> bool:
        return bool(self.attributes[key].get("b", False))


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph without its constants' nodes: `nodes` in an order in which inputs come first."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, Constant]


def read(topology: bytes, weights: bytes) -> Graph:
    """The graph of the JSON `topology` and its binary; ModelError when the two don't belong together.

    What depends on constants alone is computed here, so that no such node is left.
    """
    document = json.loads(topology)
    constants = _constants([entry for group in document["weightsManifest"] for entry in group["weights"]], weights)
    nodes = []
    for entry in document["modelTopology"]["node"]:
        node = Node(entry["op"], entry["name"], tuple(entry.get("input", ())), entry["attr"])
        if node.op == "Const":
            continue
        if node.inputs and all(name in constants for name in node.inputs):
            constants[node.name] = _fold(node, [constants[name] for name in node.inputs])
        else:
            nodes.append(node)
    return Graph(_sorted(nodes, constants), constants)


def _constants(manifest: Sequence[Mapping[str, Any]], weights: bytes) -> dict[str, Constant]:
    constants: dict[str, Constant] = {}
    offset = 0
    for entry in manifest:
        stored = np.dtype(entry.get("quantization", entry)["dtype"]).newbyteorder("<")
        if "scale" in entry.get("quantization", {}):
            raise ModelError(f"weight {entry['name']} is quantised to integers, which this reader does not know")
        count = math.prod(entry["shape"])
        if offset + count * stored.itemsize > len(weights):
            raise ModelError("the weights are shorter than their manifest says")
        values = np.frombuffer(weights, stored, count, offset).reshape(entry["shape"])
        constants[entry["name"]] = values.astype(entry["dtype"])
        offset += count * stored.itemsize
    if offset != len(weights):
        raise ModelError("the weights are longer than their manifest says")
    return constants


def _fold(node: Node, values: Sequence[Constant]) -> Constant:
    if node.op in ("Add", "AddV2"):
        return np.asarray(values[0] + values[1])
    if node.op == "SparseToDense":
        where, shape, sparse, default = values
        dense = np.full(shape, default)
        dense[tuple(where.T)] = sparse
        return dense
    raise ModelError(f"{node.name}: the constant operation {node.op} is not known")


def _sorted(nodes: Sequence[Node], constants: Mapping[str, Constant]) -> tuple[Node, ...]:
    """The nodes so that each comes after those it reads; the order in the file is kept where it may be."""
    known, waiting, done = set(constants), list(nodes), []
    while waiting:
        ready = [node for node in waiting if all(name.partition(":")[0] in known for name in node.inputs)]
        if not ready:
            raise ModelError(f"{waiting[0].name} reads what no node gives")
        done += ready
        known |= {node.name for node in ready}
        waiting = [node for node in waiting if node.name not in known]
    return tuple(done)
