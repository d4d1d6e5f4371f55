"""Make the virtual environment and put uv, pinned by hash, into it. Runs on the system's Python alone."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

LOCK = Path("locks/bootstrap.lock")
OLDEST = (3, 11)


def main() -> int:
    if sys.version_info[:2] < OLDEST:  # an older Python runs this file, too
        return _fail(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; try make PYTHON=python3.12")
    venv = Path(sys.argv[1])
    if importlib.util.find_spec("ensurepip") is None and not _install_venv():
        name = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        return _fail(f"this Python lacks the module venv; install it: sudo apt-get install {name}")
    sys.stderr.write(f"Making {venv} ...\n")
    python = venv / "bin" / "python"
    made = _run(sys.executable, "-m", "venv", "--clear", str(venv))
    if made or _run(str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(LOCK)):
        return _fail(f"{venv} could not be made; the lines above say why (is there a network, and is the disk full?)")
    return 0


def _install_venv() -> bool:
    """As root on Debian the missing package is simply installed."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    name = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    return not (_run("apt-get", "update", "-qq") or _run("apt-get", "install", "-y", "-qq", name))


def _run(*command: str) -> int:
    return subprocess.run(command, check=False).returncode  # noqa: S603 - fixed commands, no shell


def _fail(reason: str) -> int:
    sys.stderr.write(f"setup: {reason}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
