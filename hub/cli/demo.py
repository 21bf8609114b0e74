"""`madang demo`: a sample office to look at, loaded once through the same import and the same rules.

Six people of it have passwords. They are made at random when the office is first loaded and kept
in the database, so that every call prints the same.
"""

import asyncio
import secrets
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from msgspec import Struct

from config.settings import Settings
from hub.app import rules
from hub.cli.common import Failed, settings
from hub.cli.demo_faq import load_sample_faq, take_over
from hub.cli.demo_notices import Announcer, read_notices
from hub.cli.demo_talk import Talker, TalkRoom, read_talk
from hub.cli.roster_words import RosterWords
from hub.cli.working import run
from hub.services import Services
from hub.signin.proofs import Passwords
from rooms.ids import NoticeId, PersonId, RoomId
from rooms.people import Role
from rooms.roster.importing import Roster, RosterLocked
from rooms.roster.sheets import sheet_of
from rooms.talk_hours import Hours
from storage import schema
from storage.org.roster import MongoRoster
from storage.org.talk_hours import MongoTalkHours

SOURCE: Final = "sample"
LOGINS: Final = ("admin", "teacher", "teacher2", "staff", "guardian", "student")
ROOMS: Final = ("direct", "group", "unit", "department", "class")
TAKE_OVER: Final = ("unit", "office-department")
"""Rooms that get conversations from the chatbot: of a school, and of the office for who comes from none."""
SCHOOL: Final = "H000000101"
SCHOOL_HOURS: Final = Hours(8 * 60 + 40, 16 * 60 + 40)
"""When the school of the sample's teachers talks with families."""
PATIENCE_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.25

_ORDER: Final = (Role.ADMINISTRATOR, Role.TEACHER, Role.STAFF, Role.GUARDIAN, Role.STUDENT)
_CONSONANTS: Final = "bdfgjkmnprstvz"
_VOWELS: Final = "aeiou"


class Login(Struct, frozen=True):
    """Somebody to sign in as."""

    login: str
    password: str
    id: PersonId
    name: str
    role: str
    unit: str


class Demo(Struct, frozen=True):
    """The sample office: its logins and rooms by what they are for."""

    logins: dict[str, Login]
    rooms: dict[str, RoomId]


class _Kept(Struct):
    """What the database keeps of it, in `meta`."""

    passwords: dict[str, str] = {}
    rooms: dict[str, RoomId] = {}
    notices: dict[str, NoticeId] = {}
    done: bool = False
    announced: bool = False
    faq: bool = False


def demo(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
) -> None:
    """Load a sample office (schools, people, conversations, a FAQ) once, and print its logins."""
    told = settings(config)
    sample = run(told, load_demo)
    if as_json:
        made = {"address": address(told), **msgspec.to_builtins(sample)}
        typer.echo(msgspec.json.encode(made).decode())
    else:
        typer.echo(f"{address(told)}\n{shown(sample)}")


def shown(sample: Demo) -> str:
    """Write the logins as people read them: login, password, who it is."""
    rows = [(login.login, login.password, f"{login.name} ({login.unit})") for login in sample.logins.values()]
    return "\n".join(f"  {login:<10} {password:<16} {who}" for login, password, who in rows)


def address(told: Settings) -> str:
    """Name the address at which a hub with these settings is opened in a browser."""
    if told.public_url is not None:
        return told.public_url
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(told.host, told.host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{told.port}" if ":" in host else f"http://{host}:{told.port}"


async def load_demo_into(told: Settings, mongodb_url: str) -> Demo:
    """Load the sample office into a database, if it is not there. Raises Failed."""
    async with rules(told, mongodb_url) as services:
        return await load_demo(services)


async def load_demo(services: Services) -> Demo:
    """Load the sample office if it is not there; an interrupted loading is finished. Raises Failed."""
    kept = await _kept(services)
    if not (kept.done and kept.announced and kept.faq):
        store = MongoRoster(services.mongo, services.clock)
        await _alone(services, store)
        kept = await _kept(services)
    return await _described(services, kept)


async def _alone(services: Services, store: MongoRoster) -> None:
    """Load it, when nobody else imports; whoever else loads the same is waited for."""
    loop = asyncio.get_running_loop()
    patience = loop.time() + PATIENCE_SECONDS
    while True:
        try:
            async with store.alone():
                kept = await _kept(services)
                if not kept.done:
                    await _load(services, store, kept)
                if not kept.announced:
                    await _announce(services, store, kept)
                if not kept.faq:
                    await load_sample_faq(services)
                    admin = (await _ids(store))["admin"]
                    for key in TAKE_OVER:
                        if key in kept.rooms:
                            await take_over(services, kept.rooms[key], admin)
                    kept.faq = True
                    await _keep(services, kept)
        except RosterLocked as error:
            if loop.time() > patience:
                words = RosterWords(services.settings.locale)
                raise Failed(words.line("locked")) from error
            await asyncio.sleep(POLL_SECONDS)
        else:
            return


async def _load(services: Services, store: MongoRoster, kept: _Kept) -> None:
    passwords = Passwords()
    try:
        roster = Roster(store, services.unit_rooms.sync, passwords.hash, lambda *_: None)
        prepared = await roster.prepare(sample_files(), SOURCE)
        if prepared.faults:
            words = RosterWords(services.settings.locale)
            raise Failed(words.line("sample_clash", fault=words.fault(prepared.faults[0])))
        await roster.bring_in(prepared)
        kept.passwords = {login: kept.passwords.get(login) or easy_password() for login in LOGINS}
        await _keep(services, kept)
        people = await _ids(store)
        for login, password in kept.passwords.items():
            await services.people.set_password(people[login], await passwords.hash(password))
    finally:
        passwords.close()
    units = {unit.code: unit.id for unit in await store.units()}
    async with Talker(services, people, units) as talker:
        for room in read_talk():
            await _fill(services, talker, room, kept)
    hours = MongoTalkHours(services.mongo)
    await hours.put(units[SCHOOL], SCHOOL_HOURS, people["admin"], services.clock.now())
    kept.done = True
    await _keep(services, kept)


async def _announce(services: Services, store: MongoRoster, kept: _Kept) -> None:
    samples = read_notices()
    found = await store.people(logins={"guardian", *(sample.by for sample in samples)})
    people = {person.login: person.id for person in found.values()}
    announcer = Announcer(services, people, {unit.code: unit.id for unit in await store.units()})
    for sample in samples:
        if sample.key not in kept.notices:
            kept.notices[sample.key] = await announcer.begin(sample)
            await _keep(services, kept)
        await announcer.publish(sample, kept.notices[sample.key])
        await announcer.answer(sample, kept.notices[sample.key])
    kept.announced = True
    await _keep(services, kept)


async def _fill(services: Services, talker: Talker, room: TalkRoom, kept: _Kept) -> None:
    if room.key not in kept.rooms:
        kept.rooms[room.key] = await talker.open(room)
        await _keep(services, kept)
    await talker.play(room, kept.rooms[room.key])


async def _described(services: Services, kept: _Kept) -> Demo:
    logins: dict[str, Login] = {}
    for login in LOGINS:
        found = await services.people.credentials(login)
        person = await services.people.person(found.person) if found is not None else None
        if person is None:
            raise Failed(f"the sample office was changed: nobody has the login {login} any more")
        held = min(person.roles, key=lambda role: _ORDER.index(role.role), default=None)
        unit = (await services.people.units([held.unit])).get(held.unit) if held is not None else None
        logins[login] = Login(
            login,
            kept.passwords[login],
            person.id,
            person.name,
            str(held.role) if held is not None else "",
            unit.name if unit is not None else "",
        )
    return Demo(logins, {key: kept.rooms[key] for key in ROOMS})


async def _ids(store: MongoRoster) -> dict[str, PersonId]:
    """Find everybody who says something, or is one of the six."""
    names = {*LOGINS}
    for room in read_talk():
        names.update(room.people, [room.owner] if room.owner else ())
        for say in room.says:
            names.update([say.by], say.mentions, (reaction.partition(" ")[0] for reaction in say.react))
    found = await store.people(logins=names)
    return {person.login: person.id for person in found.values()}


async def _kept(services: Services) -> _Kept:
    found: dict[str, Any] = await services.mongo[schema.META].find_one({"_id": "demo"}) or {}
    return msgspec.convert({key: value for key, value in found.items() if key != "_id"}, _Kept)


async def _keep(services: Services, kept: _Kept) -> None:
    fields: dict[str, Any] = msgspec.to_builtins(kept)
    await services.mongo[schema.META].replace_one({"_id": "demo"}, fields, upsert=True)


def sample_files() -> dict[str, bytes]:
    """Read the roster of the sample office, which is also the example of the files' format."""
    folder = resources.files("hub.cli") / "data" / "sample"
    return {file.name: file.read_bytes() for file in folder.iterdir() if sheet_of(file.name) is not None}


def easy_password() -> str:
    """Make a password that is easily typed: four syllables and two digits, 31 bits."""
    syllables = [secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(4)]
    return f"{''.join(syllables[:2])}-{''.join(syllables[2:])}-{secrets.randbelow(90) + 10}"
