import gzip
import posixpath
import re
from pathlib import Path

import httpx
import pytest

from hub.api.pages import WEB, Pages
from tests.support.web import Web


async def get(web: Web, path: str, **headers: str) -> httpx.Response:
    return await (await web.anybody()).get(path, headers=headers)


async def test_the_start_page_and_everything_it_names(web: Web) -> None:
    page = await get(web, "/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    named = re.findall(r'(?:href|src)="(/[^"]+)"', page.text)
    assert len(named) > 3
    for path in named:
        assert (await get(web, path)).status_code == 200, path


async def test_pages_may_load_nothing_from_elsewhere(web: Web) -> None:
    for path in ("/", "/web/lib/client.js", "/web/staff/index.html"):
        headers = (await get(web, path)).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["base-uri"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/web/lib/client.js", "/web/lib/theme.css"])
async def test_a_new_version_is_there_at_once(web: Web, path: str) -> None:
    first = await get(web, path)
    assert first.headers["cache-control"] == "no-cache"
    again = await get(web, path, **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await get(web, path, **{"if-none-match": '"old"'})).status_code == 200


async def test_modules_are_javascript(web: Web) -> None:
    assert (await get(web, "/web/lib/client.js")).headers["content-type"] == "text/javascript; charset=utf-8"
    assert (await get(web, "/web/lib/theme.css")).headers["content-type"] == "text/css; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "/web",
        "/web/",
        "/web/lib",
        "/web/lib/",
        "/web/nothing.js",
        "/web/../app.py",
        "/web/../wording/ko.toml",
        "/web/%2e%2e/app.py",
        "/web/..%2fapp.py",
        "/web/lib/..%2f..%2fapp.py",
        "/web/..%5capp.py",
        "/web//etc/passwd",
        "/web/%2fetc%2fpasswd",
        "/web/%00.js",
        "/web/" + "x" * 5000 + ".js",
    ],
)
async def test_nothing_else_is_there(web: Web, path: str) -> None:
    # A raw path: the client would tidy it up.
    client = await web.anybody()
    request = client.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = await client.send(request)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_only_kinds_of_files_that_pages_are_made_of(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "secret.js").write_text("outside")
    for name in ("a.js", "a.py", "a.toml", ".env", "a.js.bak"):
        (tmp_path / "web" / name).write_text("inside")
    (tmp_path / "web" / "link.js").symlink_to(tmp_path / "secret.js")
    transport = httpx.ASGITransport(Pages(tmp_path / "web"), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
        found = {
            name: (await client.get(f"/{name}")).status_code
            for name in ("a.js", "a.py", "a.toml", ".env", "a.js.bak", "link.js")
        }
    assert found.pop("a.js") == 200
    assert set(found.values()) == {500}  # without the application around it, what is missing is raised


def test_the_pages_load_nothing_from_elsewhere_in_the_first_place() -> None:
    for file in WEB.rglob("*"):
        if file.suffix in {".html", ".css", ".js"}:
            loaded = re.findall(
                r"""(?:import|from|src=|href=|url\()\s*["']?(https?:[^"')\s]+)""", file.read_text("utf-8")
            )
            assert not loaded, file


async def test_the_widget_is_small_and_every_part_of_it_loads_on_other_sites(web: Web) -> None:
    wanted, loaded = ["/widget.js", "/web/widget/element.js"], dict[str, bytes]()
    while wanted:
        path = wanted.pop()
        answer = await get(web, path)
        assert answer.status_code == 200, path
        assert answer.headers["access-control-allow-origin"] == "*", path
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin", path
        loaded[path] = answer.content
        for named in re.findall(r"from '(\.[^']+)'", answer.text):
            further = posixpath.normpath(posixpath.join(posixpath.dirname(path), named))
            wanted += [further] if further not in loaded else []
    assert "/web/lib/markdown.js" in loaded
    assert sum(len(gzip.compress(content)) for content in loaded.values()) < 30_000
    for path in ("/web/lib/client.js", "/web/lib/markdown.test.js", "/web/desk/app.js"):
        assert "access-control-allow-origin" not in (await get(web, path)).headers
