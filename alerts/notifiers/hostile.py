"""JSON of strangers: one clear error for what is no object, and nothing for a part that does not fit."""

from typing import Any, TypeVar

import msgspec

from core.errors import EkamlingError

T = TypeVar("T")
LARGEST = 1024 * 1024


def decoded(body: bytes, what: str) -> dict[str, Any]:
    """`body` as a JSON object; raises EkamlingError, which calls it `what`."""
    if len(body) > LARGEST:
        raise EkamlingError(f"{what}: is larger than {LARGEST // 1024} KiB")
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise EkamlingError(f"{what}: is not JSON") from None
    if not isinstance(value, dict):
        raise EkamlingError(f"{what}: is not a JSON object")
    return value


def fitting(value: Any, kind: type[T]) -> T | None:
    """`value` as a `kind`; None where it is not one."""
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError):
        return None


def items(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; none where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
