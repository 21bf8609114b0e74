"""What people asked, counted from the conversations, which `storage/bots/conversations.py` keeps."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from msgspec.structs import replace
from pymongo import UpdateOne

from rooms.faq.asked import Answered, Day, Figures, Heard, Hit, Side, Span, same
from rooms.faq.entries import Audience
from rooms.ids import UnitId
from storage.faq import schema as faq_schema
from storage.mongo import WHOLE, Document, Mongo

CONVERSATIONS: Final = "conversations"
ASKED: Final = ("sure", "unsure", "unknown")
"""Bands that count as asked; small talk does not."""
QUERY_MS: Final = 10_000
DISMISSED_DAYS: Final = 400
REASONS: Final = 5
NAMES: Final = 2_000
"""Questions that are looked up at once: however long they are, MongoDB takes a query of them."""


class MongoFaqAsked:
    """`rooms.faq.asked.AskedStore`, and which questions are dealt with."""

    def __init__(self, mongo: Mongo) -> None:
        self._conversations = mongo[CONVERSATIONS]
        self._dismissed = mongo[faq_schema.FAQ_DISMISSED]

    async def figures(self, span: Span, timezone: str, top: int) -> Figures:
        """Count turns."""
        turns = [*_turns(span), {"$match": {"turns.band": {"$in": list(ASKED)}}}]
        helpful = {"$sum": {"$cond": [{"$eq": ["$turns.feedback.helpful", True]}, 1, 0]}}
        unhelpful = {"$sum": {"$cond": [{"$eq": ["$turns.feedback.helpful", False]}, 1, 0]}}
        day = {"$dateToString": {"date": "$turns.at", "format": "%Y-%m-%d", "timezone": timezone}}
        pipeline: list[Document] = [
            *turns,
            {
                "$facet": {
                    "days": [{"$group": {"_id": {"day": day, "band": "$turns.band"}, "n": {"$sum": 1}}}],
                    "all": [{"$group": {"_id": None, "helpful": helpful, "unhelpful": unhelpful}}],
                    "people": [{"$group": {"_id": "$owner"}}, {"$count": "n"}],
                    "top": [
                        {"$match": {"turns.band": "sure", "turns.entries.0": {"$exists": True}}},
                        {
                            "$group": {
                                "_id": {"$first": "$turns.entries"},
                                "n": {"$sum": 1},
                                "helpful": helpful,
                                "unhelpful": unhelpful,
                            }
                        },
                        {"$sort": {"n": -1, "_id": 1}},
                        {"$limit": top},
                    ],
                }
            },
        ]
        [found] = await self._conversations.aggregate(pipeline, maxTimeMS=QUERY_MS).to_list(1)
        totals = found["all"][0] if found["all"] else {"helpful": 0, "unhelpful": 0}
        return Figures(
            days=_days(found["days"]),
            helpful=totals["helpful"],
            unhelpful=totals["unhelpful"],
            handed_over=await self._handed_over(span),
            people=found["people"][0]["n"] if found["people"] else 0,
            top=tuple(
                Hit(entry=one["_id"], asked=one["n"], helpful=one["helpful"], unhelpful=one["unhelpful"])
                for one in found["top"]
            ),
        )

    async def unanswered(self, span: Span, limit: int) -> list[Heard]:
        """List questions without a sure answer, equal ones together, the most asked first."""
        return await self._heard(span, {"turns.band": {"$in": ["unsure", "unknown"]}}, limit)

    async def unhelpful(self, span: Span, limit: int) -> list[Heard]:
        """List questions whose answer did not help, equal ones together, the most asked first."""
        return await self._heard(span, {"turns.feedback.helpful": False}, limit)

    async def led_to(self, entry: str, limit: int) -> list[tuple[Heard, str]]:
        """List questions that led to an entry and were not called unhelpful, with the band."""
        pipeline: list[Document] = [
            {"$match": {"turns.entries": entry}},
            {"$unwind": "$turns"},
            {
                "$match": {
                    "turns.entries.0": entry,
                    "turns.band": {"$in": ["sure", "unsure"]},
                    "turns.feedback.helpful": {"$ne": False},
                }
            },
            {"$sort": {"turns.at": -1}},
            {"$limit": 10 * limit},
            {"$project": _ROW | {"turns.band": 1}},
        ]
        found = await self._conversations.aggregate(pipeline, maxTimeMS=QUERY_MS).to_list(None)
        rows = [_row(one) for one in found]
        bands = {
            _key(row): one["turns"]["band"] for row, one in zip(reversed(rows), reversed(found), strict=True)
        }
        return [(heard, bands[_key(heard)]) for heard in _together(rows)[:limit]]

    async def answered(self, since: datetime, most: int) -> list[Answered]:
        """List what was answered surely since then and was not called unhelpful, for each person once.

        Looks at the latest conversations, at most so many, and at so many of their turns.
        """
        wanted = {
            "turns.at": {"$gte": since},
            "turns.band": "sure",
            "turns.entries.0": {"$exists": True},
            "turns.feedback.helpful": {"$ne": False},
        }
        first = {"entry": {"$first": "$turns.entries"}, "question": "$turns.question", "owner": "$owner"}
        pipeline: list[Document] = [
            {"$match": {"updated_at": {"$gte": since}}},
            {"$sort": {"updated_at": -1}},
            {"$limit": most},
            {
                "$project": {
                    "owner": 1,
                    **{f"turns.{name}": 1 for name in ("at", "band", "entries", "feedback", "question")},
                }
            },
            {"$unwind": "$turns"},
            {"$match": wanted},
            {"$limit": most},
            {"$group": {"_id": first}},
        ]
        found = await self._conversations.aggregate(pipeline, maxTimeMS=QUERY_MS, batchSize=WHOLE).to_list(
            None
        )
        return [Answered(**one["_id"]) for one in found]

    async def dismiss(
        self, questions: Sequence[str], sides: Collection[Side], kept: Iterable[UnitId], at: datetime
    ) -> None:
        """Remember that questions of these sides are dealt with, for all who keep these units."""
        until = at + timedelta(days=DISMISSED_DAYS)
        writes = [
            UpdateOne(
                {"_id": f"{unit} {_name(key, side)}"},
                {"$set": {"at": at, "expires_at": until, "unit": unit, "key": _name(key, side)}},
                upsert=True,
            )
            for key in {same(question) for question in questions} - {""}
            for side in sides
            for unit in kept
        ]
        if writes:
            await self._dismissed.bulk_write(writes, ordered=False)

    async def _heard(self, span: Span, wanted: Document, limit: int) -> list[Heard]:
        pipeline: list[Document] = [
            *_turns(span),
            {"$match": wanted},
            {"$project": _ROW | {"turns.entries": 1, "turns.feedback": 1}},
            {"$sort": {"turns.at": -1}},
            {"$limit": 20 * limit},
        ]
        found = await self._conversations.aggregate(pipeline, maxTimeMS=QUERY_MS).to_list(None)
        heard = _together([_row(one) for one in found])
        gone = await self._gone([_key(one) for one in heard], span.kept)
        # What was asked after it had been dealt with shows again: the answer that was given did not help.
        return [one for one in heard if _key(one) not in gone or one.last_at > gone[_key(one)]][:limit]

    async def _gone(self, keys: Sequence[str], kept: Iterable[UnitId]) -> dict[str, datetime]:
        names = [f"{unit} {key}" for key in keys for unit in kept]
        gone: dict[str, datetime] = {}
        for start in range(0, len(names), NAMES):
            some = names[start : start + NAMES]
            found = await self._dismissed.find({"_id": {"$in": some}}, batch_size=WHOLE).to_list(None)
            gone |= {one["key"]: one["at"] for one in found}
        return gone

    async def _handed_over(self, span: Span) -> int:
        query = _conversations(span) | {"handoff.at": {"$gte": span.since}}
        return int(await self._conversations.count_documents(query, maxTimeMS=QUERY_MS))


def _conversations(span: Span) -> Document:
    query: Document = {"updated_at": {"$gte": span.since}}
    if span.units is not None:
        query["unit"] = {"$in": sorted(span.units)}
    return query


def _turns(span: Span) -> list[Document]:
    return [
        {"$match": _conversations(span)},
        {"$project": {"owner": 1, "audience": 1, "turns": 1}},
        {"$unwind": "$turns"},
        {"$match": {"turns.at": {"$gte": span.since}}},
    ]


def _days(rows: Sequence[Document]) -> tuple[Day, ...]:
    bands: dict[str, dict[str, int]] = {}
    for row in rows:
        bands.setdefault(row["_id"]["day"], {})[row["_id"]["band"]] = row["n"]
    return tuple(Day(day=date.fromisoformat(day), bands=counts) for day, counts in sorted(bands.items()))


_ROW: Final[Document] = {"audience": 1, **{f"turns.{name}": 1 for name in ("question", "asked", "at")}}


def _row(found: Document) -> Heard:
    """Read a turn with what its conversation says of who asks."""
    turn = found["turns"]
    reason = ((turn.get("feedback") or {}).get("reason") or "").strip()
    return Heard(
        question=turn["question"],
        understood=turn.get("asked", ""),
        audience=frozenset(map(Audience, found.get("audience", ()))),
        asked=1,
        last_at=turn["at"],
        reasons=(reason,) if reason else (),
        near=next(iter(turn.get("entries") or ()), None),
    )


def _name(text: str, side: Side) -> str:
    """Name what was asked by its letters and who asked."""
    return f"staff {text}" if side is Side.STAFF else text


def _key(heard: Heard) -> str:
    return _name(same(heard.whole), heard.side)


def _together(rows: Iterable[Heard]) -> list[Heard]:
    """Put equal questions of one side together, as the last was spelt; the most asked come first."""
    made: dict[str, Heard] = {}
    for row in rows:
        if not same(row.whole):
            continue
        key = _key(row)
        known = made.get(key)
        if known is None:
            made[key] = row
            continue
        reasons = known.reasons
        if len(reasons) < REASONS:
            reasons = (*reasons, *(one for one in row.reasons if one not in reasons))
        made[key] = replace(
            known,
            asked=known.asked + 1,
            audience=known.audience | row.audience,
            last_at=max(known.last_at, row.last_at),
            reasons=reasons,
            near=known.near or row.near,
        )
    return sorted(made.values(), key=lambda heard: (-heard.asked, -heard.last_at.timestamp()))
