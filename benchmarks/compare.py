"""The table of all systems on the real tasks, as Markdown on stdout.

    python benchmarks/compare.py [--runs FILE] [--peers FILE ...]

`--runs`: lines of `real_tasks.py`. `--peers`: lines of other systems on the same split, as `shared/bench/peers.py`
writes them: {"peer": NAME, "data": TASK, "budget_s": S, METRIC: SCORE} or {..., "error": TEXT}. Of several lines for
one task the last one that has a score counts. Ranks are taken over the tasks that every system has a score for.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks import HIGHER_IS_BETTER, METRICS

RESULTS = Path(__file__).resolve().parent / "results"
BASELINE = "baseline"
Scores = dict[str, dict[str, float]]  # system -> task -> score


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=Path, default=RESULTS / "real_tasks.jsonl")
    parser.add_argument("--peers", type=Path, nargs="*", default=sorted(RESULTS.glob("peers*.jsonl")))
    asked = parser.parse_args(arguments)
    runs = read_lines([asked.runs])
    print(markdown(*collect(runs, read_lines(asked.peers))), end="")


def read_lines(files: Iterable[Path]) -> list[dict[str, Any]]:
    """The JSON lines of all files that are there."""
    texts = [file.read_text(encoding="utf-8") for file in files if file.is_file()]
    return [json.loads(line) for text in texts for line in text.splitlines() if line.strip()]


def collect(runs: Iterable[Mapping[str, Any]], peers: Iterable[Mapping[str, Any]]) -> tuple[dict[str, str], Scores]:
    """The metric of each task, and every system's score; a system is one name with one budget."""
    metrics: dict[str, str] = {}
    scores: Scores = {BASELINE: {}}
    for line in runs:
        metrics[line["task"]] = line["metric"]
        scores[BASELINE][line["task"]] = line["baseline_score"]
        if "error" not in line:
            scores.setdefault(f"automl {line['budget_s']:g} s", {})[line["task"]] = line["score"]
    for line in peers:
        metric = METRICS[line["task"]]
        if line["data"] in metrics and metric in line:
            scores.setdefault(f"{line['peer']} {line['budget_s']:g} s", {})[line["data"]] = line[metric]
    return metrics, scores


def markdown(metrics: Mapping[str, str], scores: Scores) -> str:
    """One row per task (the best score in bold), then mean rank and wins over the baseline."""
    systems = list(scores)
    lines = ["| task | metric | " + " | ".join(systems) + " |", "|---|---|" + "---:|" * len(systems)]
    for task, metric in metrics.items():
        found = {system: scores[system].get(task) for system in systems}
        best = min(ranks(found, metric).items(), key=lambda pair: pair[1], default=(None, 0))[1]
        cells = [_cell(found[system], ranks(found, metric).get(system) == best) for system in systems]
        lines.append(f"| {task} | {metric} | " + " | ".join(cells) + " |")
    common = [task for task in metrics if all(task in scores[system] for system in systems)]
    mean = [_mean_rank(system, common, metrics, scores) for system in systems]
    lines.append(f"| **mean rank** | of {len(common)} tasks | " + " | ".join(mean) + " |")
    wins = [_wins(system, metrics, scores) for system in systems]
    lines.append("| **better than the baseline** | | " + " | ".join(wins) + " |")
    return "\n".join(lines) + "\n"


def ranks(found: Mapping[str, float | None], metric: str) -> dict[str, float]:
    """The rank of each system that has a score: 1 is best; equal scores share the mean of their ranks."""
    sign = -1.0 if metric in HIGHER_IS_BETTER else 1.0
    known = {system: sign * score for system, score in found.items() if score is not None}
    return {
        system: 1 + sum(other < value for other in known.values()) + (list(known.values()).count(value) - 1) / 2
        for system, value in known.items()
    }


def _mean_rank(system: str, tasks: Sequence[str], metrics: Mapping[str, str], scores: Scores) -> str:
    taken = [ranks({name: scores[name][task] for name in scores}, metrics[task])[system] for task in tasks]
    return f"{sum(taken) / len(taken):.2f}" if taken else "-"


def _wins(system: str, metrics: Mapping[str, str], scores: Scores) -> str:
    if system == BASELINE:
        return "-"
    tasks = [task for task in metrics if task in scores[system]]
    pairs = [(task, {system: scores[system][task], BASELINE: scores[BASELINE][task]}) for task in tasks]
    won = sum(ranks(pair, metrics[task])[system] == 1 for task, pair in pairs)
    return f"{won} of {len(tasks)}"


def _cell(score: float | None, best: bool) -> str:
    if score is None:
        return "-"
    text = f"{score:.5g}" if abs(score) >= 1 else f"{score:.5f}"
    return f"**{text}**" if best else text


if __name__ == "__main__":
    main()
