from bots.retrieval.signals import NAMES, Signals


def test_nothing_found_is_nothing_seen() -> None:
    assert not Signals().vector().any()


def test_the_vector_goes_by_the_names() -> None:
    vector = Signals(known=0.5, length=2.0).vector()
    assert dict(zip(NAMES, vector, strict=True)) == dict.fromkeys(NAMES, 0.0) | {"known": 0.5, "length": 2.0}
