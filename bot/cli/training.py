"""evaluate, train: how well articles are understood, and the figures of the classifier."""

from pathlib import Path

import click
from rich.table import Table

from bot.cli.tables import print_table
from feeds.evaluate import Score, evaluate
from feeds.train import train

_GOLD = click.Path(exists=True, dir_okay=False, path_type=Path)


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
@click.argument("gold", metavar="GOLD...", nargs=-1, required=True, type=_GOLD)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write, not the shipped figures.")
def train_command(gold: tuple[Path, ...], out: Path | None) -> None:
    """Train the classifier on labelled JSONL.

    Writes its figures in place of the shipped ones, or to --out. Needs the extra packages of `pip install -e
    '.[train]'`.
    """
    if out and not out.parent.is_dir():  # better now than after the work
        raise click.BadParameter(f"there is no folder {out.parent}", param_hint="'--out'")
    report = train(gold, out, log=lambda line: click.echo(line, err=True))
    table = Table("cross-validated", "precision", "recall", "F1")
    for name, score in (("natural", report.natural), ("others", report.others), ("topics", report.topics)):
        table.add_row(name, *_figures(score))
    print_table(table)
    click.echo(f"{report.path}: {report.size} bytes, {report.grams} n-grams, threshold {report.threshold:.3f}")


def _figures(score: Score) -> tuple[str, str, str]:
    return f"{score.precision:.4f}", f"{score.recall:.4f}", f"{score.f1:.4f}"
