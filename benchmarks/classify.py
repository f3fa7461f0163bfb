"""What deciding costs: the first reader beside a plain dictionary, scikit-learn and the second reader.

    python benchmarks/classify.py [--runs 5] [--stream FOLDER]

CPU milliseconds an article, best of `--runs`, all in the same run. The plain dictionary is the least that any n-gram
classifier does: split into syllables, join them to 1- to 3-grams, look each up and add the weights. `--stream` is a
folder of saved feeds: the share of its items that the second reader is asked about, and what both cost on average.
"""

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # scikit-learn, loaded first, would give the second reader's engine every core
ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from bot.demo.articles import load_outlets  # noqa: E402
from feeds.classify import classify, first_reading, shipped_figures  # noqa: E402
from feeds.embedding import is_available  # noqa: E402
from feeds.figures import _SYLLABLE, grams  # noqa: E402
from feeds.labels import read_rows  # noqa: E402

LENGTH = 2_800  # characters of an article, title and lead included
LEAD = 300
LOADING = """
import resource, sys, time
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6
import feeds.classify
before, started = resident(), time.process_time()
feeds.classify.{what}("Hội nghị triển khai công tác bảo đảm an ninh", "Bộ Công an tổ chức hội nghị.")
print(time.process_time() - started, resident() - before, resident())
"""


def articles() -> list[tuple[str, str, str]]:
    """The made-up news of the demo as title, lead and text, `LENGTH` characters together."""
    sample = [article for outlet in load_outlets() if outlet.language == "vi" for article in outlet.articles]
    body = " ".join(paragraph for article in sample for paragraph in article.paragraphs)
    made = []
    for number, article in enumerate(sample):
        title, lead = article.title, f"{article.lead} {body[number * 97 :]}"[: LEAD - len(article.title)]
        made.append((title, lead, body[number * 211 :][: LENGTH - LEAD]))
    return made


def best(action: Callable[[], object], articles: int, runs: int) -> float:
    """CPU milliseconds an article."""
    taken = []
    for _ in range(runs):
        start = time.process_time()
        action()
        taken.append(time.process_time() - start)
    return min(taken) / articles * 1000


def dictionary(weights: dict[str, float], text: str) -> float:
    syllables = _SYLLABLE.findall(text.lower())
    return sum(weights.get(gram, 0.0) for gram in chain(*grams(syllables)))


def loading(what: str) -> tuple[float, float, float]:
    """CPU seconds and megabytes of the first verdict, and the megabytes of the whole process."""
    program = LOADING.format(what=what)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    seconds, more, whole = map(float, done.stdout.split())
    return seconds, more, whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--stream", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    out = sys.stdout.write
    read = articles()
    figures = shipped_figures()
    weights = {gram: figures.weights[index] for gram, index in figures.vocabulary.items()}
    texts = [" ".join(parts) for parts in read]
    kinds: dict[str, Callable[[], object]] = {
        "plain dictionary": lambda: [dictionary(weights, text) for text in texts],
        "first reader": lambda: [first_reading(*parts) for parts in read],
        "first reader, title and lead": lambda: [first_reading(*parts[:2]) for parts in read],
    }
    rows = [(name, best(action, len(read), arguments.runs)) for name, action in kinds.items()]
    rows.append(("scikit-learn, TF-IDF and predict", scikit_learn(texts, arguments.runs)))
    if is_available():
        asked = [parts for parts in read if first_reading(*parts).is_open][:20]
        rows.append(("both readers, where both are asked", best(lambda: [classify(*p) for p in asked], len(asked), 1)))
    floor = rows[0][1]
    out(f"{LENGTH} characters, CPU ms an article{'':>24}to the dictionary\n")
    for name, milliseconds in rows:
        out(f"{name:>40}{milliseconds:10.3f}{milliseconds / floor:12.2f}\n")
    for what, name in (("first_reading", "the first reader"), ("classify", "both readers")):
        seconds, more, whole = loading(what)
        out(f"first verdict of {name}: {seconds:.3f} s, {more:.0f} MB more, {whole:.0f} MB in all\n")
    if arguments.stream:
        stream(arguments.stream, out)


def scikit_learn(texts: list[str], runs: int) -> float:
    """What its own pipeline takes over the same n-grams."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, 3), token_pattern=r"[^\W_]+", max_features=60_000)  # noqa: S106
    pipeline = make_pipeline(words, LogisticRegression())
    pipeline.fit(texts, [number % 2 for number in range(len(texts))])
    return best(lambda: [pipeline.predict([text]) for text in texts], len(texts), runs)


def stream(folder: Path, out: Callable[[str], object]) -> None:
    items = {
        (str(row.data["title"]), str(row.data["summary"] or "")): None
        for row in read_rows([folder])
        if hasattr(row, "data")
    }
    start = time.process_time()
    asked = [parts for parts in items if first_reading(*parts).is_open]
    first = time.process_time() - start
    sample = random.Random(2).sample(asked, min(100, len(asked)))  # noqa: S311
    start = time.process_time()
    for parts in sample:
        classify(*parts)
    second = (time.process_time() - start) / max(len(sample), 1)
    share = len(asked) / len(items)
    out(
        f"{folder.name}: {len(items)} items, {share:.1%} go to the second reader at {second * 1000:.0f} ms; on average"
        f" {first / len(items) * 1000:.2f} + {share * second * 1000:.2f} ms an item\n"
    )


if __name__ == "__main__":
    main()
