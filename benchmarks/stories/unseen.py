"""How well folding tells events apart with weights that were learnt without the pairs that are judged.

    python benchmarks/stories/unseen.py REPLAY [--vectors FILE]

The tables of score.py for the stories of the open half: of the labelled pairs a part is held out, whole connected
components of items, the weights are learnt from the others, all items folded, and the pairs held out judged; so for
each part. The bars are those of train.py. Needs scikit-learn.
"""

# ruff: noqa: T201  what it prints is its result
import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from recorded import LabelledPair, items_of, load_items, load_pairs, load_vectors, read_reports  # noqa: E402
from score import items_to_fold, print_continued, print_scores, tell  # noqa: E402
from train import FOLDS, components, features_of, learn, without  # noqa: E402

from digests import event  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("replay", type=Path, help="the folder of recorded feeds")
    parser.add_argument("--vectors", type=Path, help="the file of the items' vectors")
    options = parser.parse_args()
    items = load_items(options.replay)
    pairs = load_pairs({"open", "learn"})
    judged = [pair for pair in pairs if pair.half == "open"]
    folded = items_to_fold(items, items_of(judged))
    vectors = load_vectors(items, {*items_of(pairs), *(item.id for item in folded)}, options.vectors)
    compared = features_of(pairs, read_reports(items, items_of(pairs), vectors))
    groups = components(pairs)
    together: set[LabelledPair] = set()
    linked: set[LabelledPair] = set()
    for part in range(FOLDS):
        seen = without(part, groups)
        figures = learn([pair for pair, is_seen in zip(pairs, seen, strict=True) if is_seen],
                        [row for row, is_seen in zip(compared, seen, strict=True) if is_seen])  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(event.DATA / "event.toml", folder)
            Path(folder, "event.json").write_text(json.dumps(figures), "utf-8")
            with patch.object(event, "DATA", Path(folder)):
                event._model.cache_clear()
                told = tell(folded, vectors)
        unseen = [pair for pair, is_seen in zip(pairs, seen, strict=True) if not is_seen and pair.half == "open"]
        together.update(pair for pair in unseen if told.together(pair))
        linked.update(pair for pair in unseen if told.goes_on(pair))
        print(f"part {part + 1} of {FOLDS}", file=sys.stderr)
    print_scores("stories", judged, together.__contains__)
    print_continued(judged, linked.__contains__)


if __name__ == "__main__":
    main()
