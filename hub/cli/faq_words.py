"""What the commands about the FAQ's files say, in the language of the settings."""

import tomllib
from importlib import resources

from hub.wording import Wording
from rooms.errors import Refusal
from rooms.faq.files import RowFault


class FaqWords:
    """Speaks one language, `ko` or `en`; what was refused is said as the hub says it."""

    def __init__(self, locale: str) -> None:
        file = resources.files("hub.cli") / "data" / "words" / f"faq.{locale}.toml"
        catalogue: dict[str, dict[str, str]] = tomllib.loads(file.read_text("utf-8"))
        self.lines = catalogue["lines"]
        self._wording = Wording(locale)

    def line(self, key: str, **params: object) -> str:
        """Say a line."""
        return self.lines[key].format(**params)

    def why(self, refusal: Refusal) -> str:
        """Say why something was refused."""
        return self._wording.sentence(None, refusal)

    def fault(self, file: object, fault: RowFault) -> str:
        """Say what is wrong with a row: file, line, field and reason."""
        why = self.why(fault.why)
        if not fault.line:
            return self.line("whole", file=file, why=why)
        if not fault.field:
            return self.line("row", file=file, line=fault.line, why=why)
        return self.line("row_field", file=file, line=fault.line, field=fault.field, why=why)
