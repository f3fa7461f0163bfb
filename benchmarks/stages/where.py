"""How often stage and implementer of a citation are right together, against labels.jsonl and places.jsonl (README.md).

    python benchmarks/stages/where.py ../shared [--half open|locked|all] [--errors 20]

The texts are not kept here: the argument is the folder that holds `gold/` and `feeds/real/replay`. `right` takes any
of the labels of a citation, `strictly` only the first one; precision is of the implementers given, recall of those
labelled. The sentence, headline and lead are given as the bot stores them; the outlet's own province is unknown here.
"""

import argparse
import json
import sys
from pathlib import Path

from score import FILES, HERE, feed_items, readings, rows

from digests.implementer import implementer  # score.py put the project's folder on the path
from feeds.text import sentence_at


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--half", choices=("open", "locked", "all"), default="open")
    parser.add_argument("--errors", type=int, default=0)
    arguments = parser.parse_args()
    places = [json.loads(line) for line in (HERE / "places.jsonl").read_text("utf-8").splitlines()]
    wanted = {(p["source"], p["id"], p["start"]): p for p in places if arguments.half in (p["half"], "all")}
    labels = [json.loads(line) for line in (HERE / "labels.jsonl").read_text("utf-8").splitlines()]
    chosen = [label for label in labels if (label["source"], label["id"], label["start"]) in wanted]
    together = strictly = placed = given = given_right = told = 0
    errors = []
    for label, text, found in readings(chosen, arguments.shared):
        where = wanted[label["source"], label["id"], label["start"]]["where"]
        if label["source"] == "replay":
            name, _, index = label["id"].partition("#")
            row = feed_items(arguments.shared / "feeds/real/replay" / name)[int(index)]
        else:
            row = rows(arguments.shared / FILES[label["source"]])[label["id"]]
        start, end = label["start"], label["end"]
        quote, raw = sentence_at(text, start, end), text[start:end]
        who = implementer(
            quote,
            row.get("title") or "",
            row.get("summary") or "",
            raw=raw,
            stage=found.stage if found else "missed",
            place=found.province if found else None,
        )
        name = who.name if who else None
        is_stage = found is not None and found.stage == label["stage"]
        together += is_stage and name in where
        strictly += is_stage and name == where[0]
        placed += name in where
        told += where[0] is not None
        given += name is not None
        given_right += name is not None and name in where
        if not (is_stage and name in where):
            stage = found.stage if found else "missed"
            errors.append(f"{label['stage']} {where} as {stage} {name}, {label['id']}: {' '.join(quote.split())[:300]}")
    count = len(chosen)
    sys.stdout.write(
        f"half {arguments.half}, {count} citations: stage and implementer together right {together / count:.3f}, "
        f"strictly {strictly / count:.3f}; implementer right {placed / count:.3f}, "
        f"precision {given_right / given:.3f} of {given} given, recall {given_right / told:.3f} of {told}\n"
    )
    for error in errors[: arguments.errors]:
        sys.stdout.write(f"  {error}\n")


if __name__ == "__main__":
    main()
