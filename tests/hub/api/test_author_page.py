import re

from hub.api.pages import WEB
from tests.support.web import Web


async def test_the_author_page_and_everything_it_names(web: Web) -> None:
    client = await web.anybody()
    page = await client.get("/author")
    assert page.status_code == 200
    named = re.findall(r'(?:href|src)="(/[^"]+)"', page.text)
    assert "/web/author/app.js" in named
    for path in named:
        assert (await client.get(path)).status_code == 200, path


async def test_every_script_it_imports_is_served(web: Web) -> None:
    client = await web.anybody()
    for script in (WEB / "author").glob("*.js"):
        for imported in re.findall(r"from '(\.[^']+)'", script.read_text("utf-8")):
            path = (script.parent / imported).resolve().relative_to(WEB.resolve())
            assert (await client.get(f"/web/{path.as_posix()}")).status_code == 200, (script.name, imported)
