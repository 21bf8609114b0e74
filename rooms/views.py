"""What a person is shown of themselves, of others and of their rooms."""

from msgspec import UNSET, Struct, UnsetType

from rooms.events import Event


class RoleView(Struct):
    """A role in an org unit."""

    unit: str
    unit_name: str
    role: str


class Me(Struct):
    """The person signed in; `kind` is staff, guardian or student, `locale` null where they chose none."""

    id: str
    login: str | None
    name: str
    kind: str
    locale: str | None
    roles: list[RoleView]


class PersonName(Struct):
    """How a person is shown beside an event."""

    name: str


class RoomView(Struct, kw_only=True):
    """A room as one of its members sees it.

    `first` is the first event this member may see, `top` the last there is, `read` how far
    they have read; `unread` counts messages, `mentioned` the unread ones that name them.
    `missed` answers `open{since}`; `more` says that `sync` has the rest.
    """

    id: str
    kind: str
    title: str
    role: str
    members: int
    first: int
    top: int
    read: int
    unread: int
    mentioned: int
    last: Event | None
    unit: str | UnsetType = UNSET
    peer: str | UnsetType = UNSET
    missed: list[Event] | UnsetType = UNSET
    more: bool | UnsetType = UNSET
