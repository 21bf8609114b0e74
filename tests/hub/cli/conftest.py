from pathlib import Path

import pytest

from tests.support.command_line import Madang


@pytest.fixture
def madang(mongod_url: str, database_name: str, tmp_path: Path) -> Madang:
    environ = {
        "MADANG_MONGODB_URL": mongod_url,
        "MADANG_MONGODB_DATABASE": database_name,
        "MADANG_DATA": str(tmp_path / "var"),
        "MADANG_LOCALE": "en",
    }
    return Madang(tmp_path, environ)
