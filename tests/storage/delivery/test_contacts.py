import pytest

from rooms.delivery.channels import Channel
from rooms.delivery.contact import EVERY_CHANNEL, Contact
from rooms.delivery.hours import Quiet
from rooms.ids import new_person_id
from storage import schema
from storage.delivery.contacts import MongoContacts, Wishes
from storage.mongo import Mongo

NIGHT = Quiet(1260, 420)


@pytest.fixture
def contacts(mongo: Mongo) -> MongoContacts:
    return MongoContacts(mongo, NIGHT)


async def test_who_chose_nothing_has_the_hours_of_the_hub_and_the_address_of_the_roster(
    contacts: MongoContacts, mongo: Mongo
) -> None:
    anna, ben = new_person_id(), new_person_id()
    await mongo[schema.PEOPLE].insert_one(
        {"_id": anna, "name": "안나", "attrs": {"email": "anna@school.example"}}
    )
    found = await contacts.of([anna, ben])
    assert found == {
        anna: Contact(anna, "anna@school.example", None, NIGHT),
        ben: Contact(ben, None, None, NIGHT),
    }
    assert found[ben].channels == EVERY_CHANNEL


async def test_what_somebody_wishes_holds_and_the_rest_stays(contacts: MongoContacts) -> None:
    anna = new_person_id()
    assert await contacts.change(anna, Wishes()) == Contact(anna, quiet=NIGHT)
    noon = Quiet(720, 780)
    await contacts.take(anna, Channel.EMAIL, "a@example.org")
    changed = await contacts.change(anna, Wishes(quiet=noon, digest=1080))
    assert (changed.email, changed.quiet, changed.quiet_default, changed.digest) == (
        "a@example.org",
        noon,
        False,
        1080,
    )
    await contacts.take(anna, Channel.SMS, "010")
    changed = await contacts.change(anna, Wishes(quiet=None, channels=frozenset({Channel.PUSH})))
    assert changed == Contact(anna, "a@example.org", "010", None, False, 1080, frozenset({Channel.PUSH}))
    changed = await contacts.change(anna, Wishes(digest=None, email=None, quiet_default=True, quiet=noon))
    assert changed == Contact(anna, None, "010", NIGHT, True, None, frozenset({Channel.PUSH}))
    assert await contacts.one(anna) == changed


async def test_an_address_of_the_roster_can_be_taken_away(contacts: MongoContacts, mongo: Mongo) -> None:
    anna = new_person_id()
    await mongo[schema.PEOPLE].insert_one(
        {"_id": anna, "name": "안나", "attrs": {"email": "anna@school.example"}}
    )
    assert (await contacts.change(anna, Wishes(email=None))).email is None
