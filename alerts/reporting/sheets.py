"""Rows as files that other programs read: CSV, Parquet and JSON lines."""

import asyncio
import csv
import importlib
import io
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import msgspec

from alerts.views import instant
from core.errors import EkamlingError

FILE_CHUNK = 1 << 16  # bytes
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WHOLE = {"number": "int64", "severity": "int32", "level": "int32", "event_count": "int64"}
_TRUTHS = ("test", "unreached", "silenced")


def cell(value: Any) -> str | int | float:
    """A value as it stands in CSV. A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return instant(value) or ""
        case int() | float():
            return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_text(rows: Sequence[Sequence[Any]]) -> str:
    """Rows in CSV (RFC 4180, UTF-8)."""
    out = io.StringIO()
    csv.writer(out).writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


async def csv_chunks(columns: Sequence[str], pages: AsyncGenerator[Sequence[Any], None]) -> AsyncGenerator[bytes, None]:
    """A table in CSV, its head first; `pages` are some rows each."""
    head: list[Sequence[Any]] = [columns]
    async with aclosing(pages):
        async for page in pages:
            yield csv_text([*head, *page]).encode()
            head = []
    if head:
        yield csv_text(head).encode()


async def json_chunks(pages: AsyncGenerator[Sequence[Mapping[str, Any]], None]) -> AsyncGenerator[bytes, None]:
    """One JSON object a line."""
    async with aclosing(pages):
        async for page in pages:
            yield b"".join(msgspec.json.encode(line) + b"\n" for line in page)


async def parquet_chunks(
    columns: Sequence[str], pages: AsyncGenerator[Sequence[Any], None]
) -> AsyncGenerator[bytes, None]:
    """A table of incidents as a Parquet file, written to a nameless file first: Parquet has its index at the end.

    Raises EkamlingError where the package for it is missing.
    """
    arrow, parquet = arrow_modules()
    schema = arrow.schema([(name, _arrow_type(arrow, name)) for name in columns])
    with tempfile.TemporaryFile() as file:
        with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
            async with aclosing(pages):
                async for page in pages:
                    lines = [dict(zip(columns, row, strict=True)) for row in page]
                    table = arrow.Table.from_pylist(lines, schema=schema)
                    await asyncio.to_thread(writer.write_table, table)
        file.seek(0)
        while content := file.read(FILE_CHUNK):
            yield content


def arrow_modules() -> tuple[Any, Any]:
    """pyarrow and its Parquet part, which only centres with the extra `parquet` have."""
    try:
        modules: list[ModuleType] = [importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet")]
    except ModuleNotFoundError as error:
        raise EkamlingError("Parquet needs the package pyarrow: install E-Kamling with the extra 'parquet'") from error
    return modules[0], modules[1]


def _arrow_type(arrow: ModuleType, name: str) -> Any:
    if name.endswith("_at"):
        return arrow.timestamp("us", tz=str(UTC))
    if name in _TRUTHS:
        return arrow.bool_()
    return arrow.float64() if name == "score" else getattr(arrow, _WHOLE.get(name, "string"))()


async def begun(content: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    """The same content, of which the first part is there already: what goes wrong before it can still be said."""
    try:
        first = [await anext(content)]
    except StopAsyncIteration:
        first = []
    return _continued(first, content)


async def _continued(first: Sequence[bytes], content: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    try:
        for part in first:
            yield part
        async for part in content:
            yield part
    finally:
        await content.aclose()
