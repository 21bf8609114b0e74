"""The limits on what one client may do; part of `config/settings.py`."""

from dataclasses import dataclass
from typing import Final

from config.declared import setting
from config.kinds import whole

MIB: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one client may do; of the rates, 0 switches a limit off."""

    frame_bytes: int = setting(
        whole(1024, 16 * MIB), 65_536, "Largest WebSocket frame a client may send.", group="Limits"
    )
    text_chars: int = setting(whole(1, 1_000_000), 8_000, "Longest text of a message, in characters.")
    file_bytes: int = setting(whole(1, 16 * 1024 * MIB), 100 * MIB, "Largest file, in bytes.")
    commands_in_flight: int = setting(
        whole(1, 1_000), 20, "Commands of one connection that are worked on at once."
    )
    sends_per_10s: int = setting(
        whole(0, 100_000, "no limit"), 30, "Messages and changes of one person in ten seconds."
    )
    sends_per_minute: int = setting(
        whole(0, 1_000_000, "no limit"), 120, "Messages and changes of one person in a minute."
    )
    connections_per_person: int = setting(
        whole(0, 10_000, "no limit"), 10, "Sockets one person may have open at a time."
    )
    group_members: int = setting(whole(2, 100_000), 2_000, "People in one group.")
    unsent_bytes: int = setting(
        whole(4096, 1024 * MIB), MIB, "Bytes that may wait for one slow connection before it is closed."
    )
    signins_per_minute: int = setting(
        whole(0, 100_000, "no limit"), 10, "Failed sign-ins in a minute of one login from one address."
    )
    signins_per_login: int = setting(
        whole(0, 100_000, "no limit"), 50, "Failed sign-ins in a minute of one login from all addresses."
    )
    signins_per_address: int = setting(
        whole(0, 1_000_000, "no limit"),
        100,
        "Failed sign-ins in a minute from one address (of IPv6: one /64).",
    )
    changes_per_minute: int = setting(
        whole(0, 100_000, "no limit"),
        30,
        "Rooms one person may open, and changes of title and members they may make, in a minute.",
    )
    files_per_hour: int = setting(
        whole(0, 100_000, "no limit"), 200, "Files one person may upload in an hour."
    )
    mentions: int = setting(whole(0, 2_000), 50, "People one message may mention.")
    files: int = setting(whole(0, 1_000), 10, "Files one message may carry.")
    watched: int = setting(whole(1, 2_000), 200, "People whose presence one connection may watch.")
    page: int = setting(whole(1, 1_000), 200, "Events, people or rooms in one answer.")
    reactions: int = setting(whole(1, 1_000), 20, "Different emoji on one message.")
    subscriptions: int = setting(whole(1, 1_000), 20, "Browsers and apps of one person that get pushes.")
    push_tests_per_minute: int = setting(
        whole(0, 1_000, "no limit"), 5, "Pushes one person may send themselves as a test in a minute."
    )
    mail_codes_per_hour: int = setting(
        whole(0, 1_000, "no limit"),
        5,
        "Codes for new e-mail addresses and phone numbers that one person may get in an hour.",
    )
    faq_answer_chars: int = setting(
        whole(100, 1_000_000), 20_000, "Longest answer of a FAQ entry, in characters."
    )
    faq_aliases: int = setting(whole(1, 10_000), 200, "Other ways to ask that one FAQ entry may name.")
    faq_rows: int = setting(whole(1, 1_000_000), 100_000, "Entries in one file that is brought into the FAQ.")
    faq_file_bytes: int = setting(
        whole(1024, 1024 * MIB), 64 * MIB, "Largest file that is brought into the FAQ."
    )
    faq_pages: int = setting(whole(1, 100_000), 2_000, "Pages of one document that is brought into the FAQ.")
    question_chars: int = setting(whole(1, 2_000), 1_000, "Longest question to the chatbot, in characters.")
    asks_per_minute: int = setting(
        whole(0, 100_000, "no limit"), 20, "Questions to the chatbot of one person in a minute."
    )
    asks_per_address: int = setting(
        whole(0, 1_000_000, "no limit"),
        120,
        "Questions in a minute from one address (of IPv6: one /64) of people who are not signed in.",
    )
    asks_at_once: int = setting(whole(1, 100), 2, "Answers for one person that are under way at once.")
    asks_waiting: int = setting(
        whole(1, 100_000), 1_000, "Answers of one machine that are under way or wait at once."
    )
    bot_requests: int = setting(
        whole(10, 1_000_000),
        4_000,
        "Answers and other requests to the chatbot that one process has under way at once.",
    )
    bot_messages: int = setting(
        whole(1, 100_000),
        1_000,
        "Messages to the chatbot that one process answers, or keeps until the chatbot is there, at once.",
    )
    bot_messages_each: int = setting(
        whole(0, 100, "none"), 5, "Messages of one person that are kept until the chatbot is there."
    )
    answer_backlog: int = setting(
        whole(2, 100_000), 256, "Pieces of one answer that wait for a slow client; then it is asked anew."
    )
    opening_questions: int = setting(
        whole(0, 10, "none"), 4, "Questions that a chat with the chatbot opens with, to be tapped."
    )
    opening_turns: int = setting(
        whole(1, 1_000_000),
        20_000,
        "Conversations with the chatbot, and answers in them, that are counted for these.",
    )
    handoffs_per_hour: int = setting(
        whole(0, 10_000, "no limit"), 10, "Conversations one person may have handed over in an hour."
    )
    handoffs_per_address: int = setting(
        whole(0, 100_000, "no limit"),
        100,
        "Hand-overs in an hour from one address (of IPv6: one /64) of people who are not signed in.",
    )
    handoff_streams: int = setting(
        whole(1, 1_000), 10, "Streams of hand-offs that one process has open for one person."
    )
    notices_per_hour: int = setting(
        whole(0, 100_000, "no limit"), 100, "Announcements one person may begin in an hour."
    )
    notice_chars: int = setting(whole(1, 200_000), 20_000, "Longest text of an announcement, in characters.")
    notice_files: int = setting(whole(0, 100), 10, "Files one announcement may carry.")
    notice_units: int = setting(
        whole(1, 100_000), 3_000, "Schools, grades and classes one announcement names."
    )
    notice_versions: int = setting(
        whole(1, 500), 50, "Versions of one announcement: its corrections and one."
    )
    merge_rows: int = setting(whole(1, 1_000_000), 20_000, "Children in the table of one mail merge.")
    merge_columns: int = setting(whole(1, 200), 20, "Columns in the table of one mail merge.")
    merge_bytes: int = setting(
        whole(1024, 256 * MIB), 8 * MIB, "Size of the table of one mail merge, in bytes."
    )
    reminders: int = setting(whole(0, 100), 10, "Reminders by hand of one announcement.")
    reminded: int = setting(whole(0, 100), 5, "Reminders one person may get of one announcement.")
    submissions_per_minute: int = setting(
        whole(0, 100_000, "no limit"), 30, "Answers to forms one person may send in a minute."
    )
    form_fields: int = setting(whole(1, 1_000), 50, "Fields of one form.")
    form_options: int = setting(whole(2, 1_000), 50, "Options of one field, and languages of a form.")
    form_text_chars: int = setting(
        whole(1, 100_000), 5_000, "Longest answer that a field may allow, in characters."
    )
    form_files: int = setting(whole(0, 100), 10, "Files of one answer to a form.")
    signature_points: int = setting(whole(10, 100_000), 2_000, "Points of a drawn signature.")
