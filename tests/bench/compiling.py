"""Programs in C that stand here, compiled where they are wanted."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from hub.cli.common import Failed

OPTIONS: Final = ("-O2", "-std=gnu11", "-Wall", "-Wextra")


def compiled(name: str, sources: Iterable[Path], folder: Path) -> Path:
    """Compile sources, headers among them, into a folder, unless just these were compiled before.

    Raises Failed.
    """
    files = sorted(sources)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files))
    program = folder / f"{name}-{digest.hexdigest()[:12]}"
    if program.exists():
        return program
    compiler = shutil.which(os.environ.get("CC") or "cc")
    if compiler is None:
        raise Failed(f"{name} needs a C compiler (cc); on Debian: apt-get install gcc libc6-dev")
    folder.mkdir(parents=True, exist_ok=True)
    draft = program.with_name(f"{program.name}.{os.getpid()}")
    units = [path for path in files if path.suffix == ".c"]
    done = subprocess.run(
        [compiler, *OPTIONS, "-o", draft, *units], capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it says nothing"])[0]
        raise Failed(f"{name} cannot be compiled: {reason}")
    draft.replace(program)
    return program
