"""Data folders: made once, by however many processes begin with them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import StorageError
from ekamling.folders import make_folder


def test_many_who_begin_at_once_all_have_the_folder(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for round_ in range(50):
            list(pool.map(make_folder, [tmp_path / str(round_) / "data"] * 8))
    assert all(not list(folder.iterdir()) for folder in tmp_path.glob("*/data"))


def test_a_folder_that_cannot_be_is_named_with_the_option_that_chooses_another(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"file/data: cannot be written: Not a directory; choose another .* --data"):
        make_folder(tmp_path / "file" / "data", "--data")
