"""What several modules here stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.ekamling.machines import Machines


@pytest.fixture
def machines(tmp_path: Path, postgres_server: postgres.Server, postgres_template: str) -> Iterator[Machines]:
    with postgres_server.database(postgres_template) as name:
        machines = Machines(tmp_path, postgres_server.url(name))
        try:
            yield machines
        finally:
            machines.stop()
