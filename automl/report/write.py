"""Writes what a run leaves for people: leaderboard.csv and report.html."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from automl.plan import Plan
from automl.report.files import write_whole
from automl.report.history import Line, rows_of
from automl.report.leaderboard import leaderboard_csv
from automl.report.overview import Overview
from automl.report.page import report_html


def write_report(
    folder: Path, plan: Plan, lines: Iterable[Line], result: Mapping[str, Any], refused: Line | None = None
) -> None:
    """Both files into `folder`, each whole or not at all. They depend on plan, ledger and result alone.

    `lines` are a ledger's events without the header; `result` is the content of result.json; `refused`: the fields of
    the ledger's line of that name, where the winner missed a criterion. Raises OSError.
    """
    overview = Overview(plan.scorer)
    rows = overview.watching(rows_of(lines))
    write_whole(folder / "leaderboard.csv", leaderboard_csv(rows, plan.scorer, plan.rows.fold_count))
    write_whole(folder / "report.html", report_html(plan, overview, result, refused))
