"""What the parts and the parameters of the HTTP API are, in words, where their types do not say it."""

from typing import Final

from hub.api.call import PREFIX

TAGS: Final[dict[str, str]] = {
    "sessions": "Signing in and out.",
    "people": "The person signed in, the directory, and other people.",
    "rooms": "Rooms, their logs, members and receipts.",
    "files": "Uploading, downloading and finding.",
    "notices": "Class notes, newsletters, consent forms and document requests.",
    "consent": "Answers to forms, and their evidence.",
    "push": "How somebody is reached who has no page open.",
    "bots": "The chatbot, and persons who take over from it.",
    "faq": "What the chatbot answers from, for those who keep it.",
    "operations": "The hub itself.",
}
"""The parts of the API, in the order in which they are told."""

_TAGS_OF_STEPS: Final = {
    "contact": "push",
    "submissions": "consent",
    "ledger": "consent",
    "hours": "rooms",
    "units": "notices",
    "handoffs": "bots",
    "settings": "operations",
    "search": "files",
    "me": "people",
    "directory": "people",
}
"""Where a step of a path, the first of these that it has, tells more than its first one."""

PARAMETERS: Final[dict[str, str]] = {
    "after": "The last id of the page before; what follows it is asked for.",
    "audience": "For whom entries are.",
    "bot": "`school` for families and visitors, `office` for the staff.",
    "box": "What is for my family, what I wrote or may follow up, or what stands on my homeroom list.",
    "conversation": "A conversation's id.",
    "document": "The id of a document whose passages are entries.",
    "entry": "A FAQ entry's id.",
    "file": "A file's id.",
    "format": "How the file is to be written.",
    "handoff": "A hand-off's id.",
    "kind": "Only those of this kind.",
    "missing": "Only those from whom this is missing.",
    "notice": "A notice's id.",
    "person": "A person's id.",
    "q": "Words to look for.",
    "room": "A room's id.",
    "run": "An answer's id, as its stream named it.",
    "seq": "The place of an event in its room's log.",
    "state": "Only what stands so.",
    "student": "Only what concerns this child of mine.",
    "submission": "The id of an answer to a form.",
    "subscription": "The id of a browser or an app that gets pushes.",
    "topic": "Only entries on this topic.",
    "unit": "A unit's id: the office, a district, a school, a department, a grade or a class.",
    "year": "Only notices of this school year, which begins in March.",
}

PARAMETERS_OF: Final[dict[tuple[str, str], str]] = {
    ("events", "since"): "The last `seq` that is known: what comes after it is asked for.",
    (
        "events",
        "before",
    ): "A `seq`, instead of `since`: the newest events before it are asked for.",
    ("faq_history", "before"): "A version: those before it are asked for.",
    ("follow_handoff", "after"): "The last `seq` of the conversation that is known.",
}
"""Those that mean something of their own in one call."""


def tag_of(path: str) -> str:
    """Name the part of the API that a path belongs to."""
    steps = path.split("/")
    for step, tag in _TAGS_OF_STEPS.items():
        if step in steps:
            return tag
    return steps[3] if path.startswith(PREFIX) else "operations"


def meaning_of(call: str, name: str) -> str | None:
    """Say what a parameter of a call is."""
    return PARAMETERS_OF.get((call, name)) or PARAMETERS.get(name)
