"""The bare Django settings that Channels looks at; the hub has no Django database, apps or templates."""

from django.conf import settings


def configure() -> None:
    """Configure Django for Channels, once; later calls do nothing.

    Call it before anything of `channels` runs. There is no channel layer: room events do not
    travel through one (architecture, "Fan-out").
    """
    if settings.configured:
        return
    settings.configure(
        CHANNEL_LAYERS={},
        DATABASES={},
        INSTALLED_APPS=[],
        LOGGING_CONFIG=None,
        USE_TZ=True,
    )
