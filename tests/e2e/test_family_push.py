"""A real browser subscribes, its page is closed, and an encrypted push reaches it all the same.

Chromium's own push service is Google's; `tests/support/chromium_push.py` stands for it on loopback. All
else is real: the subscription, the key, the encryption by the hub, the decryption by the browser, the
service worker.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Worker, async_playwright, expect
from playwright.async_api import Error as PlaywrightError

from tests.e2e.conftest import Office, Programs
from tests.e2e.test_family_page import publish
from tests.scenarios.chromium_driver import CHROMIUM, FLAGS
from tests.support.chromium_push import ChromiumPush, chromium_push
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

SHOWN = """async () => (await self.registration.getNotifications())
  .map(({ title, body, tag }) => ({ title, body, tag }))"""

# Browsers fire it when they give a subscription up; no page and no protocol makes them do that.
# What the page runs first goes before it in one go: a worker that was started anew in between has lost it.
GIVEN_UP = """async () => {
  SCRIPT
  const event = new Event('pushsubscriptionchange');
  let done = null;
  event.waitUntil = (promise) => { done = promise; };
  self.dispatchEvent(event);
  await done;
  return (await self.registration.pushManager.getSubscription()).toJSON().endpoint;
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def push(tmp_path: Path) -> AsyncIterator[ChromiumPush]:
    """Run the push service of the browser."""
    async with chromium_push(tmp_path) as service:
        yield service


@pytest_asyncio.fixture(loop_scope="session")
async def phone(push: ChromiumPush, office: Office, tmp_path: Path) -> AsyncIterator[BrowserContext]:
    """Run a browser with a profile of its own: private windows, as other tests have, get no push."""
    async with async_playwright() as playwright:
        flags = [flag for flag in FLAGS if flag != "--disable-background-networking"]
        context = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=CHROMIUM,
            args=[*flags, *push.flags],
            ignore_default_args=["--disable-background-networking"],
            locale="ko-KR",
            viewport={"width": 390, "height": 844},
        )
        await context.grant_permissions(["notifications"], origin=office.hub.url)
        await context.add_init_script(push.script)
        yield context
        await context.close()


async def worker_of(phone: BrowserContext) -> Worker:
    """Give the service worker as it runs now: browsers end it and start it again as they like."""
    workers: list[Worker] = await eventually(lambda: phone.service_workers, what="a service worker")
    return workers[-1]


async def shown(phone: BrowserContext, tag: str) -> list[dict[str, Any]] | None:
    """List what is shown of a notice; None where the worker ended while it was asked."""
    try:
        found: list[dict[str, Any]] = await (await worker_of(phone)).evaluate(SHOWN)
    except PlaywrightError:
        return None
    return [one for one in found if one["tag"] == tag]


async def test_a_push_is_decrypted_shown_acknowledged_and_taken_back(
    office: Office, programs: Programs, phone: BrowserContext, push: ChromiumPush
) -> None:
    teacher, guardian = await programs.as_("teacher"), await programs.as_("guardian")
    # Whatever the hour of this test, and whatever was chosen before.
    reached = {"quiet": None, "digest": None, "channels": ["push"]}
    assert (await guardian.patch("/me/contact", json=reached)).status_code == 200
    subscriptions = "/push/subscriptions"
    for left in (await guardian.get(subscriptions)).json()["subscriptions"]:
        await guardian.delete(f"{subscriptions}/{left['id']}")
    page = await phone.new_page()
    await page.goto(f"{office.hub.url}/family#/settings")
    await page.fill("input[autocomplete=username]", office.logins["guardian"]["login"])
    await page.fill("input[type=password]", office.logins["guardian"]["password"])
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="알림 켜기").click()
    await expect(page.locator(".push-state.is-on")).to_be_visible(timeout=60_000)

    await page.get_by_role("button", name="시험 알림 보내기").click()
    await expect(page.locator(".push-arrived")).to_contain_text("이 기기에 도착했습니다", timeout=60_000)

    browser = await phone.new_cdp_session(page)
    assert (await browser.send("Page.getInstallabilityErrors"))["installabilityErrors"] == []

    # A subscription that the server has lost is told anew by the worker, without the page.
    (known,) = (await guardian.get(subscriptions)).json()["subscriptions"]
    assert (await guardian.delete(f"{subscriptions}/{known['id']}")).status_code == 204
    told = await (await worker_of(phone)).evaluate(GIVEN_UP.replace("SCRIPT", push.script))
    assert told.startswith(push.http)
    assert len((await guardian.get(subscriptions)).json()["subscriptions"]) == 1

    elsewhere = await phone.new_page()  # a browser without any page would end
    await page.close()
    notice = await publish(teacher, kind="note", title="내일은 재량 휴업일입니다", text="쉽니다.")
    tag = notice["id"]

    async def is_shown() -> bool:
        return bool(await shown(phone, tag))

    async def is_there() -> bool:
        return any(one.get("Topic") == tag for one in push.taken)

    await eventually(is_there, 60, what="the push of the notice")
    try:
        await eventually(is_shown, 20)
    except AssertionError:
        push.again()
        await eventually(is_shown, 60, what="the notification, though its push was passed on twice")
    assert "재량 휴업일" in str(await shown(phone, tag))
    taken = next(one for one in reversed(push.taken) if one.get("Topic") == tag)
    assert taken["Content-Encoding"] == "aes128gcm"
    assert taken["Authorization"].startswith("vapid t=")

    async def delivered() -> bool:
        reach = (await teacher.get(f"/notices/{tag}/reach")).json()
        return bool(reach["counts"]["channels"]["push"]["delivered"] >= 1)

    await eventually(delivered, 60, what='"delivered" on the author\'s page')

    # Read on another device: what is shown here is taken back.
    assert (await guardian.post(f"/notices/{tag}/seen", json={"version": 1})).status_code == 200

    async def is_gone() -> bool:
        return await shown(phone, tag) == []

    await eventually(is_gone, 60, what="the notification taken back")
    await elsewhere.close()
