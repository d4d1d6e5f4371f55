import subprocess
import sys

PARENT = """
import subprocess, sys, time
from core.process import die_with_parent
child = subprocess.Popen([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"],
                         preexec_fn=die_with_parent)
time.sleep(60)
"""


def test_a_child_dies_with_a_parent_that_is_killed() -> None:
    """The child holds the same pipe as its parent, so the pipe ends only when both are gone."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "up\n"
        parent.kill()
        assert parent.stdout.read() == ""
