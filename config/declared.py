"""How a setting is declared: a field of a dataclass that knows its kind, its default and its line."""

from dataclasses import field
from typing import Any, TypeVar, overload

from config.kinds import Kind

T = TypeVar("T")


@overload
def setting(kind: Kind[T], default: T, line: str, *, secret: bool = ..., group: str = ...) -> T: ...
@overload
def setting(kind: Kind[T], default: None, line: str, *, secret: bool = ..., group: str = ...) -> T | None: ...
def setting(kind: Kind[Any], default: Any, line: str, *, secret: bool = False, group: str = "") -> Any:
    """Declare a setting; `group` begins a new part of the table."""
    about = {"kind": kind, "line": line, "secret": secret, "group": group}
    return field(default=default, metadata=about, repr=not secret)
