"""Reading what a hub tells Prometheus. Pure."""


def totals(text: str) -> dict[str, float]:
    """Take the series without labels out of Prometheus' text format, by name."""
    found = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name and name[0] != "#" and "{" not in name:
            found[name] = float(value.split(" ")[0])
    return found
