"""evaluate, train: how well articles are understood, and the figures of the classifier."""

from pathlib import Path

import click
from rich.table import Table

from bot.cli.tables import print_table
from feeds.evaluate import Score, evaluate
from feeds.train import train

_GOLD = click.Path(exists=True, dir_okay=False, path_type=Path)
_TEXTS = click.Path(exists=True, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("evaluate")
@click.argument("gold", metavar="GOLD...", nargs=-1, required=True, type=_GOLD)
def evaluate_command(gold: tuple[Path, ...]) -> None:
    """Measure classification and citations on labelled JSONL.

    Prints precision, recall and F1. Rows with "relevant" test the classification, rows with "citations" the
    citations. Lines that cannot be used are named, and the rest goes on. Exit code 1: nothing labelled was found.
    """
    report = evaluate(gold)
    for problem in report.problems:
        click.echo(f"{problem.path}:{problem.line}: {problem.reason}", err=True)
    if report.classification is None and report.citations is None:
        raise click.ClickException("nothing labelled in these files")
    table = Table("what", "rows", "precision", "recall", "F1", "average precision")
    if found := report.classification:
        table.add_row("security policy", str(found.rows), *_figures(found.score), f"{found.average_precision:.4f}")
        table.add_row("topics", str(found.relevant), *_figures(found.topics), "")
    if cited := report.citations:
        for name, score in (("strict", cited.strict), ("base key", cited.base), ("overlap", cited.overlap)):
            table.add_row(f"citations, {name}", str(cited.rows), *_figures(score), "")
    print_table(table)
    if report.unlabelled:
        click.echo(f"{report.unlabelled} rows without a label")


@click.command("train")
@click.argument("gold", metavar="GOLD...", nargs=-1, required=True, type=_TEXTS)
@click.option("--out", type=_FILE, help="File to write, not the shipped figures of the first reader.")
@click.option("--second-out", type=_FILE, help="The same of the second reader.")
@click.option("--vectors", type=_FILE, help="File that keeps the vectors of titles and leads for the next training.")
def train_command(gold: tuple[Path, ...], out: Path | None, second_out: Path | None, vectors: Path | None) -> None:
    """Train both readers on labelled JSONL.

    Writes their figures in place of the shipped ones, or to --out and --second-out. Labels may come apart from their
    articles; then name both, the articles as .jsonl, .jsonl.gz or a folder of saved feeds. Needs the extra packages of
    `pip install -e '.[train]'`.
    """
    for option, path in (("--out", out), ("--second-out", second_out), ("--vectors", vectors)):
        if path and not path.parent.is_dir():  # better now than after the work
            raise click.BadParameter(f"there is no folder {path.parent}", param_hint=f"'{option}'")
    report = train(gold, out, second_out, vectors=vectors, log=lambda line: click.echo(line, err=True))
    table = Table("cross-validated", "precision", "recall", "F1", "average precision")
    for name, scores in (("first reader", report.first), ("both readers", report.second)):
        if scores:
            for rows, score, precision in (
                ("natural", scores.natural, scores.natural_average_precision),
                ("others", scores.others, scores.others_average_precision),
            ):
                table.add_row(f"{name}, {rows}", *_figures(score), f"{precision:.4f}")
    table.add_row("topics", *_figures(report.topics), "")
    print_table(table)
    threshold = (report.second or report.first).threshold
    click.echo(
        f"{report.path}: {report.size} bytes with the second reader's, {report.grams} n-grams, threshold"
        f" {threshold:.3f}; {report.share:.0%} of the natural stream goes to the second reader"
    )


def _figures(score: Score) -> tuple[str, str, str]:
    return f"{score.precision:.4f}", f"{score.recall:.4f}", f"{score.f1:.4f}"
