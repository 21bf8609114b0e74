import json
import os
import subprocess
import sys
from pathlib import Path

FAQ = Path(__file__).parents[2] / "data" / "faq"
HEAVY = ("torch", "sentence_transformers", "tokenizers", "faiss", "kiwipiepy")
SOME = 40


def read(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (FAQ / name).read_text(encoding="utf-8").splitlines()]


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def evaluate(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it as a process of its own: what it loads is too much for the one that tests."""
    program = Path(sys.executable).with_name("madang")
    return subprocess.run(
        [program, "faq", "evaluate", *arguments],
        env=os.environ | {"MADANG_DATA": str(folder / "var")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line_alone_loads_nothing_of_the_bot() -> None:
    program = f"import sys, hub.cli; print([name for name in {HEAVY} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_questions_are_held_against_entries_of_a_file(tmp_path: Path) -> None:
    entries = read("entries.jsonl")[:SOME]
    ids = {entry["id"] for entry in entries}
    asked = [
        one for one in read("questions.jsonl") if isinstance(one["pos"], list) and set(one["pos"]) <= ids
    ]
    refused = [one for one in read("refused.jsonl") if one["kind"] == "far"][:SOME]
    told = evaluate(
        tmp_path,
        write(tmp_path / "questions.jsonl", asked + refused),
        "--entries",
        write(tmp_path / "entries.jsonl", entries),
        "--json",
    )
    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout)
    assert {"recall@1", "recall@5", "mrr@10", "refusal_auc", "ms_p50"} <= set(figures)
    assert 0.75 < figures["recall@1"] <= figures["recall@5"] <= 1
    assert figures["recall@5"] > 0.9
    assert figures["refusal_auc"] > 0.7


def test_a_broken_set_is_told_with_file_and_line(tmp_path: Path) -> None:
    broken = tmp_path / "questions.jsonl"
    broken.write_text('{"query": "전학", "pos": []}\n{"query": 5}\n', encoding="utf-8")
    entries = write(tmp_path / "entries.jsonl", read("entries.jsonl")[:3])
    told = evaluate(tmp_path, broken, "--entries", entries)
    assert told.returncode == 1
    assert "questions.jsonl" in told.stderr
    assert "2" in told.stderr
    assert "Traceback" not in told.stderr
