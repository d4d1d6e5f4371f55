"""`ekamling report` writes what was asked for, or says in one line why it does not."""

import asyncio
import csv
from pathlib import Path

import pytest

from alerts.store.database import Database
from ekamling.cli import main
from tests.alerts.reporting.ledger import an_incident, write


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A centre that has seen two incidents of October 2026."""
    (tmp_path / "data").mkdir()

    async def fill() -> None:
        database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/data/centre.sqlite3")
        await write(database, [an_incident(resolution="false"), an_incident(resolution="resolved")])
        await database.close()

    asyncio.run(fill())
    path = tmp_path / "centre.toml"
    path.write_text(f'data = "{tmp_path}/data"\n', encoding="utf-8")
    return path


def report(config: Path, *more: str, month: str = "2026-10", area: str = "33.03.05") -> int:
    return main(["report", "--month", month, "--area", area, "--config", str(config), *more])


def test_a_month_becomes_a_pdf_and_a_table(config: Path, tmp_path: Path) -> None:
    printed, table = tmp_path / "laporan.pdf", tmp_path / "laporan.csv"
    assert report(config, "--pdf", str(printed), "--csv", str(table), "--target", "answer:30:80") == 0
    assert printed.read_bytes().startswith(b"%PDF-")
    with table.open(encoding="utf-8", newline="") as file:
        whole = next(csv.DictReader(file))
    assert (whole["nama"], whole["benar"], whole["palsu"]) == ("Kecamatan Purbalingga", "1", "1")
    assert "dalam_batas target answer:30:80" in whole


@pytest.mark.parametrize(
    ("month", "area", "more", "said"),
    [
        ("2026-13", "33.03", ("--csv", "x"), "'2026-13' is not a month such as 2026-10"),
        ("2026-10", "Purbalingga", ("--csv", "x"), "area 'Purbalingga' is not a code such as"),
        ("2026-10", "33.03", (), "nothing to write: give --pdf FILE, --csv FILE or both"),
        ("2026-10", "33.03", ("--csv", "x", "--target", "fast"), "target 'fast' is not SPAN:SECONDS"),
        ("2026-10", "33.03", ("--csv", "no/such/folder/x"), "no/such/folder/x: cannot be written: No such file"),
    ],
)
def test_what_cannot_be_is_one_line(
    config: Path, month: str, area: str, more: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(config, *more, month=month, area=area) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].startswith(f"ekamling: {said}")


def test_a_centre_that_never_ran_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "centre.toml"
    config.write_text(f'data = "{tmp_path}"\n', encoding="utf-8")
    assert report(config, "--csv", str(tmp_path / "x.csv")) == 1
    assert "there is no database; has the centre ever run?" in capsys.readouterr().err
    assert not (tmp_path / "centre.sqlite3").exists()
