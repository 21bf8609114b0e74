"""Conversations that are handed over from the chatbot to a person, over HTTP."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from storage.bots.handoffs import CONVERSATIONS
from tests.support.web import Web

SAID = [("급식비 언제 내요?", "15일에 빠져나갑니다."), ("그럼 환불은요?", "")]


async def conversation(web: Web, owner: str, *, visitor: bool = False, unit: str = "school_a") -> str:
    """Keep a conversation as the chatbot does."""
    name = f"c-{owner}"
    now = web.clock.now()
    turns = [
        {"run": f"{name}-{place}", "question": question, "answer": answer, "at": now}
        for place, (question, answer) in enumerate(SAID)
    ]
    await web.services.mongo[CONVERSATIONS].insert_one(
        {
            "_id": name,
            "bot": "school",
            "owner": owner,
            "kind": "visitor" if visitor else "person",
            "unit": web.office.units[unit],
            "audience": ["guardian"],
            "locale": "ko",
            "turns": turns,
            "handoff": None,
        }
    )
    return f"/bots/school/conversations/{name}/handoff"


async def take_over(web: Web, unit: str = "school_a", **setting: Any) -> str:
    """Let a unit take over from the chatbot; gives its staff room."""
    admin = await web.as_("admin")
    handoff = {"room_of": web.office.units[unit], **setting}
    answer = await admin.put(f"/faq/desks/{web.office.units[unit]}", json={"handoff": handoff})
    assert answer.status_code == 200, answer.text
    room: str = answer.json()["room"]
    return room


async def cards_in(client: httpx.AsyncClient, room: str) -> list[dict[str, Any]]:
    events = (await client.get(f"/rooms/{room}/events")).json()["events"]
    return [event["body"] for event in events if "handoff" in event["body"]]


async def card_in(client: httpx.AsyncClient, room: str) -> dict[str, Any]:
    [card] = await cards_in(client, room)
    return card


async def heard(client: httpx.AsyncClient, path: str, until: str, after: int = 0) -> list[dict[str, Any]]:
    """Follow a hand-off until a part of this type, or to its end."""
    parts = []
    async with client.stream("GET", f"{path}/stream", params={"after": after}) as response:
        assert response.status_code == 200
        async for line in response.aiter_lines():
            if line.startswith("data: "):
                if line == "data: [DONE]":
                    break
                parts.append(json.loads(line.removeprefix("data: ")))
    assert any(part["type"] == until for part in parts)
    return parts


async def texts_in(client: httpx.AsyncClient, room: str) -> list[str]:
    """Read what was said in a room."""
    events = (await client.get(f"/rooms/{room}/events")).json()["events"]
    return [event["body"]["text"] for event in events if event["kind"] == "message"]


def around(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, wrapped: Callable[..., Any]) -> None:
    """Put `wrapped` around a method; it gets the method, as it was, and the method's arguments."""
    method = getattr(owner, name)

    async def instead(*args: Any, **kwargs: Any) -> Any:
        return await wrapped(method, *args, **kwargs)

    monkeypatch.setattr(owner, name, instead)
