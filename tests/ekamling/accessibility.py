"""What axe-core finds wrong with a page, for people who do not see it, or see it badly."""

from importlib.resources import files
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(str(files("alerts"))) / "web" / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    """A line for each element that breaks a rule; as the page is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['html']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
