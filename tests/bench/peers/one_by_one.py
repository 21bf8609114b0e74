"""Variant: our hub with one insert for each message, to see what group commit is worth; nothing to install.

Run as a program with the arguments of `madang`.
"""

from hub.cli import main
from rooms.log import RoomLog

if __name__ == "__main__":
    defaults = RoomLog.__init__.__kwdefaults__
    if defaults is None or "batch" not in defaults:
        raise SystemExit("rooms.log.RoomLog has no `batch` any more")
    defaults["batch"] = 1
    main()
