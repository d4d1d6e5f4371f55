"""The check of the documents finds what it is there to find."""

import subprocess
from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Meta, Struct

from tools import documents


class Lamp(Struct, frozen=True):
    """One lamp."""

    name: Annotated[str, Meta(description="what people say")]
    watts: Annotated[int, Meta(description="power")] = 5


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one page, which is in order."""
    page(tmp_path, "docs/one.md", "# One\n\n## A `good` heading: first\n\n[here](#a-good-heading-first)\n")
    return tmp_path


def page(root: Path, name: str, text: str) -> Path:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")
    return Path(name)


def problems(root: Path, text: str) -> list[str]:
    return list(documents.page_problems(root, page(root, "docs/two.md", text)))


def test_the_project_s_own_pages_are_found(root: Path) -> None:
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    assert documents.markdown_files(root) == [Path("docs/one.md")]


def test_a_page_in_order_has_no_problems(root: Path) -> None:
    good = (
        "[one](one.md#a-good-heading-first) [far](https://example.org/x) `[no](link.md)`\n\n```\n[nor](this.md)\n```\n"
    )
    assert problems(root, good) == []
    assert list(documents.page_problems(root, Path("docs/one.md"))) == []


@pytest.mark.parametrize(
    ("link", "trouble"),
    [
        ("three.md", "leads nowhere"),
        ("images/console.png", "leads nowhere"),
        ("one.md#second", "names a heading that is not there"),
        ("../../elsewhere.md", "leads out of the project"),
    ],
)
def test_a_broken_link_is_named(root: Path, link: str, trouble: str) -> None:
    assert problems(root, f"# Two\n\n[text]({link})\n") == [f"docs/two.md: the link {link} {trouble}"]


def test_a_path_of_one_machine_is_found(root: Path) -> None:
    (problem,) = problems(root, "see /" + "home/budi/kamling and /etc/ekamling, a/work/b, ./root/x\n")
    assert problem.endswith("names a path of one machine: /" + "home/budi/kamling")


@pytest.mark.parametrize("host", ["registry.npmjs" + ".org", "pypi" + ".org", "ghcr" + ".io"])
def test_the_host_of_a_registry_is_found(root: Path, host: str) -> None:
    (problem,) = problems(root, f"get it from https://{host}/x\n")
    assert host in problem


def test_a_command_that_does_not_exist_is_found(root: Path) -> None:
    shown = "```sh\n.venv/bin/ekamling --log json demo --json\nekamling --verbose fly --high\n```\n"
    assert problems(root, shown) == ["docs/two.md: there is no command 'ekamling fly'"]


def test_a_generated_page_that_is_old_is_found_and_made_anew(root: Path) -> None:
    assert len(list(documents.stale(root))) == len(documents.PAGES)
    documents.write(root)
    assert list(documents.stale(root)) == []
    page(root, "docs/reference/commands.md", "# Commands\n")
    (problem,) = documents.stale(root)
    assert problem.startswith("docs/reference/commands.md: ")
    assert "--write" in problem


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ('name = "pos"\n# watts = 5   # power\n', []),
        ('name = "pos"\nwatts = 7\n', []),
        ('name = "pos"\n', ["does not show the key watts"]),
        ('name = "pos"\n# watts = 7\n', ["shows a wrong default of watts; it is 5"]),
    ],
)
def test_an_example_shows_every_key_and_true_defaults(text: str, trouble: list[str]) -> None:
    assert list(documents.incomplete(text, Lamp)) == trouble


def test_an_example_that_does_not_load_is_named(root: Path) -> None:
    page(root, "configs/edge.toml", 'id = "bancar"\ncentre = 5\n')
    said = list(documents.examples(root))
    assert any(line.startswith("configs/edge.toml: centre: ") for line in said)
    assert "configs/centre.toml: is missing; it shows every key with its default" in said


def test_a_dependency_that_nobody_explained_is_named(root: Path) -> None:
    page(root, "alerts/web/package.json", '{"devDependencies": {"svelte": "5", "vite": "8"}}')
    edge = """edge = ["lamp[oil]>=1.0", "wick ; os_name == 'nt'"]"""
    extras = f'[project.optional-dependencies]\n{edge}\nall = ["kamling[edge]"]\n'
    page(root, "pyproject.toml", f'[project]\nname = "kamling"\ndependencies = ["msgspec>=0.20"]\n{extras}')
    page(root, "docs/design/dependencies.md", "| `lamp` | light |\n| `svelte` | pages |\n")
    missing = [problem.split(" for ")[1].split(",")[0] for problem in documents.dependencies(root)]
    assert missing == ["msgspec", "vite", "wick"]


def translated(root: Path, text: str) -> list[str]:
    page(root, "guide.md", "[id](guide.id.md)\n# Start\n## First\n```sh\n# not a heading\n```\n### Detail\n")
    return list(documents.twin(root, page(root, "guide.id.md", text)))


def test_a_faithful_translation_has_no_problems(root: Path) -> None:
    assert translated(root, "[en](guide.md)\n# Mulai\n## Pertama\n```sh\n```\n### Rinci\n") == []


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("[en](guide.md)\n# Mulai\n## Pertama\n```sh\n```\n", "from heading 3 on"),
        ("[en](guide.md)\n# Mulai\n# Pertama\n```sh\n```\n### Rinci\n", "from heading 2 on"),
        ("[en](guide.md)\n# Mulai\n## Pertama\n### Rinci\n", "code blocks"),
        ("# Mulai\n## Pertama\n```sh\n```\n### Rinci\n", "no link to guide.md"),
    ],
)
def test_a_translation_that_parted_from_its_original_is_named(root: Path, text: str, trouble: str) -> None:
    (problem,) = translated(root, text)
    assert trouble in problem


def test_a_translation_of_nothing_is_named(root: Path) -> None:
    (problem,) = documents.twin(root, page(root, "lonely.id.md", "# Sendiri\n"))
    assert "not there" in problem
