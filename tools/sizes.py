"""Hold the sizes: a file is one idea (600 lines at most), a function does one thing (60 lines at most)."""

import ast
import subprocess
import sys
from pathlib import Path

MAX_FILE = 600
MAX_FUNCTION = 60
SUFFIXES = {".py", ".ts", ".svelte", ".css"}


def main() -> int:
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - fixed, no shell
    files = [Path(name) for name in listed.stdout.splitlines() if Path(name).suffix in SUFFIXES and Path(name).exists()]
    problems = [problem for path in files for problem in _problems(path)]
    for problem in problems:
        sys.stderr.write(problem + "\n")
    if not problems:
        sys.stdout.write(f"Sizes: {len(files)} files within {MAX_FILE} lines, functions within {MAX_FUNCTION}.\n")
    return bool(problems)


def _problems(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    count = text.count("\n")
    found = [f"{path}: {count} lines, more than {MAX_FILE}: split it"] if count > MAX_FILE else []
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION:
                    found.append(
                        f"{path}:{node.lineno}: {node.name} has {length} lines, more than {MAX_FUNCTION}: split it"
                    )
    return found


if __name__ == "__main__":
    sys.exit(main())
