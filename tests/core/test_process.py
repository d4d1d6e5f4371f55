import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from core.process import cpu_seconds, descendants, resident_bytes

PARENT = """
import subprocess, sys, time
from core.process import die_with_parent
child = subprocess.Popen([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"],
                         preexec_fn=die_with_parent)
time.sleep(60)
"""
BUSY = "sum(number * number for number in range(3_000_000)); print('up', flush=True); input()"


@pytest.fixture
def family() -> Iterator[subprocess.Popen[str]]:
    """A process with a child of its own, both up."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "up\n"
        yield parent
        parent.kill()


def test_a_child_dies_with_a_parent_that_is_killed(family: subprocess.Popen[str]) -> None:
    """The child holds the same pipe as its parent, so the pipe ends only when both are gone."""
    family.kill()
    assert family.stdout
    assert family.stdout.read() == ""


def test_children_of_children_are_descendants(family: subprocess.Popen[str]) -> None:
    (child,) = descendants(family.pid)
    assert child != family.pid
    assert {family.pid, child} <= set(descendants(os.getpid()))


def test_work_and_memory_of_a_process_are_measured() -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE, stdin=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        assert cpu_seconds([child.pid]) > 0
        assert resident_bytes([child.pid]) > 1_000_000
        assert resident_bytes([child.pid, child.pid]) >= resident_bytes([child.pid])


def test_a_process_that_is_gone_has_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert (descendants(child.pid), cpu_seconds([child.pid]), resident_bytes([child.pid])) == ([], 0, 0)
