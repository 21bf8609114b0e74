"""The accessibility of a page, as axe finds it: WCAG 2.2 A and AA, and what axe calls best practice."""

from typing import Any

from playwright.async_api import Page

from tests.support.npm import installed


async def violations(page: Page, within: str = "html") -> list[str]:
    """Name what axe finds wrong below a selector, its shadow roots included."""
    if not await page.evaluate("'axe' in window"):
        source = installed() / "node_modules" / "axe-core" / "axe.min.js"
        await page.evaluate(source.read_text(encoding="utf-8"))  # past any policy of the page
    found: dict[str, Any] = await page.evaluate("(within) => axe.run({ include: [[within]] })", within)
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
