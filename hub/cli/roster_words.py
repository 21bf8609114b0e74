"""What `madang import` says, in the language of the settings; the catalogues stand in `data/words`."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from rooms.roster.table import Fault


class RosterWords:
    """Speaks one language, `ko` or `en`."""

    def __init__(self, locale: str) -> None:
        file = resources.files("hub.cli") / "data" / "words" / f"import.{locale}.toml"
        catalogue: dict[str, dict[str, str]] = tomllib.loads(file.read_text("utf-8"))
        self.kinds = catalogue["kinds"]
        self.steps = catalogue["steps"]
        self.lines = catalogue["lines"]
        self.reasons = catalogue["reasons"]

    def line(self, key: str, **params: object) -> str:
        """Say a line."""
        return self.lines[key].format(**params)

    def reason(self, fault: Fault) -> str:
        """Say what is wrong, without the place."""
        return self.reasons[fault.reason].format(**self._named(fault.params))

    def fault(self, fault: Fault) -> str:
        """Say what is wrong: file, line, column and reason."""
        place = fault.file if fault.line is None else f"{fault.file}:{fault.line}"
        column = f" {fault.column}:" if fault.column else ""
        return f"{place}:{column} {self.reason(fault)}"

    def _named(self, params: Mapping[str, Any]) -> dict[str, Any]:
        kind = params.get("kind")
        return {**params, "kind": self.kinds[kind]} if kind in self.kinds else dict(params)
