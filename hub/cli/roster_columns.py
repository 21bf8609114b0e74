"""The columns of roster files, written out for `madang import --help` and the README."""

from typing import Final

from rooms.roster.rows import Cell
from rooms.roster.sheets import SHEETS

ABOUT: Final[dict[str, tuple[str, str]]] = {
    "schools": (
        "학교. 전국초중등학교위치표준데이터의 열 그대로",
        "schools, in the columns of the national data set of school locations as published",
    ),
    "departments": ("부서", "departments of offices and schools"),
    "classes": ("학급. 학년도 함께 만들어집니다", "classes; their grades come with them"),
    "people": ("교직원. 역할마다 한 행", "staff; one row for each role somebody has"),
    "students": ("학생", "students"),
    "guardians": ("보호자. 학생마다 한 행", "guardians; one row for each of their students"),
}


def columns_help() -> str:
    """Write the columns as plain text, in English: one file a paragraph, its lines kept (click's mark)."""
    return "\n\n".join(
        f"\b\n{sheet.name}.csv: {ABOUT[sheet.name][1]}\n" + "\n".join(_line(cell) for cell in sheet.cells)
        for sheet in SHEETS
    )


def columns_table() -> str:
    """Write the columns as Markdown tables, as the README has them."""
    parts: list[str] = []
    for sheet in SHEETS:
        rows = "\n".join(_row(cell) for cell in sheet.cells)
        parts.append(
            f"**`{sheet.name}.csv`** — {ABOUT[sheet.name][1]}\n\n| column | or | |\n|---|---|---|\n{rows}"
        )
    return "\n\n".join(parts)


def _line(cell: Cell) -> str:
    column = cell.column
    names = " = ".join((column.korean, column.english, *column.aliases))
    return (
        f"  {names}{'' if column.required else ' (optional)'}{': ' if cell.about[1] else ''}{cell.about[1]}"
    )


def _row(cell: Cell) -> str:
    column = cell.column
    others = ", ".join(f"`{name}`" for name in (column.english, *column.aliases))
    notes = [note for note in ("" if column.required else "optional", cell.about[1]) if note]
    return f"| `{column.korean}` | {others} | {'; '.join(notes)} |"
