"""Hold the documents to the code: generated pages, examples, links, translations.

python tools/documents.py            one line for each thing that is wrong (make check)
python tools/documents.py --write    make the generated pages anew
"""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from core.errors import ConfigError
from ekamling import configuration as files
from ekamling.cli import COMMANDS
from ekamling.reference import api, commands, configuration

ROOT = Path(__file__).resolve().parent.parent
PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/configuration.md": configuration.page,
    "docs/reference/commands.md": commands.page,
    "docs/reference/api.md": api.page,
}
DEPENDENCIES = Path("docs/design/dependencies.md")
TWIN = ".id.md"  # the Indonesian twin of a page

_FENCE = re.compile(r"^( *)(```+|~~~+).*?^\1\2 *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *#* *$", re.MULTILINE)
_COMMAND = re.compile(r"\bekamling ((?:--[a-z]+ (?:text|json)? ?)*)([a-z]+)\b")
_MACHINE = re.compile(r"(?<![\w.-])/(?:work|root|home|Users)/\S*")
_REGISTRY = re.compile(r"\b(?:[\w-]+\.)*(?:pypi|pythonhosted|npmjs|docker|ghcr|quay)\.(?:org|com|io)\b")
_EXAMPLE_HEADING = re.compile(r"^(?:# )?(\[\[?[\w.]+\]?\])")
_EXAMPLE_KEY = re.compile(r"^(# )?(\w+) = (.+)$")


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--write"]):
        sys.stderr.write("usage: python tools/documents.py [--write]\n")
        return 2
    if arguments:
        write(ROOT)
        return 0
    listed = markdown_files(ROOT)
    problems = [*stale(ROOT), *examples(ROOT), *keys(), *dependencies(ROOT)]
    problems += [problem for path in listed for problem in page_problems(ROOT, path)]
    problems += [problem for path in listed if path.name.endswith(TWIN) for problem in twin(ROOT, path)]
    for problem in problems:
        sys.stderr.write(problem + "\n")
    if not problems:
        sys.stdout.write(f"Documents: {len(listed)} pages hold together, {len(PAGES)} of them generated.\n")
    return bool(problems)


def markdown_files(root: Path) -> list[Path]:
    """Every Markdown file of the project, from its top folder on."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)  # noqa: S603
    return [Path(name) for name in sorted(listed.stdout.splitlines()) if (root / name).exists()]


def write(root: Path) -> None:
    """Make the generated pages."""
    for name, page in PAGES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(page(), encoding="utf-8")


def stale(root: Path) -> Iterator[str]:
    """Generated pages that no longer say what the code says."""
    for name, page in PAGES.items():
        path = root / name
        if not path.exists() or path.read_text(encoding="utf-8") != page():
            yield f"{name}: is not what the code says now; run 'python tools/documents.py --write'"


# --- configuration


def keys() -> Iterator[str]:
    """Keys of the configuration without a description."""
    for name, kind in configuration.FILES:
        for key in configuration.undescribed(kind):
            yield f"{name}: the key {key} has no description; give its type a Meta(description=...)"


def examples(root: Path) -> Iterator[str]:
    """Example files that do not load, and keys and defaults that the two complete ones do not show."""
    for path in sorted([*root.glob("configs/*.toml"), *root.glob("docker/**/*.toml")]):
        try:
            files.read(path)
        except ConfigError as error:
            yield from (problem.replace(f"{root}/", "") for problem in error.problems)
    for name, kind in configuration.FILES:
        path = root / "configs" / name
        if path.exists():
            yield from (f"configs/{name}: {problem}" for problem in incomplete(path.read_text("utf-8"), kind))
        else:
            yield f"configs/{name}: is missing; it shows every key with its default"


def incomplete(text: str, kind: type[Struct]) -> Iterator[str]:
    """Keys that an example does not show, and defaults (`# key = value`) that it shows wrongly."""
    shown = _shown(text)
    for section in configuration.sections(kind):
        for key in section.keys:
            place = f"{section.heading} {key.name}".strip()
            if key.kind.startswith("tables"):
                continue
            if place not in shown:
                yield f"does not show the key {place}"
            elif key.default is None:
                continue  # it has none; an example in a comment is one
            elif shown[place] is not None and json.dumps(shown[place], ensure_ascii=False) != key.default:
                yield f"shows a wrong default of {place}; it is {key.default}"


def _shown(text: str) -> dict[str, Any]:
    """Keys of an example by `[table] key`; the value of one in a comment, which is its default, otherwise None."""
    found: dict[str, Any] = {}
    heading = ""
    for line in text.splitlines():
        if match := _EXAMPLE_HEADING.match(line):
            heading = match[1]
        elif match := _EXAMPLE_KEY.match(line):
            found.setdefault(
                f"{heading} {match[2]}".strip(), tomllib.loads(f"it = {match[3]}")["it"] if match[1] else None
            )
    return found


# --- dependencies


def dependencies(root: Path) -> Iterator[str]:
    """Direct dependencies that the page about them does not mention."""
    page = root / DEPENDENCIES
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    for name in sorted(_direct(root)):
        if f"| `{name}` |" not in text:
            yield f"{DEPENDENCIES}: has no row for {name}, on which the project depends"


def _direct(root: Path) -> set[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(item for group in project["optional-dependencies"].values() for item in group),
    ]
    names = {re.split(r"[\[<>=!~; ]", item, maxsplit=1)[0] for item in wanted} - {project["name"]}
    pages = json.loads((root / "alerts/web/package.json").read_text(encoding="utf-8"))
    return names | set(pages.get("dependencies", {})) | set(pages.get("devDependencies", {}))


# --- Markdown


def page_problems(root: Path, path: Path) -> Iterator[str]:
    """What is wrong within one page."""
    text = (root / path).read_text(encoding="utf-8")
    for found in _MACHINE.findall(text):
        yield f"{path}: names a path of one machine: {found}"
    for found in _REGISTRY.findall(text):
        yield f"{path}: names the host of a package registry: {found}"
    for block in _FENCE.finditer(text):
        for _, command in _COMMAND.findall(block[0]):
            if command not in COMMANDS:
                yield f"{path}: there is no command 'ekamling {command}'"
    for target in _LINK.findall(_CODE.sub("", _FENCE.sub("", text))):
        if problem := _broken(root, path, target):
            yield f"{path}: the link {target} {problem}"


def _broken(root: Path, path: Path, target: str) -> str:
    """What is wrong with a relative link; nothing where it leads somewhere."""
    if re.match(r"[a-z]+:", target):
        return ""
    name, _, anchor = target.partition("#")
    there = ((root / path).parent / name).resolve() if name else root / path
    if not there.is_relative_to(root):
        return "leads out of the project"
    if not there.exists():
        return "leads nowhere"
    if anchor and there.suffix == ".md" and anchor not in _anchors(there.read_text(encoding="utf-8")):
        return "names a heading that is not there"
    return ""


def _anchors(text: str) -> set[str]:
    """Names of a page's headings, as links use them."""
    found: set[str] = set()
    for _, title in headings(text):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower())
        name = base = words.replace(" ", "-")
        number = 0
        while name in found:
            number += 1
            name = f"{base}-{number}"
        found.add(name)
    return found


def headings(text: str) -> list[tuple[int, str]]:
    """(level, title) of each heading of a page."""
    return [(len(marks), title) for marks, title in _HEADING.findall(_FENCE.sub("", text))]


def twin(root: Path, path: Path) -> Iterator[str]:
    """Where a translation and its original have parted; `path` is the translation."""
    original = path.with_name(path.name.removesuffix(TWIN) + ".md")
    if not (root / original).exists():
        yield f"{path}: translates {original}, which is not there"
        return
    ours, theirs = ((root / each).read_text(encoding="utf-8") for each in (path, original))
    shapes = [[level for level, _ in headings(text)] for text in (ours, theirs)]
    if shapes[0] != shapes[1]:
        place = next((n for n, (a, b) in enumerate(zip(*shapes, strict=False)) if a != b), min(map(len, shapes)))
        yield f"{path}: its headings are not those of {original}, from heading {place + 1} on"
    if len(_FENCE.findall(ours)) != len(_FENCE.findall(theirs)):
        yield f"{path}: has not as many code blocks as {original}"
    for text, here, other in ((ours, path, original), (theirs, original, path)):
        if f"]({other.name})" not in text:
            yield f"{here}: has no link to {other.name}, which is the same page in the other language"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
