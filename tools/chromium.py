"""See that the browser for the tests is there; as root on Debian install it, otherwise say how."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    if os.environ.get("EKAMLING_CHROMIUM") or any(shutil.which(name) for name in NAMES):
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stderr.write("Installing Chromium for the browser tests ...\n")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
            done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
            if done.returncode:
                sys.stderr.write(f"test: '{' '.join(command)}' failed; install Chromium by hand\n")
                return 1
        return 0
    sys.stderr.write(
        "test: the browser tests need Chromium: sudo apt-get install chromium, or set EKAMLING_CHROMIUM to its path\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
