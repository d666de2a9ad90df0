"""leaderboard.csv: every trial, best first."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

from automl.catalog.metrics import Metric
from automl.report.history import TrialRow, ranked
from automl.value import canonical_json


def leaderboard_csv(rows: Sequence[TrialRow], metric: Metric, folds: int) -> str:
    """CSV text with a header; scores in the metric's own direction and unit, empty where a trial has none."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    fold_names = [f"fold_{i + 1}" for i in range(folds)]
    writer.writerow(["rank", "trial", "candidate", "outcome", metric.name, *fold_names, *MEASURED, "params", "error"])
    for rank, row in enumerate(ranked(rows, metric), start=1):
        writer.writerow(_cells(row, rank if row.score is not None else None, folds))
    return out.getvalue()


MEASURED = ("rounds", "wall_s", "peak_mib")


def _cells(row: TrialRow, rank: int | None, folds: int) -> list[object]:
    scores = [repr(score) for score in row.folds[:folds]]
    return [
        *("" if rank is None else rank, row.number, row.candidate, row.outcome),
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
