"""What is looked for on one camera, as the centre gives it: one document, whole and numbered.

An order to an edge carries it today; a bundle of an edge's whole state can carry the same document. Here stands only
its outer form. What a rule may say is the edge's to judge, by the code that reads its own file, so that a centre need
not know the rules of an edge that is newer than itself.

A document is never changed: the next one of that camera has a higher number. `rules` null says that the edge's own
file counts again.
"""

import hashlib
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from core.errors import WireError
from core.events import Slug

ORDER, READ = "rules", "rules-read"  # commands: take these rules; tell which ones run
MAX_RULES = 32
MAX_DOCUMENT_BYTES = 48 * 1024
MAX_VERSION = 2**53 - 1

Rules = Annotated[list[dict[str, Any]], Meta(max_length=MAX_RULES)]


class RulesDocument(Struct, frozen=True, kw_only=True):
    """The rules of one camera; each as a table of `edge.toml`, zones and lines in fractions of the picture."""

    camera: Slug
    version: Annotated[int, Meta(ge=1, le=MAX_VERSION)]
    rules: Rules | None
    v: Literal[1] = 1


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[RulesDocument] = msgspec.json.Decoder(RulesDocument)


def encode(document: RulesDocument) -> str:
    """The text of a document; raises WireError where it is too large, or holds what no edge and no database takes."""
    try:
        text = _encoder.encode(document)
    except (ValueError, OverflowError, TypeError, RecursionError) as error:  # a number or text that no JSON holds
        raise WireError(f"camera {document.camera}: its rules cannot be written: {error}") from error
    if len(text) > MAX_DOCUMENT_BYTES:
        raise WireError(
            f"camera {document.camera}: its rules take {len(text)} bytes, over their limit of {MAX_DOCUMENT_BYTES};"
            " use fewer rules or zones with fewer corners"
        )
    if b"\\u00" in text:  # JSON's form of a control character
        raise WireError(f"camera {document.camera}: a text in its rules holds a control character; leave it out")
    return text.decode()


def decode(text: str) -> RulesDocument:
    """The document in a text; raises WireError where it is none."""
    if len(text) > MAX_DOCUMENT_BYTES:
        raise WireError(f"the rules take over {MAX_DOCUMENT_BYTES} bytes")
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise WireError(f"the rules are not of the contract: {error}") from error


def digest(text: str) -> str:
    """SHA-256, in hex, by which rules that run are told apart."""
    return hashlib.sha256(text.encode()).hexdigest()
