"""The package predicts, to the last bit, what the trainer predicted: for one row or many, and without the trainer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from automl.catalog.metrics import METRICS
from automl.driver.finish import Final, Story, final_params, request_of
from automl.emit.write import emit_package
from automl.fit import Engine, FitContext, Fitted, recipe_of
from automl.measure import measure
from automl.plan import TrialScore
from automl.planning import Planned, data_of_plan, load_planned, read_plan
from automl.rows import ALL, RowSet
from automl.runtime.columns import Matrix
from automl.runtime.state import State
from automl.tasks import lower
from tests.e2e.data import NAME
from tests.e2e.data import rows as table_rows
from tests.e2e.support import events, files_of

FOLD = 0  # which every trial fits


@pytest.fixture(scope="module")
def planned(spec: Path, finished: Path) -> Planned:
    """The plan of the finished run, with its data."""
    plan = read_plan(finished / "plan.json")
    return load_planned(plan, data_of_plan(plan, spec))


def trials(run: Path) -> list[TrialScore]:
    """Every trial as its ledger tells it, with the score of its first fold after all rounds."""
    fits = {event["trial"]: event for event in events(run, "finished") if event["fold"] == FOLD}
    found = []
    for number, start in enumerate(events(run, "asked")):
        score = fits[number]["score"]
        found.append(
            TrialScore(
                number=number,
                candidate=start["candidate"],
                params=start["params"],
                folds=(score,),
                score=score,
            )
        )
    return found


def fitted(planned: Planned, trial: TrialScore, fit_rows: RowSet, rows: RowSet) -> Fitted:
    """What the trainer's own engine makes of a trial: the States, and their prediction of `rows`."""
    candidate = planned.plan.candidate(trial.candidate)
    recipe = recipe_of(planned.plan, candidate, final_params(trial, planned.plan))
    lowering, engine = lower(recipe, fit_rows, rows), Engine(planned.dataset)
    states = {node: engine.result(candidate.graph, lowering, key) for node, key in lowering.fits.items()}
    prediction = np.asarray(engine.result(candidate.graph, lowering, lowering.output))
    target = planned.dataset.target[engine.rows.resolve(rows)]
    score = measure(METRICS[planned.plan.metric], prediction, target, len(planned.plan.classes))
    return Fitted({node: state for node, state in states.items() if isinstance(state, State)}, prediction, score)


def package_of(planned: Planned, trial: TrialScore, whole: Fitted, place: Path) -> Path:
    """A package of these States."""
    final = Final(trial, whole, None, None)
    request = request_of(FitContext(planned.plan, planned.dataset), final, Story(planned.lock, None, ()), None)
    return emit_package(replace(request, states=whole.states), place).path


def told_alone(package: Path, lines: list[dict[str, str]], place: Path, python: str = sys.executable) -> list[Matrix]:
    """What the package says in a Python of its own: in one batch, and row by row."""
    (place / "rows.json").write_text(json.dumps(lines), encoding="utf-8")
    script = Path(__file__).with_name("alone.py")
    world = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-P", "-B", script, package / "src", NAME, place / "rows.json", place / "out"],
        cwd=place,
        env=world,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = np.frombuffer((place / "out").read_bytes()).reshape(2, len(lines), -1)
    return [told[0], told[1]]


def same_bits(one: Matrix, other: Matrix) -> bool:
    """Equal shapes and equal bytes: 0.0 and -0.0 differ, NaN equals itself."""
    return one.shape == other.shape and one.tobytes() == other.tobytes()


@pytest.mark.parametrize("which", ["finished", "boosted"])
def test_the_winner_says_what_the_trainer_says(
    which: str, spec: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    run = request.getfixturevalue(which)
    plan = read_plan(run / "plan.json")
    planned = load_planned(plan, data_of_plan(plan, spec))
    said = json.loads((run / "package" / "winner.json").read_text())["winner"]["trial"]
    ours = fitted(planned, TrialScore.model_validate(said), ALL, ALL).prediction
    for told in told_alone(run / "package", table_rows(), tmp_path):
        assert same_bits(told, ours)


@pytest.mark.parametrize("number", range(4))
def test_a_trials_package_gives_the_predictions_that_were_scored(
    number: int, planned: Planned, finished: Path, tmp_path: Path
) -> None:
    """Every candidate: fitted on `in`, packed, and asked about `out`, as in the trial itself."""
    plan, trial = planned.plan, trials(finished)[number]
    assert trial.candidate == plan.candidates[number].id
    inside, outside = plan.rows.fold(FOLD, "in"), plan.rows.fold(FOLD, "out")
    fold = fitted(planned, trial, inside, outside)
    # Along the path of boosting, trees are summed in parts: equal but for the last bits (0006).
    assert fold.score == pytest.approx(trial.folds[FOLD], rel=1e-12, abs=0.0)
    at = Engine(planned.dataset).rows.resolve(outside)
    lines = [table_rows()[row] for row in planned.dataset.file_rows[at]]
    package = package_of(planned, trial, fold, tmp_path / "package")
    for told in told_alone(package, lines, tmp_path):
        assert same_bits(told, fold.prediction)


def test_the_comparison_sees_one_bit(planned: Planned, finished: Path) -> None:
    prediction = fitted(planned, trials(finished)[2], ALL, ALL).prediction
    other = prediction.copy()
    other[-1, 0] = np.nextafter(other[-1, 0], 1.0)
    assert not same_bits(prediction, other)


@pytest.mark.slow
@pytest.mark.parametrize("which", ["finished", "boosted"])
def test_in_a_fresh_environment(which: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Nothing installed but what requirements.lock names; the batch command and the golden tests of the package too."""
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        pytest.skip("uv is not installed: no fresh environment can be made")
    package = request.getfixturevalue(which) / "package"
    python = str(tmp_path / "venv" / "bin" / "python")
    install = [uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "--no-deps", "-r"]
    for line in (
        [uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv"],
        [*install, "requirements.lock"],
    ):
        subprocess.run(line, cwd=package, check=True, capture_output=True)
    here, there = (told_alone(package, table_rows(), tmp_path, each) for each in (sys.executable, python))
    assert same_bits(there[0], here[0])
    assert same_bits(there[1], here[0])
    assert not list(package.rglob("__pycache__"))
    assert len(files_of(package)) > 20
