"""What people asked, counted from the conversations, which `storage/bots/conversations.py` keeps."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from pymongo import UpdateOne

from rooms.faq.asked import Answered, Day, Figures, Heard, Hit, Span, same
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
            {"$project": {"turns.question": 1, "turns.at": 1, "turns.band": 1}},
        ]
        found = await self._conversations.aggregate(pipeline, maxTimeMS=QUERY_MS).to_list(None)
        rows = [(one["turns"]["question"], one["turns"]["at"], "", None) for one in found]
        bands = {same(one["turns"]["question"]): one["turns"]["band"] for one in reversed(found)}
        return [(heard, bands[same(heard.question)]) for heard in _together(rows)[:limit]]

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

    async def dismiss(self, questions: Sequence[str], kept: Iterable[UnitId], at: datetime) -> None:
        """Remember that questions are dealt with, for all who keep these units."""
        until = at + timedelta(days=DISMISSED_DAYS)
        writes = [
            UpdateOne(
                {"_id": f"{unit} {key}"},
                {"$set": {"at": at, "expires_at": until, "unit": unit, "key": key}},
                upsert=True,
            )
            for key in {same(question) for question in questions} - {""}
            for unit in kept
        ]
        if writes:
            await self._dismissed.bulk_write(writes, ordered=False)

    async def _heard(self, span: Span, wanted: Document, limit: int) -> list[Heard]:
        pipeline: list[Document] = [
            *_turns(span),
            {"$match": wanted},
            {"$project": {"turns.question": 1, "turns.at": 1, "turns.entries": 1, "turns.feedback": 1}},
            {"$sort": {"turns.at": -1}},
            {"$limit": 20 * limit},
        ]
        found = await self._conversations.aggregate(pipeline, maxTimeMS=QUERY_MS).to_list(None)
        rows = []
        for one in found:
            turn = one["turns"]
            reason = ((turn.get("feedback") or {}).get("reason") or "").strip()
            near = next(iter(turn.get("entries") or ()), None)
            rows.append((turn["question"], turn["at"], reason, near))
        heard = _together(rows)
        gone = await self._gone([same(one.question) for one in heard], span.kept)
        # What was asked after it had been dealt with shows again: the answer that was given did not help.
        return [
            one for one in heard if same(one.question) not in gone or one.last_at > gone[same(one.question)]
        ][:limit]

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
        {"$project": {"owner": 1, "turns": 1}},
        {"$unwind": "$turns"},
        {"$match": {"turns.at": {"$gte": span.since}}},
    ]


def _days(rows: Sequence[Document]) -> tuple[Day, ...]:
    bands: dict[str, dict[str, int]] = {}
    for row in rows:
        bands.setdefault(row["_id"]["day"], {})[row["_id"]["band"]] = row["n"]
    return tuple(Day(day=date.fromisoformat(day), bands=counts) for day, counts in sorted(bands.items()))


def _together(rows: Sequence[tuple[str, datetime, str, str | None]]) -> list[Heard]:
    """Put equal questions together under the spelling that came last; the most asked come first."""
    made: dict[str, Heard] = {}
    for question, at, reason, near in rows:
        key = same(question)
        if not key:
            continue
        known = made.get(key)
        if known is None:
            made[key] = Heard(
                question=question, asked=1, last_at=at, reasons=(reason,) if reason else (), near=near
            )
            continue
        reasons = known.reasons
        if reason and reason not in reasons and len(reasons) < REASONS:
            reasons = (*reasons, reason)
        made[key] = Heard(
            question=known.question,
            asked=known.asked + 1,
            last_at=max(known.last_at, at),
            reasons=reasons,
            near=known.near or near,
        )
    return sorted(made.values(), key=lambda heard: (-heard.asked, -heard.last_at.timestamp()))
