"""A race over a sample of rows, one fold, the other folds: who goes on, in which order, and what is told of it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from automl.catalog import OPERATORS
from automl.graph import Graph, Node
from automl.jobs import Done, Job, Outcome, Scores
from automl.plan import Candidate, Forecast, Rung
from automl.rows import Split, disjoint
from automl.search.budget import SearchSettings
from automl.search.events import SearchResult
from automl.search.ledger import read_ledger
from automl.search.race import Race
from automl.search.unit_jobs import params_at
from tests.support.plans import CANDIDATES, fake_score, metric, tiny_plan
from tests.support.search import FakeExecutor, Story, search

SAMPLE = Rung(
    folds=(0,),
    fit=Split(kind="sample", count=10, seed=1),
    score=Split(kind="sample", count=5, seed=2),
    share=0.2,
)
RUNGS = (SAMPLE, Rung(folds=(0,)), Rung(folds=(1, 2)))
SIXTY = SearchSettings(trials=60)
BOOSTED, OTHERS = CANDIDATES[2], tuple(c.model_copy(update={"first_rung": 1}) for c in (CANDIDATES[0], CANDIDATES[3]))
PLAN = tiny_plan((OTHERS[0], CANDIDATES[1], BOOSTED, OTHERS[1]), rungs=RUNGS)  # the baseline and one begin at rung 1


def rung_of(job: Job) -> int:
    """Where a job of the plan belongs."""
    assert job.score_rows is not None
    if job.fit_rows.path[-1].split.kind == "sample":
        return 0
    return 1 if job.score_rows.path[-1].index == 0 else 2


def fit(_context: Mapping[str, Any], job: Job) -> Scores:
    """Like the fake fit; on a sample it is worse, and partly luck."""
    assert job.score_rows is not None and disjoint(job.fit_rows, job.score_rows)
    if rung_of(job) > 0:
        return Scores(fake_score(job))
    return Scores(fake_score(job) - 0.2 + 0.01 * random.Random(job.key).random())


class Shuffled(FakeExecutor):
    """Jobs end in an order that nobody can tell before."""

    def __init__(self, seed: int) -> None:
        super().__init__(fit)
        self._dice = random.Random(seed)

    def finish_one(self) -> Done | None:
        self._queue.rotate(self._dice.randrange(len(self._queue) or 1))
        return super().finish_one()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[SearchResult, Story, list[dict[str, Any]], list[Job]]:
    """60 trials over three rungs: what they came to, the ledger's lines, and the jobs in the order of their start."""
    path, executor = tmp_path_factory.mktemp("rungs") / "ledger", FakeExecutor(fit)
    result, story, _ = search(PLAN, path, SIXTY, executor)
    return result, story, [dict(event) for event in read_ledger(path).events], executor.ran


Told = tuple[SearchResult, Story, list[dict[str, Any]], list[Job]]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_story_in_whatever_order_units_arrive(seed: int, told: Told, tmp_path: Path) -> None:
    assert search(PLAN, tmp_path / "ledger", SIXTY, Shuffled(seed))[1] == told[1]


def test_a_ledger_cut_off_anywhere_is_continued_to_the_same_end(told: Told, tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    search(PLAN, path, SIXTY, FakeExecutor(fit))
    lines = path.read_bytes().splitlines(keepends=True)
    for share in (0.2, 0.6):
        path.write_bytes(b"".join(lines[: int(share * len(lines))]))
        assert search(PLAN, path, SIXTY, Shuffled(4))[1] == told[1]


def test_each_rung_reads_its_own_settled_units_and_nothing_else(told: Told) -> None:
    """The rule once more, from the ledger alone: scores of a rung in the order in which they are settled there."""
    _, _, lines, _ = told
    scores = {(e["trial"], e["rung"], e["fold"]): e["score"] for e in lines if e["event"] == "finished"}
    settled = [e for e in lines if e["event"] == "settled"]
    raced, race = 0, Race(metric(True))
    for line in settled:
        trial, rung = line["trial"], line["rung"]
        if rung == len(RUNGS) - 1:
            continue
        goes_on = race.goes_on(rung, scores[trial, rung, line["fold"]])
        if trial > 1:
            raced += 1
            assert ("closed" in line) == (not goes_on)
            assert goes_on == any(e["trial"] == trial and e["rung"] == rung + 1 for e in settled)
    assert raced > 60


def test_parts_of_a_fold_never_count(told: Told) -> None:
    result, _, lines, jobs = told
    pruned = [trial for trial in result.unscored if trial.outcome is Outcome.PRUNED]
    assert {len(trial.folds) for trial in result.trials} == {3}
    scores = {(e["trial"], e["rung"], e["fold"]): e["score"] for e in lines if e["event"] == "finished"}
    for trial in result.trials:
        assert trial.folds == (scores[trial.number, 1, 0], scores[trial.number, 2, 1], scores[trial.number, 2, 2])
    counts = [
        sum(rung_of(job) == rung and job.candidate in ("forest", "boosting") for job in jobs) for rung in range(3)
    ]
    assert counts[0] > 1.5 * counts[1] > 1.5 * counts[2] / 2 and len(pruned) > 25
    best = result.best
    assert best is not None
    for trial in pruned:
        assert trial.estimate is not None and trial.estimate < best.score + 0.05, "as of whole folds, not of a sample"
        assert trial.estimate > best.score - 0.5


def test_cheap_candidates_begin_at_the_whole_fold(told: Told) -> None:
    began = {job.candidate: [] for job in told[3]}
    for job in told[3]:
        began[job.candidate].append(rung_of(job))
    assert min(began["constant"]) == min(began["linear"]) == 1
    assert min(began["forest"]) == min(began["boosting"]) == 0


def test_who_is_further_on_comes_first(told: Told) -> None:
    """Between a trial's promotion and its next unit on a slot, nothing of a lower rung is started."""
    _, _, lines, _ = told
    events = [(e["event"], e["trial"], e.get("rung")) for e in lines if e["event"] in ("asked", "settled")]
    for place, (event, trial, rung) in enumerate(events[:-1]):
        promoted = event == "settled" and rung < 2 and trial > 1
        if promoted and any(e == ("settled", trial, rung + 1) for e in events[place:]):
            assert events[place + 1][0] != "asked", "a slot came free: it is for the trial that goes on"


class Unlucky(FakeExecutor):
    """The seventh unit of each rung ends as a limit or a dying worker would end it."""

    def end(self, job: Job) -> Done:
        rung = rung_of(job)
        if [one.key for one in self.ran if rung_of(one) == rung].index(job.key) != 6:
            return super().end(job)
        ends: dict[int, dict[str, Any]] = {
            0: {"outcome": Outcome.OUT_OF_MEMORY},
            1: {"outcome": Outcome.TIMEOUT},
            2: {"outcome": Outcome.FAILED, "crashed": True, "retried": 1},
        }
        return Done(job.key, **ends[rung])


def test_what_the_machine_decided_at_any_rung_is_replayed(tmp_path: Path) -> None:
    executor = Unlucky(fit)
    result, story, _ = search(PLAN, tmp_path / "first", SIXTY, executor)
    assert {(d.kind, d.rung) for d in result.decisions} == {("out_of_memory", 0), ("timeout", 1), ("crashed", 2)}
    again, replayed, _ = search(
        PLAN, tmp_path / "replay", SearchSettings(trials=60, replay=result.decisions), Shuffled(5)
    )
    assert replayed == story and again.decisions == result.decisions


def test_a_trial_out_of_memory_ends_there(tmp_path: Path) -> None:
    result, _, _ = search(PLAN, tmp_path / "ledger", SIXTY, Unlucky(fit))
    decided = {d.trial: d.rung for d in result.decisions}
    outcomes = {trial.number: trial.outcome for trial in result.unscored if trial.number in decided}
    assert set(outcomes.values()) == {Outcome.OUT_OF_MEMORY, Outcome.TIMEOUT, Outcome.FAILED}
    settled = [e for e in read_ledger(tmp_path / "ledger").events if e["event"] == "settled" and e["trial"] in decided]
    assert max(e["rung"] - decided[e["trial"]] for e in settled) == 0, "nothing of it is fitted after that, or again"


def test_boosting_rounds_are_a_fidelity_too() -> None:
    name = next(name for name, operator in OPERATORS.items() if operator.rounds == "num_rounds")
    graph = Graph(nodes=(Node(id="model", op=name, inputs=("source",)),))
    one = Candidate(id="b", family="b", graph=graph, space={}, forecast=Forecast(cpu_s=1.0, memory_bytes=1))
    quarter = Rung(folds=(0,), rounds=0.25)
    assert not quarter.whole
    assert params_at(one, {"model.num_rounds": 200, "model.x": 1}, quarter) == {"model.num_rounds": 50, "model.x": 1}
    assert params_at(one, {"model.num_rounds": 2}, quarter) == {"model.num_rounds": 1}
    assert params_at(one, {"model.num_rounds": 200}, RUNGS[1]) == {"model.num_rounds": 200}
    assert params_at(CANDIDATES[3], {"model.c": 1.0}, RUNGS[1]) == {"model.c": 1.0}
