from hub.bus import LocalBus, Said
from hub.followers import Followers

ROOM, PERSON = "r:r1", "p:p1"


async def test_who_follows_is_woken_by_what_comes_on_their_topics_alone() -> None:
    bus = LocalBus()
    followers = Followers(bus)

    def heard(topic: str, _said: Said) -> None:
        followers.stir(topic)

    await bus.start(heard)
    with followers.follow([ROOM, PERSON]) as one, followers.follow([ROOM]) as other:
        await followers.listen([ROOM, PERSON])
        bus.publish("r:r2", b"")
        bus.publish(PERSON, b"")
        assert (one.is_set(), other.is_set()) == (True, False)
        bus.publish(ROOM, b"")
        assert other.is_set()


async def test_a_subscription_ends_with_the_last_who_needs_it() -> None:
    bus = LocalBus()
    followers = Followers(bus)
    heard: list[str] = []
    await bus.start(lambda topic, _said: heard.append(topic))

    def arrives(topic: str) -> bool:
        heard.clear()
        bus.publish(topic, b"")
        return heard == [topic]

    with followers.follow([ROOM]):
        await followers.listen([ROOM])
        with followers.follow([ROOM]):
            pass
        assert followers.needs(ROOM)
        assert arrives(ROOM)
    assert not followers.needs(ROOM)
    assert not arrives(ROOM)
    followers.share(lambda topic: topic == ROOM)
    with followers.follow([ROOM, PERSON]):
        await followers.listen([ROOM, PERSON])
    assert arrives(ROOM), "a socket here is in the room"
    assert not arrives(PERSON)
