"""The notices' part of the wire."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from rooms.notices.ports import Change
from rooms.notices.progress import Counts
from rooms.notices.views import UnitView


class NoticeNews(Struct, kw_only=True):
    """What happened to a notice; everything else about it is asked for over HTTP.

    `changed` is published, corrected or withdrawn; for those who work on it also submitted (I may approve
    it), decided (mine, or what I may approve, was approved or given back), or reach, and then `reach` has
    the counts. `title` is in the language the notice was written in.
    """

    id: str
    kind: str
    title: str
    state: str
    version: int
    unit: UnitView
    published_at: str | None
    changed_at: str
    deadline: str | None
    urgent: bool
    changed: Annotated[str, Meta(extra_json_schema={"enum": [one.value for one in Change]})]
    reach: Counts | UnsetType = UNSET


class NoticePush(Struct):
    """A class note, newsletter, consent form or document request for me, or a change of one."""

    notice: NoticeNews
