"""evaluate, train: how well articles are understood, and the figures of the classifier."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from bot.cli.tables import print_table
from feeds.evaluate import ClassificationScore, evaluate
from feeds.measure import Bin, Negatives, Rating, Score
from feeds.scores import Estimate
from feeds.train import train

_GOLD = click.Path(exists=True, dir_okay=False, path_type=Path)
_TEXTS = click.Path(exists=True, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)

RATING = ("rows", "relevant", "precision", "recall", "F1", "average precision", "Brier")
_HELD_OUT = {"outlet": "unseen outlets", "week": "unseen weeks", "enriched": "hard articles"}
_FORMS = {"whole": "", "lead": ", title and lead only", "bare": ", without accents"}
_READERS = {"first": "first reader", "both": "both readers"}
_UNSEEN = "Figures on articles that were trained on prove nothing; README, How well"


@click.command("evaluate")
@click.argument("gold", metavar="GOLD...", nargs=-1, required=True, type=_GOLD)
def evaluate_command(gold: tuple[Path, ...]) -> None:
    """Measure classification and citations on labelled JSONL.

    Of articles it prints precision, recall, F1, average precision and the Brier score, for both classifiers (the first
    reader and the second, see README), for the first alone and for the articles without accents; what scores are
    worth; which negatives are mistaken; and each topic.
    Articles that were trained on prove nothing: for those `train` prints what it cross-validated.
    Rows with "relevant" test the classification, rows with "citations" the citations. Lines that cannot be used are
    named, and the rest goes on. Exit code 1: nothing labelled was found.
    """
    report = evaluate(gold, log=lambda line: click.echo(line, err=True))
    for problem in report.problems:
        click.echo(str(problem), err=True)
    if report.classification is None and report.citations is None:
        raise click.ClickException("nothing labelled in these files")
    click.echo(_UNSEEN, err=True)  # which they are, nobody can tell
    if found := report.classification:
        _print_classification(found)
    if cited := report.citations:
        table = Table("what", "rows", *RATING[2:5])
        for name, score in (("strict", cited.strict), ("base key", cited.base), ("overlap", cited.overlap)):
            table.add_row(f"citations, {name}", str(cited.rows), *_figures(score))
        print_table(table)
    if report.unlabelled:
        click.echo(f"{report.unlabelled} rows without a label")


@click.command("train")
@click.argument("gold", metavar="GOLD...", nargs=-1, required=True, type=_TEXTS)
@click.option("--out", type=_FILE, help="File to write, not the shipped figures of the first reader.")
@click.option("--second-out", type=_FILE, help="The same of the second reader; else beside it.")
@click.option("--vectors", type=_FILE, help="File that keeps the vectors of titles and leads for the next training.")
def train_command(gold: tuple[Path, ...], out: Path | None, second_out: Path | None, vectors: Path | None) -> None:
    """Train both classifiers on labelled JSONL.

    They are the first and the second reader of the README. Writes their figures in place of the shipped ones, or to
    --out and --second-out, and beside the first's scores.json, which /about and (after make readme) the README show.
    Labels may come apart from their articles; then name both, the articles as .jsonl, .jsonl.gz or a folder of saved
    feeds. Needs the extra packages of `pip install -e '.[train]'`.
    """
    for option, path in (("--out", out), ("--second-out", second_out), ("--vectors", vectors)):
        if path and not path.parent.is_dir():  # better now than after the work
            raise click.BadParameter(f"there is no folder {path.parent}", param_hint=f"'{option}'")
    today = datetime.now(UTC).date()
    report = train(gold, out, second_out, today=today, vectors=vectors, log=lambda line: click.echo(line, err=True))
    table = Table("cross-validated", *RATING)
    for one in report.scores.estimates:
        table.add_row(*rating_row(one))
    print_table(table)
    _print_reliability(report.scores.reliability)
    _print_kinds(report.scores.kinds)
    _print_topics(report.scores.topics.items())
    click.echo(
        f"{report.path}: {report.size} bytes with the second reader's, {report.grams} n-grams, threshold"
        f" {report.threshold:.3f}; {report.share:.0%} of the natural stream goes to the second reader"
    )


def rating_row(one: Estimate) -> tuple[str, ...]:
    """A line of a table under `RATING`, what was read first."""
    return f"{_HELD_OUT[one.held_out]}, {_READERS[one.reader]}{_FORMS[one.form]}", *_rating(one.rating)


def _print_classification(found: ClassificationScore) -> None:
    table = Table("security policy", *RATING)
    for name, rating in (
        ("both readers", found),
        ("first reader alone", found.first),
        ("without accents (first reader)", found.unaccented),
    ):
        table.add_row(name, *_rating(rating))
    print_table(table)
    _print_reliability(found.reliability)
    _print_kinds(found.kinds)
    both = (("all", found.topics), ("all, of articles found", found.topics_of_found)) if found.relevant else ()
    _print_topics([*found.each_topic.items(), *both])


def _print_reliability(bins: Iterable[Bin]) -> None:
    table = Table("score", "rows", "mean score", "relevant")
    for one in bins:
        table.add_row(f"{one.low:.1f} to {one.high:.1f}", str(one.rows), f"{one.mean_score:.3f}", f"{one.relevant:.3f}")
    print_table(table)


def _print_kinds(kinds: Mapping[str, Negatives]) -> None:
    if kinds:
        table = Table("negatives", "rows", "taken for relevant", "share")
        for kind, one in kinds.items():
            table.add_row(kind, str(one.rows), str(one.found), f"{one.found / one.rows:.3f}")
        print_table(table)


def _print_topics(scores: Iterable[tuple[str, Score | None]]) -> None:
    table = Table("topics", *RATING[2:5])
    for name, score in scores:
        table.add_row(name, *(_figures(score) if score else "–––"))
    print_table(table)


def _rating(rating: Rating) -> tuple[str, ...]:
    average_precision, brier = f"{rating.average_precision:.4f}", f"{rating.brier:.4f}"
    return str(rating.rows), str(rating.relevant), *_figures(rating.score), average_precision, brier


def _figures(score: Score) -> tuple[str, str, str]:
    return f"{score.precision:.4f}", f"{score.recall:.4f}", f"{score.f1:.4f}"
