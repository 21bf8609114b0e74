"""The table of settings for people: in the README, and with its secrets masked in `madang doctor`. Pure."""

from typing import Any, Final

from config.reading import TABLE, Setting

MASK: Final = "***"
BEGIN: Final = "<!-- settings -->"
END: Final = "<!-- /settings -->"


def settings_table() -> str:
    """Write the settings as Markdown, a table for each group; stands in the README between its markers."""
    lines: list[str] = []
    group = ""
    for row in TABLE:
        if row.group != group:
            group = row.group
            lines += [*([""] if lines else []), f"**{group}**", ""]
            lines += ["| Variable | Default | May be | Meaning |", "|---|---|---|---|"]
        default = f"`{row.kind.show(row.default)}`" if row.default not in {None, ()} else ""
        cells = (f"`{row.variable}`", default, row.kind.words, row.line)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def filled(readme: str) -> str:
    """Put the table between the markers of a README. Raises ValueError where they are missing."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"the markers {BEGIN} and {END} are missing")
    return f"{before}{begin}\n\n{settings_table()}\n{end}{after}"


def masked(row: Setting, value: Any) -> str:
    """Write a value for people; of a secret only that it is set, of a secret URL where it leads."""
    if value is None or value == ():
        return ""
    if not row.secret:
        return row.kind.show(value)
    return masked_url(value) if "://" in value else MASK


def masked_url(url: str) -> str:
    """Write a database's URL without what follows the user name, and without the options' values.

    Everything up to the last @ counts as sign-in data: where a password holds a /, a ? or
    an @ that ought to be escaped, it is still not shown.
    """
    scheme, _, rest = url.partition("://")
    login, at, place = rest.rpartition("@")
    place, query, options = place.partition("?")
    names = [option.partition("=")[0] for option in options.split("&") if "=" in option]
    user = login.partition(":")[0] if ":" in login else ""
    shown = f"{scheme}://{f'{user}:{MASK}@' if at else ''}{place}"
    return shown + (query and "?" + "&".join(f"{name}={MASK}" for name in names))
