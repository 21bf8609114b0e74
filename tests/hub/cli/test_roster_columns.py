from hub.cli.roster_columns import ABOUT, columns_help, columns_table
from rooms.roster.sheets import SHEETS


def test_every_file_is_described() -> None:
    assert set(ABOUT) == {sheet.name for sheet in SHEETS}


def test_both_texts_name_every_column_once_by_each_header() -> None:
    for text in (columns_help(), columns_table()):
        for sheet in SHEETS:
            part = text.partition(f"{sheet.name}.csv")[2]
            for column in sheet.columns:
                assert column.korean in part
                assert column.english in part


def test_the_table_is_markdown() -> None:
    table = columns_table()
    assert "| `반` | `class`, `학급` | a number or a word |" in table
    assert "| `직위` | `title`, `직책` | optional; kept with the person |" in table
