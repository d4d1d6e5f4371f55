"""See that the programs which tests need, and pip does not bring, are there; as root on Debian install them, otherwise
say how. `python tools/system_tools.py [chromium] [cc]`"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """A program by any of its names, or where a setting points."""

    names: tuple[str, ...]
    setting: str
    package: str
    purpose: str

    def met(self) -> bool:
        return bool(os.environ.get(self.setting)) or any(shutil.which(name) for name in self.names)


NEEDS = {
    "chromium": Need(
        ("chromium", "chromium-browser", "google-chrome"), "EKAMLING_CHROMIUM", "chromium", "the browser tests"
    ),
    "cc": Need(("cc",), "CC", "gcc libc6-dev", "the tests of power cuts"),
}


def main(names: list[str]) -> int:
    missing = [NEEDS[name] for name in names if not NEEDS[name].met()]
    if not missing:
        return 0
    packages = " ".join(need.package for need in missing)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        return _install(packages.split())
    for need in missing:
        sys.stderr.write(
            f"test: {need.purpose} need {need.names[0]}: sudo apt-get install {need.package}, "
            f"or set {need.setting} to its path\n"
        )
    return 1


def _install(packages: list[str]) -> int:
    sys.stderr.write(f"Installing {', '.join(packages)} for the tests ...\n")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", *packages]):
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
        if done.returncode:
            sys.stderr.write(f"test: '{' '.join(command)}' failed; install {', '.join(packages)} by hand\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(NEEDS)))
