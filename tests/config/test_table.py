from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.reading import TABLE
from config.table import filled, masked, masked_url, settings_table

README = Path(__file__).parents[2] / "README.md"
ROWS = {row.name: row for row in TABLE}


def test_the_table_has_a_row_for_every_setting() -> None:
    lines = settings_table().splitlines()
    assert [line.split("`")[1] for line in lines if line.startswith("| `")] == [row.variable for row in TABLE]
    assert all(line.count("|") - line.count("\\|") == 5 for line in lines if line.startswith("|"))
    assert (
        "| `MADANG_PORT` | `8000` | 0 to 65,535; 0: any free one | Port to listen on. |" in settings_table()
    )


def test_the_readme_shows_the_settings_there_are() -> None:
    readme = README.read_text(encoding="utf-8")
    assert filled(readme) == readme, "write what config.table.filled() gives into README.md"


def test_a_readme_is_filled_between_its_markers() -> None:
    old = "# A\n<!-- settings -->\nold\n<!-- /settings -->\n# B\n"
    new = filled(old)
    assert new == f"# A\n<!-- settings -->\n\n{settings_table()}\n<!-- /settings -->\n# B\n"
    assert filled(new) == new
    for broken in ("", "<!-- settings -->", "<!-- /settings -->"):
        with pytest.raises(ValueError, match="markers"):
            filled(broken)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("mongodb://db.example.org", "mongodb://db.example.org"),
        ("mongodb://me:word@a:1,b:2/talk?replicaSet=rs0&w=1", "mongodb://me:***@a:1,b:2/talk?replicaSet=***&w=***"),
        ("redis://:word@cache:6379/1", "redis://:***@cache:6379/1"),
        ("redis://word@cache", "redis://:***@cache"),
        ("mongodb://me:wo/r?d@x@db", "mongodb://me:***@db"),
    ],
)  # fmt: skip
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert masked_url(url) == shown


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12))
def test_no_password_is_shown_whatever_is_in_it(word: str) -> None:
    row = ROWS["mongodb_url"]
    assert masked(row, f"mongodb://me:{word}@db.example.org/?a=1") == "mongodb://me:***@db.example.org/?a=***"
    assert masked(ROWS["secret_key"], word) in {"***", masked_url(word)}


def test_plain_values_are_shown_and_missing_ones_are_not() -> None:
    assert masked(ROWS["port"], 8000) == "8000"
    assert masked(ROWS["origins"], ("http://a", "http://b")) == "http://a,http://b"
    assert masked(ROWS["origins"], ()) == ""
    assert masked(ROWS["redis_url"], None) == ""
    assert masked(ROWS["secret_key"], "x" * 40) == "***"
