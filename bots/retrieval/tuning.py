"""What an office learnt from questions of its own: the weights of the order, and the calibration over it.

The calibration was found over that order, and both over the vectors of one model. So they stand in one file
beside the index, and are taken together or not at all.
"""

from pathlib import Path
from typing import Final, Self

import msgspec
from msgspec import Struct

from bots.retrieval.bands import Calibration
from bots.retrieval.files import replace
from bots.retrieval.ranking import FIGURES, Ranking
from bots.retrieval.signals import NAMES

FILE: Final = "tuning.json"
EARLIER: Final = "calibration.json"
"""What an earlier version kept apart from the weights of its order, so that nobody knows whether they fit."""


class UnusableTuning(Exception):
    """What was learnt cannot be used; the message says what and why."""


class Tuning(Struct, frozen=True, kw_only=True):
    """Weights and thresholds; `model` names what made the vectors (`embedder.named`)."""

    model: str
    ranking: Ranking
    calibration: Calibration

    @classmethod
    def of(cls, folder: Path, model: str) -> Self | None:
        """Load what was learnt over this model from the chatbot's folder; None where nothing was.

        Raises UnusableTuning for what is broken, or was learnt over another model or by another program.
        """
        path = folder / FILE
        try:
            made = msgspec.json.decode(path.read_bytes(), type=cls)
        except FileNotFoundError:
            if (folder / EARLIER).exists():
                raise UnusableTuning(f"{folder / EARLIER} is of an earlier version: tune once more") from None
            return None
        except (OSError, ValueError) as error:
            raise UnusableTuning(f"{path} cannot be read: {error}") from error
        if not made.ranking.always.keys() <= {*FIGURES} or not made.calibration.weights.keys() <= {*NAMES}:
            raise UnusableTuning(f"{path} is of another version of Madang")
        if made.model != model:
            raise UnusableTuning(f"{path} was learnt over another model")
        return made

    def save(self, folder: Path) -> None:
        """Keep it in the chatbot's folder, all or nothing. Raises OSError."""
        replace(folder / FILE, [msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"])
