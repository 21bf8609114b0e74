import shutil
from pathlib import Path

import pytest

from tests.bench.generator import load_generator


@pytest.fixture(scope="session")
def compiler() -> str:
    """Name the C compiler that the load generator wants."""
    found = shutil.which("cc")
    assert found is not None, "there is no C compiler: apt-get install gcc libc6-dev"
    return found


@pytest.fixture(scope="session")
def program(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the load generator."""
    return load_generator(tmp_path_factory.mktemp("load"))
