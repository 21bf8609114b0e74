import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api.ranges import OutOfRange, range_applies, unchanged, wanted

SIZE = 1000


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("", None),
        ("bytes=0-0", (0, 1)),
        ("bytes=0-499", (0, 500)),
        ("bytes=500-", (500, 1000)),
        ("bytes=999-", (999, 1000)),
        ("bytes=0-99999", (0, 1000)),
        ("bytes=-1", (999, 1000)),
        ("bytes=-500", (500, 1000)),
        ("bytes=-99999", (0, 1000)),
        (" Bytes = 1 - 2 ", (1, 3)),
        # what a server may ignore: not understood, several, turned round, absurd
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=0-1,5-6", None),
        ("bytes=5-2", None),
        ("items=0-5", None),
        ("bytes=" + "9" * 30 + "-", None),
        ("bytes=\u0661-\u0662", None),
    ],
)
def test_which_bytes_are_wanted(header: str | None, part: tuple[int, int] | None) -> None:
    assert wanted(header, SIZE) == part


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=1000-", 1000), ("bytes=-0", 1000), ("bytes=0-", 0), ("bytes=-5", 0)]
)
def test_what_lies_outside_is_refused(header: str, size: int) -> None:
    with pytest.raises(OutOfRange):
        wanted(header, size)


@given(st.integers(0, 50), st.integers(0, 60), st.integers(0, 60) | st.none())
def test_a_range_is_a_slice(size: int, first: int, last: int | None) -> None:
    data = bytes(range(size))
    try:
        part = wanted(f"bytes={first}-{'' if last is None else last}", size)
    except OutOfRange:
        assert first >= size
        return
    if part is None:
        assert last is not None
        assert last < first
    else:
        assert data[part[0] : part[1]] == data[first : None if last is None else last + 1]
        assert part[0] < part[1]


@given(st.integers(1, 50), st.integers(1, 60))
def test_a_suffix_is_the_end(size: int, count: int) -> None:
    data = bytes(range(size))
    part = wanted(f"bytes=-{count}", size)
    assert part is not None
    assert data[slice(*part)] == data[-count:]


def test_validators() -> None:
    assert not unchanged(None, '"a"')
    assert unchanged('"a"', '"a"')
    assert unchanged('"b", W/"a"', '"a"')
    assert unchanged("*", '"a"')
    assert not unchanged('"b"', '"a"')
    assert range_applies(None, '"a"')
    assert range_applies('"a"', '"a"')
    assert not range_applies('W/"a"', '"a"')
    assert not range_applies("Mon, 23 Nov 2026 09:00:00 GMT", '"a"')
