"""JSON Schemas of the wire's types, as both descriptions share them. Pure."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, Final

import msgspec

from rooms.events import BODIES, Event, Kind

Schema = dict[str, Any]

REF: Final = "#/components/schemas/{name}"


def ref(name: str) -> Schema:
    """Point to a schema of the components."""
    return {"$ref": REF.format(name=name)}


def schemas(types: Iterable[type]) -> tuple[dict[type, Schema], dict[str, Schema]]:
    """Describe types: how to refer to each, and the components that are referred to.

    Events are described more closely than their type does: each kind with its own body.
    """
    wanted = list(dict.fromkeys(types))
    told, components = msgspec.json.schema_components([*wanted, Event, *BODIES.values()], ref_template=REF)
    for component in components.values():
        for described in component.get("properties", {}).values():
            if isinstance(described.get("default"), list):
                described["default"].sort()  # those of sets come in another order in each process
    event = components["Event"]
    for kind, body in BODIES.items():
        components[_event_name(kind)] = _event_of(event, kind, body.__name__)
    components["Event"] = {
        "title": "Event",
        "description": event["description"],
        "oneOf": [ref(_event_name(kind)) for kind in BODIES],
    }
    return dict(zip(wanted, told, strict=False)), components


def _event_name(kind: Kind) -> str:
    return f"{kind.capitalize()}Event"


def _event_of(event: Schema, kind: Kind, body: str) -> Schema:
    described = deepcopy(event)
    described["title"] = _event_name(kind)
    described["description"] = f"An event of the kind `{kind}`."
    properties = described["properties"]
    properties["kind"] = {"const": str(kind)}
    properties["body"] = ref(body)
    if kind is not Kind.MESSAGE:
        properties.pop("state", None)
    return described
