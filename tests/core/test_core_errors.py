import inspect
import re

import pytest

from core import errors
from core.errors import ConfigError, EkamlingError

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_one_of_ours(kind: type[Exception]) -> None:
    assert issubclass(kind, EkamlingError)


def test_the_tree_at_the_top_of_the_file_names_every_error() -> None:
    drawn = re.findall(r"(\w*(?:Error|Refused)) {2,}", errors.__doc__ or "")
    assert sorted(drawn) == sorted(kind.__name__ for kind in KINDS)


def test_a_configuration_error_holds_all_its_lines() -> None:
    error = ConfigError(["a.toml: id: is missing", "a.toml: port: expected int"])
    assert error.problems == ("a.toml: id: is missing", "a.toml: port: expected int")
    assert str(error) == "a.toml: id: is missing\na.toml: port: expected int"
