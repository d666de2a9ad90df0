"""What a search is worth: the winner against one default LightGBM fit, and against the search's own first trials.

For each shipped spec, in one run: `automl train` with the spec's own budget; then one LightGBM model with default
parameters, fitted on the same development rows and scored on the same holdout (categories as LightGBM categories, dates
as seconds). A table on stderr, JSON lines on stdout.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from record import circumstances

from automl.catalog import METRICS
from automl.measure import measure
from automl.planning import Planned, make_plan
from automl.report.history import trials_of
from automl.rows import Rows
from automl.runtime.columns import Text
from automl.search.ledger import read_ledger

ROOT = Path(__file__).resolve().parent.parent
SPECS = ("bank", "bike", "car")


def main() -> None:
    """Measure the specs named on the command line, or all three."""
    print(
        f"{'spec':<6}{'metric':<10}{'baseline':>10}{'default':>10}{'winner':>10}{'first':>10}{'best':>10}",
        file=sys.stderr,
    )
    for name in sys.argv[1:] or SPECS:
        found = compare(ROOT / "specs" / f"{name}.yaml")
        print(json.dumps({**found, **circumstances()}), flush=True)
        shown = (found[key] for key in ("baseline_holdout", "default_lightgbm_holdout", "winner_holdout"))
        cells = "".join(
            f"{value:>10.4f}" for value in (*shown, found["first_trials_validation"], found["best_validation"])
        )
        print(f"{name:<6}{found['metric']:<10}{cells}", file=sys.stderr)


def compare(spec: Path) -> dict[str, Any]:
    """Holdout scores of baseline, default LightGBM and winner; fold scores of the first and the best trials."""
    planned = make_plan(spec)
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "automl", "train", str(spec), "-o", f"{out}/run", "--format", "json", "-q"]
        result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        rows = trials_of(read_ledger(Path(out) / "run" / "ledger.jsonl").events)
    defaults = len(planned.plan.candidates)  # the baseline, then every candidate with its default parameters
    better = max if METRICS[planned.plan.metric].greater_is_better else min
    return {
        "measure": "search against default",
        "spec": planned.plan.spec.name,
        "metric": planned.plan.metric,
        "baseline_holdout": result["baseline_score"],
        "default_lightgbm_holdout": default_lightgbm(planned),
        "winner_holdout": result["holdout_score"],
        "first_trials_validation": better(row.score for row in rows if row.number < defaults and row.score is not None),
        "best_validation": result["validation_score"],
        "trials": sum(result["trials"].values()),
        "wall_s": result["wall_s"],
        "budget_s": result["budget_s"],
        "utilisation": result["utilisation"],
        "seed": planned.plan.spec.search.seed,
    }


def default_lightgbm(planned: Planned) -> float:
    """The holdout score of LightGBM's scikit-learn class with no parameter set, one thread."""
    data, plan = planned.dataset, planned.plan
    rows = Rows(data.context)
    assert plan.rows.held_out is not None
    dev, held_out = rows.resolve(plan.rows.dev), rows.resolve(plan.rows.held_out)
    columns = list(data.columns.values())
    table = np.column_stack([c.codes.astype(np.float64) if isinstance(c, Text) else c for c in columns])
    categories = [i for i, c in enumerate(columns) if isinstance(c, Text)]
    kind = lightgbm.LGBMRegressor if plan.task == "regression" else lightgbm.LGBMClassifier
    model = kind(n_jobs=1, verbose=-1).fit(table[dev], data.target[dev], categorical_feature=categories)
    if plan.task == "regression":
        prediction = np.asarray(model.predict(table[held_out]))[:, np.newaxis]
    else:
        prediction = np.asarray(model.predict_proba(table[held_out]))
    return measure(METRICS[plan.metric], prediction, data.target[held_out], len(plan.classes))


if __name__ == "__main__":
    main()
