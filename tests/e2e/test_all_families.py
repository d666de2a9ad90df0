"""Every family in one search: one package on every executor, and every family's package has the bits of its trial."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml

from automl.catalog import FAMILIES, OPERATORS
from automl.executors.session import Session
from automl.plan import Plan, TrialScore
from automl.planning import data_of_plan, load_planned, read_plan
from automl.rows import ALL
from tests.e2e.data import NAME, write_csv
from tests.e2e.support import asked, events, run_inline, run_on
from tests.e2e.test_package_bits import fitted, package_of, same_bits, told_alone, trials
from tests.e2e.test_same_winner import check_same
from tests.e2e.test_same_winner import delays as delays

pytestmark = pytest.mark.slow

TRIALS = 24
WORDS = ("late", "kind", "slow", "cheap", "bright", "quiet", "broken", "swift", "heavy", "plain", "odd", "warm")
SMALL = {"num_rounds": 12, "n_estimators": 10, "epochs": 5, "width": 8}  # fits that are quick


def rows(count: int = 150) -> list[dict[str, str]]:
    """Numbers, categories, dates and sentences, a tenth of each missing; what is to be predicted follows from all."""
    dice = random.Random(17)
    found = []
    for _ in range(count):
        size, city, days = dice.gauss(10, 3), dice.choice("abcdefgh"), dice.randrange(900)
        words = [dice.choice(WORDS) for _ in range(8)]
        pull = (size - 10) / 2 + (city < "d") + (days > 450) + words.count("broken") * 2 + dice.gauss(0, 1.5)
        row = {
            "size": f"{size:.3f}",
            "count": str(dice.randrange(40)),
            "city": f"city {city}",
            "day": (date(2023, 1, 1) + timedelta(days=days)).isoformat(),
            "note": " ".join(words),
        }
        found.append({name: "" if dice.random() < 0.1 else value for name, value in row.items()})
        found[-1]["left"] = "yes" if pull > 2 else "no"
    return found


def write_spec(folder: Path) -> Path:
    """All families, some trials of each. Networks and trees are small."""
    write_csv(folder / "shop.csv", rows())
    families = [name for name in FAMILIES if name != "constant"]
    space = {
        name: small
        for name, operator in OPERATORS.items()
        if operator.role == "estimator"
        and (small := {key: value for key, value in SMALL.items() if key in {**operator.space, **operator.fixed}})
    }
    spec = {
        "version": 1,
        "name": NAME,
        "data": {"path": "shop.csv", "target": "left", "positive": "yes", "columns": {"note": {"kind": "text"}}},
        "metric": "log_loss",
        "validation": {"folds": 3, "holdout": 0.2},
        "search": {"budget": {"trials": TRIALS}, "families": families, "parallelism": 4, "space": space},
    }
    (folder / "shop.yaml").write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
    return folder / "shop.yaml"


@pytest.fixture(scope="module")
def inline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run in this process; its spec is beside it."""
    folder = tmp_path_factory.mktemp("all")
    run_inline(write_spec(folder), folder / "inline")
    return folder / "inline"


def test_every_family_was_tried_on_every_kind_of_column(inline: Path) -> None:
    plan = read_plan(inline / "plan.json")
    assert {plan.candidate(candidate).family for candidate, _ in asked(inline)} == set(FAMILIES)
    kinds = {column.kind.value for column in plan.data_schema.columns if column.role == "feature"}
    assert kinds >= {"numeric", "integer", "categorical", "datetime", "text"}
    assert all(column.missing for column in plan.data_schema.columns if column.role == "feature")


@pytest.mark.parametrize(("executor", "workers"), [("local", 1), ("local", 3), ("ray", 2)])
def test_one_package_on_every_executor(
    executor: str, workers: int, inline: Path, tmp_path: Path, ray_cluster: Session, delays: None
) -> None:
    run_on(executor, inline.with_name("shop.yaml"), tmp_path / "run", workers=workers)
    check_same(tmp_path / "run", inline)


def best_of(family: str, run: Path, plan: Plan) -> TrialScore:
    """The family's best trial with a score; where the race stopped all of them, the first that was asked for."""
    scored = [trial for trial in trials(run) if plan.candidate(trial.candidate).family == family]
    if scored:
        return min(scored, key=lambda trial: (trial.score, trial.number))
    said = enumerate(asked(run))
    number, (candidate, params) = next(one for one in said if plan.candidate(one[1][0]).family == family)
    return TrialScore(number=number, candidate=candidate, params=params, folds=(), score=0.0)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_package_of_every_family_has_the_bits_of_its_trial(family: str, inline: Path, tmp_path: Path) -> None:
    plan = read_plan(inline / "plan.json")
    planned = load_planned(plan, data_of_plan(plan, inline.with_name("shop.yaml")))
    trial = best_of(family, inline, plan)
    inside, outside = plan.rows.fold(0, "in"), plan.rows.fold(0, "out")
    scored = next(each["score"] for each in events(inline, "finished") if each["trial"] == trial.number)
    own = trial.model_copy(update={"rounds": None})  # seeds hang on all parameters: other rounds, another fit
    # Along the path of boosting, trees are summed in parts: equal but for the last bits (0006).
    assert fitted(planned, own, inside, outside).score == pytest.approx(scored, rel=1e-12, abs=0.0)
    whole = fitted(planned, trial, inside, ALL)
    package = package_of(planned, trial, whole, tmp_path / "package")
    assert len(np.unique(whole.prediction)) > 10 or family == "constant"
    for told in told_alone(package, rows(), tmp_path):
        assert same_bits(told, whole.prediction)
