"""Parcels for tests of the senders."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from hub.push.sending import Parcel
from rooms.delivery.channels import Kind, Urgency
from tests.support.clock import SteppedClock


def parcel(clock: SteppedClock, to: str, **more: Any) -> Parcel:
    """Make one."""
    made = Parcel(
        "n1:v1:p1:push",
        to,
        "n1",
        Kind.SHOW,
        Urgency.NORMAL,
        clock.now() + timedelta(hours=2),
        "현장체험학습 안내",
        "11월 30일까지 확인해 주세요.",
        "/web/family/#n1",
        "token",
        '{"v":1,"title":"현장체험학습 안내"}'.encode(),
    )
    return replace(made, **more)
