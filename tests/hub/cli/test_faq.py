import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FAQ = Path(__file__).parents[2] / "data" / "faq"
HEAVY = ("torch", "sentence_transformers", "tokenizers", "faiss", "kiwipiepy")
SOME = 60
MORPHEMES = 60_000


def read(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (FAQ / name).read_text(encoding="utf-8").splitlines()]


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder for data in which the default model, once made, stays for all tests here."""
    return tmp_path_factory.mktemp("office")


def faq(
    command: str, office: Path, *arguments: str | Path, model: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it as a process of its own: what it loads is too much for the one that tests."""
    program = Path(sys.executable).with_name("madang")
    return subprocess.run(
        [program, "faq", command, *arguments],
        env=os.environ
        | {"MADANG_DATA": str(office)}
        | ({} if model is None else {"MADANG_EMBEDDING_MODEL": model}),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line_alone_loads_nothing_of_the_bot() -> None:
    program = f"import sys, hub.cli; print([name for name in {HEAVY} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def a_set(folder: Path, some: int) -> list[str | Path]:
    """Write a part of the evaluation set; gives the arguments that name its files."""
    entries = read("entries.jsonl")[:some]
    ids = {entry["id"] for entry in entries}
    asked = [
        one for one in read("questions.jsonl") if isinstance(one["pos"], list) and set(one["pos"]) <= ids
    ]
    return [
        write(folder / "questions.jsonl", asked),
        write(folder / "refused.jsonl", read("refused.jsonl")[:some]),
        "--entries",
        write(folder / "entries.jsonl", entries),
    ]


def test_questions_are_held_against_entries_of_a_file(office: Path, tmp_path: Path) -> None:
    told = faq(
        "evaluate", office, *a_set(tmp_path, SOME), "--json", "--compare", "--by", "kind", "--spaceless"
    )
    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout)
    assert {"recall@1", "recall@5", "mrr@10", "refusal_auc", "ms_p50"} <= set(figures)
    assert 0.75 < figures["recall@1"] <= figures["recall@5"] <= 1
    assert figures["recall@5"] > 0.9
    assert figures["refusal_auc"] > 0.7
    legs = {name: one["recall@1"] for name, one in figures["parts"].items() if name.endswith(" alone")}
    assert len(legs) == 5
    assert all(0.1 < found < figures["recall@1"] + 0.05 for found in legs.values())
    assert figures["parts"]["kind misspelt"]["answerable"] > 0
    spaceless = figures["parts"]["spaceless"]
    assert spaceless["answerable"] == figures["answerable"]
    # Some are found that were not, others no more: not one question is as before alone.
    assert spaceless["mrr@10"] == pytest.approx(figures["mrr@10"], abs=0.05)
    assert spaceless["mrr@10"] != figures["mrr@10"]
    # The model was made, of all morphemes that have a meaning, and nothing else is kept.
    (place,) = (one for one in (office / "bots" / "models").iterdir() if one.is_dir())
    vocabulary = json.loads((place / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    assert len(vocabulary) > MORPHEMES
    assert {one.name for one in (office / "bots").iterdir()} == {"models"}


def test_what_was_tuned_is_kept_and_used(office: Path, tmp_path: Path) -> None:
    files = a_set(tmp_path, SOME)
    models, office = office / "bots" / "models", tmp_path / "office"
    models.mkdir(parents=True, exist_ok=True)
    (office / "bots").mkdir(parents=True)
    (office / "bots" / "models").symlink_to(models)
    told = faq("tune", office, *files, "--plain", "--write", "--json")
    assert told.returncode == 0, told.stderr
    tuned = json.loads(told.stdout)
    assert 0.75 < tuned["recall@1"] <= tuned["recall@5"] <= 1
    assert 0 < tuned["recall@1_error"] < 0.2
    assert 0 < tuned["unsure"] < tuned["sure"] <= 1
    assert tuned["before"]["answerable"] == tuned["answerable"]
    spoken = faq("tune", office, *files, "--plain").stdout
    assert 0 <= spoken.index("before: ") < spoken.index("tuned, cross-validated: ")
    kept = office / "bots" / "tuning.json"
    assert json.loads(kept.read_text(encoding="utf-8"))["calibration"]["sure"] == tuned["sure"]
    after = json.loads(faq("evaluate", office, *files, "--json").stdout)
    # Now the questions are judged by what was learnt from them.
    assert after["recall@1"] >= tuned["recall@1"]
    # What does not belong to the model that is set is left, and that is said.
    other = faq("evaluate", office, *files, "--json", model="none")
    assert "tuning.json was learnt over another model" in other.stderr
    assert json.loads(other.stdout)["recall@1"] > 0.5


def test_a_set_that_teaches_nothing_is_told(office: Path, tmp_path: Path) -> None:
    _, refused, *entries = a_set(tmp_path, SOME)
    told = faq("tune", office, refused, *entries, model="none")
    assert told.returncode == 1
    assert "right and wrong" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_broken_set_is_told_with_file_and_line(tmp_path: Path) -> None:
    broken = tmp_path / "questions.jsonl"
    broken.write_text('{"query": "전학", "pos": []}\n{"query": 5}\n', encoding="utf-8")
    entries = write(tmp_path / "entries.jsonl", read("entries.jsonl")[:3])
    told = faq("evaluate", tmp_path, broken, "--entries", entries)
    assert told.returncode == 1
    assert "questions.jsonl" in told.stderr
    assert "2" in told.stderr
    assert "Traceback" not in told.stderr
