from hub.push.origins import FAILURES, FIRST_SECONDS, LONGEST_SECONDS, MOST_ORIGINS, Origins

A, B = "https://a.example.org", "https://b.example.org"


def test_a_service_that_fails_again_and_again_is_left_alone_for_longer_and_longer() -> None:
    origins, now = Origins(), 0.0
    for _ in range(FAILURES - 1):
        origins.failed(A, now)
    assert origins.held(A, now) == 0
    origins.failed(A, now)
    assert origins.held(A, now) == FIRST_SECONDS
    origins.failed(A, now)  # of a request that was under way
    assert origins.held(A, now) == FIRST_SECONDS
    assert origins.held(B, now) == 0
    now += FIRST_SECONDS
    assert origins.held(A, now) == 0
    origins.failed(A, now)
    assert origins.held(A, now) > FIRST_SECONDS
    for _ in range(20):
        now += LONGEST_SECONDS
        origins.failed(A, now)
    assert origins.held(A, now) == LONGEST_SECONDS


def test_one_success_and_it_is_back() -> None:
    origins = Origins()
    for _ in range(FAILURES):
        origins.failed(A, 0.0)
    origins.took(A)
    assert origins.held(A, 0.0) == 0
    origins.failed(A, 0.0)
    assert origins.held(A, 0.0) == 0


def test_a_service_that_asks_is_left_alone_as_long_as_it_asked() -> None:
    origins = Origins()
    origins.hold(A, 10.0, 60.0)
    origins.hold(A, 10.0, 5.0)
    assert (origins.held(A, 10.0), origins.held(A, 69.0), origins.held(A, 70.0)) == (60.0, 1.0, 0.0)


def test_no_more_services_are_known_than_there_is_room_for() -> None:
    origins = Origins()
    for number in range(MOST_ORIGINS + 1):
        origins.hold(f"https://{number}", 0.0, 1.0)
        origins.failed(f"https://{number}", 0.0)
    assert len(origins._until) == len(origins._failures) == 1
