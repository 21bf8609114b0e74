"""The README says what the import reads."""

from pathlib import Path

from hub.cli.roster_columns import columns_table

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_shows_the_columns_there_are() -> None:
    readme = README.read_text(encoding="utf-8")
    shown = readme.partition("<!-- rosters -->")[2].partition("<!-- /rosters -->")[0]
    assert columns_table() == shown.strip()
