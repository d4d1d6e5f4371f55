"""A disk of some megabytes that a test can fill up.

It is a tmpfs where one may be mounted. Where none may, the kernel is asked to refuse every byte that makes a file of
the process longer (RLIMIT_FSIZE), which looks the same to who writes.
"""

import resource
import subprocess
from pathlib import Path

MEGABYTES = 24
BLOCK = 64 * 1024


class SmallDisk:
    """At `folder`, from `open` to `close`."""

    def __init__(self, folder: Path, megabytes: int = MEGABYTES) -> None:
        self.folder = folder
        self._megabytes = megabytes
        self._filler = folder / "filler"
        self.mounted = False

    def open(self) -> None:
        self.folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={self._megabytes}m", "tmpfs", str(self.folder)]
        self.mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0

    def fill(self, pid: int) -> None:
        """Leave no room, for that process at least."""
        if not self.mounted:
            longest = max((each.stat().st_size for each in self.folder.rglob("*") if each.is_file()), default=0)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (longest, resource.RLIM_INFINITY))
            return
        with self._filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(BLOCK)):
                    pass
            except OSError:
                return

    def free(self, pid: int) -> None:
        """Make room again."""
        self._filler.unlink(missing_ok=True)
        if not self.mounted:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def close(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)
