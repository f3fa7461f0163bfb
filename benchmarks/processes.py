"""What a process and its children hold at the moment, read from /proc (Linux)."""

import os
from collections.abc import Iterable
from pathlib import Path


def children_of(pid: int, but: Iterable[int] = ()) -> list[int]:
    """Children of `pid` and their children, without those in `but`."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # it has ended
                continue
    found, left_out = [pid], set(but)
    for one in found:
        found += [child for child, parent in parents.items() if parent == one and child not in left_out]
    return found[1:]


def resident(pids: Iterable[int]) -> float:
    """Resident memory of `pids` together in MB; what they share is counted for each of them."""
    pages = 0
    for pid in pids:
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def open_files(pid: int) -> int:
    """File descriptors that `pid` holds."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
