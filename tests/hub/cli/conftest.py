from pathlib import Path

import pytest

from tests.support.command_line import Madang, madang_on


@pytest.fixture
def madang(mongod_url: str, database_name: str, tmp_path: Path) -> Madang:
    return madang_on(mongod_url, database_name, tmp_path)
