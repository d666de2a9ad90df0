"""leaderboard.csv: every trial, best first."""

from __future__ import annotations

import csv
import math
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from io import StringIO

from automl.catalog.metrics import Metric
from automl.report.history import TrialRow
from automl.value import canonical_json


def leaderboard_csv(rows: Iterable[TrialRow], metric: Metric, folds: int) -> Iterator[str]:
    """CSV lines after a header; scores in the metric's own direction and unit, empty where a trial has none.

    Scored trials from best to worst (ties: the earlier one first), then the others by number. The rows wait in a file
    until all are there: three numbers of each are in memory.
    """
    fold_names = [f"fold_{i + 1}" for i in range(folds)]
    yield _line(["rank", "trial", "candidate", "outcome", metric.name, *fold_names, *MEASURED, "params", "error"])
    losses, numbers, places = array("d"), array("q"), array("q")
    with tempfile.TemporaryFile() as waiting:
        for row in rows:
            losses.append(math.inf if row.score is None else metric.loss(row.score))
            numbers.append(row.number)
            places.append(waiting.tell())
            waiting.write(_line(_cells(row, folds)).encode())
        order = sorted(range(len(places)), key=lambda at: (losses[at], numbers[at]))
        for rank, at in enumerate(order, start=1):
            waiting.seek(places[at])
            yield f"{rank if losses[at] < math.inf else ''},{waiting.readline().decode()}"


MEASURED = ("rounds", "wall_s", "peak_mib")


def _line(cells: Iterable[object]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _cells(row: TrialRow, folds: int) -> list[object]:
    scores = [repr(score) for score in row.folds[:folds]]
    return [
        *(row.number, row.candidate, row.outcome),
        "" if row.score is None else repr(row.score),
        *(scores + [""] * (folds - len(scores))),
        *("" if row.rounds is None else row.rounds, f"{row.wall_s:.3f}", f"{row.peak_bytes / 2**20:.1f}"),
        canonical_json(dict(row.params)),
        _plain(row.error or ""),
    ]


def _plain(text: str) -> str:
    """One line that a spreadsheet takes for text: an error message can quote data that starts like a formula."""
    line = " ".join(text.split())
    return f"'{line}" if line[:1] in ("=", "+", "-", "@") else line
