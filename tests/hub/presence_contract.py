"""What every form of presence keeps to. A test class inherits it and gives `presence` and `told`."""

from collections.abc import Callable

from hub.presence import AT_ONCE, AWAY, OFFLINE, ONLINE, Presence
from rooms.ids import PersonId

Told = Callable[[], list[tuple[str, str]]]
"""Lists the changes that were published so far, in order."""

KIM, LEE, PARK = PersonId("pkim"), PersonId("plee"), PersonId("ppark")


class PresenceContract:
    """`told` hears of KIM, LEE and PARK."""

    async def test_who_was_never_here_is_offline(self, presence: Presence, told: Told) -> None:
        assert await presence.states([KIM, LEE]) == {KIM: OFFLINE, LEE: OFFLINE}
        assert told() == []

    async def test_nobody_asked_for_is_nobody_told(self, presence: Presence) -> None:
        assert await presence.states([]) == {}
        await presence.tell({})

    async def test_asking_twice_in_one_breath_is_asking_once(self, presence: Presence) -> None:
        await presence.tell({KIM: AWAY})
        assert await presence.states([KIM, LEE, KIM]) == {KIM: AWAY, LEE: OFFLINE}

    async def test_states_are_known_and_told(self, presence: Presence, told: Told) -> None:
        await presence.tell({KIM: ONLINE, LEE: AWAY})
        assert await presence.states([LEE, KIM, PARK]) == {KIM: ONLINE, LEE: AWAY, PARK: OFFLINE}
        assert sorted(told()) == [(KIM, ONLINE), (LEE, AWAY)]

    async def test_every_change_is_told_once_and_in_order(self, presence: Presence, told: Told) -> None:
        for state in (ONLINE, ONLINE, AWAY, AWAY, ONLINE, OFFLINE, OFFLINE):
            await presence.tell({KIM: state})
        assert told() == [(KIM, ONLINE), (KIM, AWAY), (KIM, ONLINE), (KIM, OFFLINE)]
        assert await presence.states([KIM]) == {KIM: OFFLINE}

    async def test_leaving_without_having_come_tells_nothing(self, presence: Presence, told: Told) -> None:
        await presence.tell({KIM: OFFLINE})
        assert told() == []

    async def test_many_people_at_once(self, presence: Presence) -> None:
        people = [PersonId(f"p{number}") for number in range(2 * AT_ONCE + 1)]
        await presence.tell(dict.fromkeys(people, ONLINE))
        assert await presence.states(people) == dict.fromkeys(people, ONLINE)

    async def test_renewing_and_asking_change_nothing(self, presence: Presence, told: Told) -> None:
        await presence.tell({KIM: AWAY})
        for _ in range(3):
            await presence.renew()
            assert await presence.states([KIM]) == {KIM: AWAY}
        assert told() == [(KIM, AWAY)]

    async def test_it_is_complete(self, presence: Presence) -> None:
        assert presence.complete

    async def test_closing_tells_nothing(self, presence: Presence, told: Told) -> None:
        await presence.tell({KIM: ONLINE})
        await presence.close()
        assert told() == [(KIM, ONLINE)]
