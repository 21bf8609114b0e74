"""The bounds of forms are those of the settings."""

from config.limits import Limits
from config.settings import Settings
from hub.notices.wiring import form_limits
from rooms.forms import fields


def test_every_bound_comes_from_the_settings() -> None:
    given = Limits(form_fields=1, form_options=2, form_text_chars=3, form_files=4, signature_points=10)
    assert form_limits(Settings(limits=given)) == fields.Limits(
        fields=1, options=2, text_chars=3, files=4, points=10
    )
    assert form_limits(Settings()) == fields.Limits()
