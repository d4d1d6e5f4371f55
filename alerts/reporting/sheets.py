"""Rows as files that other programs read: CSV, Parquet and JSON lines."""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from alerts.reporting.frames import pl
from alerts.views import instant

FILE_CHUNK = 1 << 16  # bytes
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
GATHERED = 20_000  # rows
_WHOLE = {"number": pl.Int64(), "severity": pl.Int32(), "level": pl.Int32(), "event_count": pl.Int64()}
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
    """A table of incidents as a Parquet file. Its pages go to files of a folder of their own first, from which polars
    makes it in one stream: no more than GATHERED rows and one row group are held."""
    with tempfile.TemporaryDirectory() as folder:
        parts = await _parts({name: _kind(name) for name in columns}, pages, Path(folder))
        made = Path(folder) / "made.parquet"
        await asyncio.to_thread(_write, parts, made)
        with made.open("rb") as file:
            while content := file.read(FILE_CHUNK):
                yield content


async def _parts(kinds: dict[str, pl.DataType], pages: AsyncGenerator[Sequence[Any], None], folder: Path) -> list[Path]:
    """The files that pages were put into, at least one."""
    found: list[Path] = []
    held: list[pl.DataFrame] = [pl.DataFrame(schema=kinds)]

    def put() -> None:
        found.append(folder / f"{len(found)}.arrow")
        pl.concat(held).write_ipc(found[-1])
        held.clear()

    async with aclosing(pages):
        async for page in pages:
            values = zip(*page, strict=True)
            some = [pl.Series(name, each, kind) for (name, kind), each in zip(kinds.items(), values, strict=True)]
            held.append(pl.DataFrame(some))
            if sum(map(len, held)) >= GATHERED:
                await asyncio.to_thread(put)
    if held:
        await asyncio.to_thread(put)
    return found


def _write(parts: list[Path], made: Path) -> None:
    pl.scan_ipc(parts).sink_parquet(made, compression="zstd", row_group_size=GATHERED, maintain_order=True)


def _kind(name: str) -> pl.DataType:
    if name.endswith("_at"):
        return pl.Datetime("us", "UTC")
    if name in _TRUTHS:
        return pl.Boolean()
    return pl.Float64() if name == "score" else _WHOLE.get(name, pl.String())


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
