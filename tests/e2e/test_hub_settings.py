"""The page of a hub whose people speak English in another time zone, and whose messages are small."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, expect

from tests.e2e.conftest import DATABASE, Desks, Office
from tests.support.hub_process import HubProcess

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture(scope="module")
def other_office(
    office: Office, mongod_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    settings: dict[str, str | int] = {
        "MONGODB_URL": mongod_url,
        "MONGODB_DATABASE": DATABASE,
        "LOCALE": "en",
        "TIMEZONE": "UTC",
        "LIMIT_TEXT_CHARS": 20,
        "LIMIT_FILES": 2,
    }
    with HubProcess(tmp_path_factory.mktemp("e2e-other") / "data", **settings) as hub:
        yield Office(hub, office.mail, office.logins, office.rooms)


@pytest_asyncio.fixture(loop_scope="session")
async def other_desks(other_office: Office, browser: Browser) -> AsyncIterator[Desks]:
    async with AsyncExitStack() as stack:
        seated = Desks(other_office, browser, stack)
        yield seated
        assert seated.faults == []


async def test_the_page_speaks_the_language_of_the_hub_until_somebody_chooses(other_desks: Desks) -> None:
    desk = await other_desks.seat("admin")
    await desk.page.goto(desk.line.url)
    await expect(desk.page.locator("button[type=submit]")).to_have_text("Sign in")
    await desk.sign_in()
    await expect(desk.page.locator("html")).to_have_attribute("lang", "en")


async def test_times_are_those_of_the_hubs_zone(other_desks: Desks) -> None:
    desk = await other_desks.seat("teacher2", timezone_id="America/New_York")
    await desk.sign_in()
    await desk.open("direct")
    shown = desk.page.locator("li.message time").last
    at = datetime.fromisoformat(await shown.get_attribute("datetime") or "").astimezone(UTC)
    await expect(shown).to_have_text(f"{at.hour % 12 or 12}:{at:%M %p}")


async def test_the_limits_of_a_message_are_those_of_the_hub(other_desks: Desks) -> None:
    desk = await other_desks.seat("teacher")
    await desk.sign_in()
    await desk.open("direct")
    field, send = desk.page.locator("textarea.compose-field"), desk.page.locator(".compose-send")
    await field.fill("x" * 20)
    await expect(send).to_be_enabled()
    await field.fill("x" * 21)
    await expect(send).to_be_disabled()
    await expect(desk.page.locator(".compose-count")).to_contain_text("1 character too many")
    await field.fill("")
    files: list[FilePayload] = [
        {"name": f"{n}.txt", "mimeType": "text/plain", "buffer": b"x"} for n in range(3)
    ]
    await desk.page.set_input_files("input[type=file]", files)
    await expect(desk.page.locator(".attachments > li")).to_have_count(2)


async def test_people_change_their_password_in_the_settings(other_desks: Desks) -> None:
    desk, elsewhere = await other_desks.seat("admin"), await other_desks.seat("admin")
    for one in (desk, elsewhere):
        await one.sign_in()
    old, new = desk.login["password"], "a password of one's own"
    for before, after in ((old, new), (new, old)):  # and back: the office is shared
        await desk.page.get_by_role("button", name="Settings").click()
        await desk.page.get_by_role("menuitem", name="Change password").click()
        fields = desk.page.locator("m-dialog input[type=password]")
        await fields.nth(0).fill(before)
        await fields.nth(1).fill(after)
        await fields.nth(2).fill("something else")
        await desk.page.keyboard.press("Enter")
        await expect(desk.page.locator("m-dialog [role=alert]")).to_have_text("The two new passwords differ.")
        await fields.nth(2).fill(after)
        await desk.page.keyboard.press("Enter")
        await expect(desk.page.locator("m-dialog")).to_have_count(0)
        await expect(elsewhere.page.locator("input[autocomplete=username]")).to_be_visible()
        await expect(desk.page.locator(".room-row").first).to_be_visible()
