"""`madang faq …`: how well the chatbot finds the answers of its FAQ, measured and tuned.

The bot's libraries take seconds and hundreds of megabytes, so they are imported within the commands: the
command line itself, and so the hub, stays free of them.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from config.settings import Settings
from hub.bots.keeper import BOUNDS
from hub.cli.bars import steps
from hub.cli.common import Failed, complain, settings
from hub.cli.faq_files import export, import_, published, reindex
from hub.cli.working import run
from hub.services import Services
from rooms.faq.entries import Entry

if TYPE_CHECKING:
    from bots.evaluation.figures import Figures, Outcome, Question
    from bots.retrieval.retriever import Retriever

Questions = Annotated[
    list[Path],
    typer.Argument(help="Files of questions, JSON Lines: `query`, and `pos`, the ids that answer it."),
]
Entries = Annotated[
    Path | None,
    typer.Option(
        help="The entries, from a file: JSON Lines, or CSV. Without it, those published in the database."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]
Config = Annotated[Path | None, typer.Option(help="TOML file with settings.")]

STEPS: Final = {"words": "Entries", "model": "Model, once", "vectors": "Vectors", "questions": "Questions"}
_ENVIRONMENT: Final = BOUNDS | {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1"}
"""What the libraries read when they are imported; the bounds are those of the chatbot's process."""

app = typer.Typer(
    help="The chatbot's FAQ: bring entries in and out, measure and tune how well it finds answers.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


app.command("import")(import_)
app.command()(export)
app.command()(reindex)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a set was put to, and what came of it."""

    retriever: "Retriever"
    outcomes: "list[Outcome]"
    questions: "list[Question]"


@app.command()
def evaluate(
    files: Questions,
    entries: Entries = None,
    dense: Annotated[bool, typer.Option(help="With or without the dense leg.")] = True,
    compare: Annotated[bool, typer.Option(help="Also say what each leg finds by itself.")] = False,
    by: Annotated[
        str | None, typer.Option(help="Also say the figures by this field of the questions.")
    ] = None,
    spaceless: Annotated[
        bool, typer.Option(help="Also say the figures of the questions without any spaces.")
    ] = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Put questions whose answers are known to the retrieval, and say how many it got right.

    A question with an empty `pos` must be refused. Nothing is stored but the default model, made once.
    """
    told = settings(config)
    trial = put(told, files, entries, dense=dense)
    from bots.evaluation.figures import by_tag, measure
    from bots.evaluation.trial import alone, ask, joined, today

    day = today(told.zone)
    figures = {"": measure(trial.outcomes)}
    if by is not None:
        figures |= {f"{by} {name}": one for name, one in by_tag(trial.outcomes, by).items()}
    if spaceless:
        figures["spaceless"] = measure(list(ask(trial.retriever, joined(trial.questions), day)))
    if compare:
        legs = alone(trial.retriever, trial.questions, day)
        figures |= {f"{leg} alone": measure(outcomes) for leg, outcomes in legs.items()}
    if as_json:
        parts = {name: shown(one) for name, one in figures.items() if name}
        typer.echo(json.dumps(shown(figures[""]) | ({"parts": parts} if parts else {}), ensure_ascii=False))
        return
    for name, one in figures.items():
        tell(name, one)


@app.command()
def tune(
    files: Questions,
    entries: Entries = None,
    plain: Annotated[
        bool, typer.Option(help="Learn from these questions alone, not from what comes with Madang.")
    ] = False,
    write: Annotated[
        bool,
        typer.Option(
            help="Keep weights and thresholds in the data folder; the hub takes them when it starts."
        ),
    ] = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Find the weights of the order and the thresholds of the three bands, and say how good they are.

    All figures are cross-validated: each question is judged by weights and thresholds that it had no part
    in. The set needs questions to be refused and, to mean anything, some hundreds of others.
    """
    told = settings(config)
    trial = put(told, files, entries, dense=True)
    from bots.evaluation.figures import measure
    from bots.evaluation.trial import cross_validate, recalibrate, relearn
    from bots.evaluation.workbench import folder
    from bots.retrieval.embedder import named
    from bots.retrieval.ranking import PLAIN, Ranking
    from bots.retrieval.tuning import Tuning

    try:
        ranking, outcomes = relearn(trial.outcomes, PLAIN if plain else Ranking.shipped())
        calibration = recalibrate(outcomes)
        figures = {
            "before": measure(trial.outcomes),
            "tuned, cross-validated": measure(cross_validate(outcomes)),
        }
    except ValueError as error:
        raise Failed(f"{files[0]}: {error}") from error
    place = folder(told)
    if write:
        Tuning(model=named(told.embedding_model), ranking=ranking, calibration=calibration).save(place)
    if as_json:
        before, tuned = figures.values()
        typer.echo(
            json.dumps(
                shown(tuned)
                | {"sure": calibration.sure, "unsure": calibration.unsure, "before": shown(before)}
            )
        )
        return
    for name, one in figures.items():
        tell(name, one)
    typer.echo(f"sure from {calibration.sure:.3f}, unsure from {calibration.unsure:.3f}")
    typer.echo(f"kept in {place}" if write else "not kept; --write does")


def put(told: Settings, files: list[Path], entries: Path | None, *, dense: bool) -> Trial:
    """Read the files, build the retrieval over the entries, and ask it everything. Raises Failed."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from bots.entry_files import BrokenFile, read_entries, read_questions
    from bots.evaluation.trial import ask, today
    from bots.evaluation.workbench import build, folder
    from bots.retrieval.embedder import named
    from bots.retrieval.static_model import ModelFailed
    from bots.retrieval.tuning import Tuning, UnusableTuning

    try:
        questions = [question for file in files for question in read_questions(file)]
        known = read_entries(entries) if entries is not None else kept(told)
    except BrokenFile as error:
        raise Failed(str(error)) from error
    missing = sorted({one for question in questions for one in question.pos} - {one.id for one in known})
    if missing:
        raise Failed(
            f"{', '.join(map(str, files))}: {len(missing)} ids in pos are no entries of"
            f" {entries or 'the database'}, the first: {missing[0]}"
        )
    try:
        learnt = Tuning.of(folder(told), named(told.embedding_model))
    except UnusableTuning as unusable:
        complain(f"{unusable}; weights and thresholds are those of Madang")
        learnt = None
    with steps(STEPS) as advance:
        try:
            retriever, proof = build(told, known, learnt, advance, dense=dense)
        except ModelFailed as error:
            raise Failed(str(error)) from error
        outcomes: list[Outcome] = []
        for outcome in ask(retriever, questions, today(told.zone)):
            outcomes.append(outcome)
            advance("questions", len(outcomes), len(questions))
    if proof is not None and not proof.passed:
        complain(
            f"{told.embedding_model} has no say: alone it found {proof.dense:.0%} of {proof.probes} aliases"
            f" within five, the words {proof.lexical:.0%}"
        )
    return Trial(retriever, outcomes, questions)


def kept(told: Settings) -> list[Entry]:
    """Read the published entries from the database. Raises Failed."""

    async def work(services: Services) -> list[Entry]:
        return [entry async for entry, _ in published(services.faq)]

    found = run(told, work)
    if not found:
        raise Failed("no entry of the FAQ is published; name a file of entries with --entries FILE")
    return found


def shown(figures: "Figures") -> dict[str, Any]:
    """Name the figures as programs read them; `_error` is half the interval that is right 19 times in 20."""
    return {
        "recall@1": figures.recall_1,
        "recall@1_error": figures.recall_1_error,
        "recall@5": figures.recall_5,
        "mrr@10": figures.mrr_10,
        "refusal_auc": figures.refusal_auc,
        "ms_p50": figures.ms_p50,
        "ms_p99": figures.ms_p99,
        "answerable": figures.answerable,
        "refused": figures.refused,
        "sure_coverage": figures.sure_coverage,
        "sure_precision": figures.sure_precision,
        "sure_precision_error": figures.sure_precision_error,
        "refused_sure": figures.refused_sure,
        "refused_unknown": figures.refused_unknown,
        "known_unknown": figures.known_unknown,
    }


def tell(name: str, figures: "Figures") -> None:
    """Print figures for people."""
    told: Mapping[str, Any] = shown(figures)
    heading = f"{figures.answerable} questions with an answer, {figures.refused} without"
    typer.echo(f"{name}: {heading}" if name else heading)
    for key, value in told.items():
        if key not in {"answerable", "refused"} and value is not None:
            unit = " ms" if key.startswith("ms") else ""
            typer.echo(
                f"  {key.removeprefix('ms_'):16} {value:.1f}{unit}" if unit else f"  {key:16} {value:.3f}"
            )
