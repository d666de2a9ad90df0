from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from html.parser import HTMLParser

from automl.catalog import METRICS
from automl.report.chart import history_svg
from automl.report.history import TrialRow
from automl.report.leaderboard import leaderboard_csv
from automl.report.overview import Overview
from automl.report.page import report_html
from automl.report.units import bytes_text, score_text, seconds_text
from tests.report.sample import plan, trials

RESULT = {
    "winner": {"members": [{"candidate": "linear", "weight": 1.0, "params": {}}]},
    "validation_score": 0.9,
    "holdout_score": 0.88,
    "digest": "sha256:abc",
    "wall_s": 12.0,
    "budget_s": None,
}
HOSTILE = "<script>alert('x')</script><img src=x onerror=\"y\">"
VOID = {"meta", "link", "img", "br", "input"}


def page_of(rows: Sequence[TrialRow], name: str = "tiny") -> str:
    return report_html(plan(name), Overview(plan().scorer, rows), RESULT)


class Tags(HTMLParser):
    """The tags of a page, checked to be balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(page)
    assert parser.open == []
    return parser.seen


def test_the_page_holds_no_script_and_loads_nothing() -> None:
    bad = TrialRow(9, "linear", "failed", error=HOSTILE, params={"model.x": HOSTILE})
    page = page_of([*trials(), bad], HOSTILE)
    for tag, attributes in tags(page):
        assert tag not in ("script", "img", "link", "iframe", "object", "embed", "a", "form")
        assert not any(name.startswith("on") or name in ("src", "href") for name in attributes)
    assert page.isprintable() or "\x1b" not in page
    assert "&lt;script&gt;" in page


def test_the_page_tells_scores_and_failures() -> None:
    page = page_of(trials())
    for text in ("0.88 to 0.92", "sha256:abc", "ValueError: &lt;b&gt;bad", "12 distinct texts", "the task is binary"):
        assert text in page


def test_a_page_without_trials_or_result() -> None:
    assert "not finished" in report_html(plan(), Overview(plan().scorer), {})
    assert tags(report_html(plan(), Overview(plan().scorer), {}))


def test_ranks_go_by_the_direction_of_the_metric_and_ties_to_the_earlier_trial() -> None:
    best, least = (Overview(METRICS[name], trials()) for name in ("roc_auc", "log_loss"))
    assert [row.number for row in best.best] == [1, 3, 0]
    assert [row.number for row in least.best] == [0, 1, 3]
    assert best.best_so_far() == [(0, 0.5), (1, 0.9)]
    assert least.best_so_far() == [(0, 0.5)]
    assert best.counts == {"failed": 1, "ok": 3}
    assert [row.number for row in best.unscored] == [2]


def test_a_page_of_many_trials_is_bounded_and_says_how_many_there_are() -> None:
    rows = [TrialRow(i, "linear", "ok", 0.5 + i % 97 / 1000, folds=(0.5,)) for i in range(6000)]
    rows += [TrialRow(6000 + i, "linear", "failed", error=f"cause {i}") for i in range(80)]
    page = page_of(rows)
    assert "5950 more in leaderboard.csv" in page and "30 more in leaderboard.csv" in page
    assert "80 failed, 6000 ok" in page
    assert page.count("<circle") == 2000
    assert "cause 49" in page and "cause 50<" not in page


def test_leaderboard() -> None:
    rows = list(csv.DictReader(leaderboard_csv(trials(), METRICS["roc_auc"], 3)))
    assert [row["trial"] for row in rows] == ["1", "3", "0", "2"]
    assert [row["rank"] for row in rows] == ["1", "2", "3", ""]
    assert rows[0]["roc_auc"] == "0.9" and rows[0]["fold_2"] == "0.9" and rows[0]["rounds"] == "7"
    assert json.loads(rows[0]["params"]) == {"model.C": 1.0}
    assert rows[3]["error"] == "ValueError: <b>bad</b> & worse" and rows[3]["roc_auc"] == ""


def test_an_error_is_no_formula_in_a_spreadsheet() -> None:
    lines = leaderboard_csv([TrialRow(0, "linear", "failed", error="=cmd|' /c calc'!A1")], METRICS["roc_auc"], 1)
    assert next(csv.DictReader(lines))["error"].startswith("'=")


def test_the_chart_takes_one_trial_and_equal_scores_and_outliers() -> None:
    assert history_svg(Overview(METRICS["rmse"])) == ""
    assert "circle" in history_svg(Overview(METRICS["rmse"], [TrialRow(0, "c", "ok", 1.0)]))
    far = [TrialRow(i, "c", "ok", 1.0 + i / 100) for i in range(30)] + [TrialRow(30, "c", "ok", 1e12)]
    assert "1e+12" not in history_svg(Overview(METRICS["rmse"], far)).partition("<polyline")[0]


def test_units() -> None:
    assert [seconds_text(x) for x in (None, 0.00123, 1.0, 61.2, 245.0, 7380.0)] == [
        "-", "0.0012 s", "1.0 s", "61.2 s", "4 min 5 s", "2 h 3 min",
    ]  # fmt: skip
    assert [bytes_text(x) for x in (None, 12, 2048, 3 * 2**30)] == ["-", "12 B", "2.0 KiB", "3.0 GiB"]
    assert score_text(0.123456789) == "0.123457" and score_text(float("nan")) == "-"


def test_a_winner_that_was_refused_is_told_with_the_criteria() -> None:
    criteria = [{"criterion": HOSTILE, "met": False, "measured": "0.88"}]
    scores = {"validation_score": 0.9, "holdout_score": 0.88, "baseline_score": 0.5}
    refused = {"trial": 1, "candidate": "linear", **scores, "criteria": criteria}
    page = report_html(plan(), Overview(plan().scorer, trials()), {}, refused)
    tags(page)
    for text in ("not accepted", "linear (trial 1)", "Acceptance criteria", "missed", "&lt;script&gt;"):
        assert text in page
    assert "not finished" not in page


def test_a_time_without_a_budget_and_why_trials_were_stopped() -> None:
    rungs = len(plan().rungs)
    page = page_of([TrialRow(0, "linear", "ok", 0.9, folds=(0.9,)), TrialRow(1, "linear", "pruned", rung=0)])
    assert "<td>12.0 s</td>" in page and f"stopped after rung 1 of {rungs}" in page
    assert "12.0 s of 1 min 40 s" in report_html(plan(), Overview(plan().scorer), {**RESULT, "budget_s": 100.0})
