"""The HTTP API as a table: every call with its types. Routes and OpenAPI document are made from it.

To add a call, add a row to the table of its part of the API, and its handler, under the same name, to
`handlers` of the class that is to handle it; the types stand beside the table. What a row tells is said in
`hub/api/call.py`.
"""

from typing import Final

from hub.api.bots.calls import BOT_CALLS
from hub.api.bots.handoff_calls import HANDOFF_CALLS
from hub.api.call import COMMON, COOKIE, PREFIX, STATUS, Call, Who
from hub.api.faq.calls import FAQ_CALLS
from hub.api.forms.calls import SUBMISSION_CALLS
from hub.api.messenger.calls import MESSENGER_CALLS
from hub.api.messenger.talk_hours import HOURS_CALLS
from hub.api.notices.calls import NOTICE_CALLS
from hub.api.operations import OPERATION_CALLS
from hub.api.people.calls import PEOPLE_CALLS
from hub.api.push.calls import PUSH_CALLS

__all__ = ["CALLS", "COMMON", "COOKIE", "PREFIX", "STATUS", "Call", "Who"]

CALLS: Final[tuple[Call, ...]] = (
    *PEOPLE_CALLS,
    *MESSENGER_CALLS,
    *NOTICE_CALLS,
    *SUBMISSION_CALLS,
    *BOT_CALLS,
    *PUSH_CALLS,
    *HOURS_CALLS,
    *FAQ_CALLS,
    *HANDOFF_CALLS,
    *OPERATION_CALLS,
)
"""Every call of the API."""
