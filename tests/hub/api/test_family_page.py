import re

import pytest

from hub.api.pages import WEB, version
from tests.support.web import Web


async def test_the_family_page_and_everything_it_names(web: Web) -> None:
    client = await web.anybody()
    page = await client.get("/family")
    assert page.status_code == 200
    named = re.findall(r'(?:href|src)="(/[^"]+)"', page.text)
    assert "/web/family/manifest.webmanifest" in named
    manifest = (await client.get("/web/family/manifest.webmanifest")).json()
    assert manifest["start_url"] == manifest["scope"] == "/family"
    for path in [*named, *(icon["src"] for icon in manifest["icons"])]:
        assert (await client.get(path)).status_code == 200, path


async def test_the_worker_names_the_version_and_serves_the_family_page_only(web: Web) -> None:
    answer = await (await web.anybody()).get("/family/worker.js")
    assert answer.headers["service-worker-allowed"] == "/family"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text.startswith(f'const VERSION = "{version()}";\n')
    assert "service-worker-allowed" not in (await (await web.anybody()).get("/web/family/worker.js")).headers


def test_the_version_is_another_one_when_any_file_is(tmp_path_factory: pytest.TempPathFactory) -> None:
    versions = set()
    for content in ("one", "two", "two more"):
        folder = tmp_path_factory.mktemp("web")
        (folder / "page.js").write_text(content)
        versions.add(version(folder))
    (folder / "style.css").write_text("")
    version.cache_clear()
    versions.add(version(folder))
    (folder / "notes.txt").write_text("no part of any page")
    version.cache_clear()
    versions.add(version(folder))
    assert len(versions) == 4
    assert version(WEB) == version()
