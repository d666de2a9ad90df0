"""Rebuild a package from its plan and data, and compare: every byte of every file, and every prediction."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from automl.driver.finish import Final, Story, fit_final, interval_of, request_of
from automl.driver.package import predict_file
from automl.emit.assemble import package_files
from automl.emit.manifest import NAME, manifest_differences, package_digest
from automl.errors import AutomlError, error
from automl.executors.inline import InlineExecutor
from automl.fit import FitContext, run
from automl.lock import FILE_NAME, differences, read_locks
from automl.plan import Lock, TrialScore
from automl.planning import Planned, load_planned, read_plan
from automl.rows import Rows
from automl.runtime.columns import Matrix
from automl.search.budget import SearchSettings
from automl.search.decisions import chosen, read_decisions, without_interval
from automl.search.ledger import Ledger
from automl.search.loop import run_search

CACHES = {"__pycache__", ".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache"}
SHOWN = 20  # differences that are told one by one


@dataclass
class Verdict:
    """What was compared and what came of it. `ok`: every byte and every prediction is the same."""

    lines: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {**self.facts, "differences": self.differences}

    def say(self, line: str) -> None:
        """One more line of what was seen."""
        self.lines.append(line)

    def differ(self, what: Sequence[str]) -> None:
        """Differences, told and counted."""
        self.differences += what
        self.lines += [f"DIFFERENT: {text}" for text in what[:SHOWN]]
        if len(what) > SHOWN:
            self.lines.append(f"and {len(what) - SHOWN} more differences")


@dataclass(frozen=True)
class _Package:
    """What a package says of itself."""

    path: Path
    planned: Planned
    lock: Lock
    winner: TrialScore
    baseline: TrialScore | None
    decisions: tuple[Mapping[str, Any], ...]


def verify(package: Path, data: Path | None, search: bool) -> Verdict:
    """Refit the winner, emit it again in memory, and compare with `package`; with `search`, replay all trials, too.

    Raises AutomlError where there is no package (VER001, VER002), its data is gone (VER003) or is other data (PLAN005).
    """
    verdict = Verdict()
    read = _read(package, data)
    _same_machine(read, verdict)
    verdict.differ(manifest_differences(package))
    context = FitContext(read.planned.plan, read.planned.dataset, read.planned.modules)
    executor = InlineExecutor(run, context, read.planned.plan.spec.search.trial.cpus)
    if search:
        _replay(read, executor, verdict)
    final = fit_final(read.planned.plan, executor, [read.winner], predict=True)
    _compare_files(read, context, final, verdict)
    _compare_predictions(read, final, verdict)
    verdict.say(
        "every byte and every prediction is the same" if verdict.ok else f"{len(verdict.differences)} differences"
    )
    return verdict


def _read(package: Path, data: Path | None) -> _Package:
    """The package's own record. Raises AutomlError."""
    if not (package / NAME).is_file():
        raise error(
            "VER001",
            f"{package} holds no package: there is no {NAME}",
            "name the folder that `automl train` calls package",
        )
    plan = read_plan(package / "plan.json")
    try:
        winner = json.loads((package / "winner.json").read_text(encoding="utf-8"))
        decisions = json.loads((package / "decisions.json").read_text(encoding="utf-8"))
        trial = TrialScore.model_validate(winner["winner"]["trial"])
        baseline = None if winner["baseline"] is None else TrialScore.model_validate(winner["baseline"])
        lock = read_locks(package / FILE_NAME)[plan.spec.name]
        read_decisions(decisions)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        first = str(problem).splitlines()[0]
        text = f"the record in {package} cannot be read: {type(problem).__name__}: {first}"
        raise error("VER002", text, "take the package as `automl train` wrote it") from None
    test = _data_of(package, plan.spec.data.test, data, "test") if plan.spec.data.test else ()
    planned = load_planned(plan, _data_of(package, plan.spec.data.path, data), _modules_of(package), test=test)
    return _Package(package, planned, lock, trial, baseline, tuple(decisions))


def _data_of(package: Path, names: Sequence[str], data: Path | None, key: str = "data") -> tuple[Path, ...]:
    """`--data`, else where the run that made the package read it. A test file lies beside what `--data` names."""
    if data is not None and (data.is_dir() or key == "test"):
        return tuple((data if data.is_dir() else data.parent) / Path(name).name for name in names)
    if data is not None:
        return (data,)
    result = package.parent / "result.json"
    places: list[Path] = []
    if result.is_file():
        try:
            places = [Path(place) for place in json.loads(result.read_text(encoding="utf-8"))[key]]
        except (ValueError, KeyError, TypeError):
            places = []
    if not places:
        text = f"the data of the package is not known here: there is no {result.name} of its run beside it"
        raise error("VER003", text, f"name it with --data: {', '.join(names)}")
    gone = [str(place) for place in places if not place.is_file()]
    if gone:
        raise error(
            "VER003", f"the data that the package was trained on is gone: {', '.join(gone)}", "name it with --data"
        )
    return tuple(places)


def _modules_of(package: Path) -> tuple[Path, ...]:
    """Where the run that made the package found the user's own metric; else here, or installed."""
    try:
        said = json.loads((package.parent / "result.json").read_text(encoding="utf-8"))["modules"]
    except (OSError, ValueError, KeyError, TypeError):
        return (Path(),)
    return (Path(str(said)), Path())


def _same_machine(read: _Package, verdict: Verdict) -> None:
    """Say for which CPU class and versions the comparison holds."""
    here = read.planned.lock
    verdict.facts = {"package": str(read.path), "cpu": here.cpu, "blas": here.blas, "versions": dict(here.versions)}
    verdict.say(f"package {read.path}, {package_digest((read.path / NAME).read_bytes())}")
    verdict.say(f"this machine: {here.cpu}, {here.blas}, Python {here.versions['python']}")
    changed = differences(read.lock, here)
    verdict.facts["other_machine"] = changed
    if changed:
        verdict.say("equal bytes are promised for one CPU class and one set of versions only; here:")
        verdict.lines += [f"  {text}" for text in changed]


def _compare_files(read: _Package, context: FitContext, final: Final, verdict: Verdict) -> None:
    """Emit again in memory, with the lock that the package has, and compare all files."""
    story = Story(read.lock, read.baseline, read.decisions)
    left_out = without_interval(read_decisions(read.decisions))
    spread = None if left_out else interval_of(context, final)
    files, _ = package_files(request_of(context, final, story, spread))
    wrong = [text for path, content in files.items() for text in _difference(read.path / path, path, content)]
    wrong += [f"{path}: no part of the package" for path in _extra(read.path, set(files))]
    verdict.differ(wrong)
    artifacts = sum("/artifacts/" in path for path in files)
    verdict.say(f"{len(files) - len(wrong)} of {len(files)} files are the same ({artifacts} of them artifacts)")
    verdict.facts["files"] = len(files)


def _extra(package: Path, known: set[str]) -> list[str]:
    """Files that lie in the package and are not of it; caches, which nothing reads as source, are left out."""
    found = (file.relative_to(package) for file in package.rglob("*") if not file.is_dir())
    return sorted(path.as_posix() for path in found if not CACHES & set(path.parts) and path.as_posix() not in known)


def _difference(file: Path, path: str, content: bytes) -> list[str]:
    if file.is_symlink() or not file.is_file():
        return [f"{path}: gone, or no longer a file of its own"]
    there = file.read_bytes()
    if there == content:
        return []
    at = next(
        (i for i, (a, b) in enumerate(zip(there, content, strict=False)) if a != b), min(len(there), len(content))
    )
    return [f"{path}: {len(there)} bytes, the rebuilt one has {len(content)}; they part at byte {at}"]


def _compare_predictions(read: _Package, final: Final, verdict: Verdict) -> None:
    """The package's own predictions of every training row, made in a process of its own, against the refit's."""
    try:
        theirs = _package_predictions(read)
    except AutomlError as refused:
        verdict.differ([f"the package does not predict: {refused}"])
        return
    ours = final.whole.prediction
    if theirs.shape != ours.shape:
        verdict.differ([f"predictions: {theirs.shape} instead of {ours.shape}"])
        return
    off = int(np.count_nonzero(np.any(theirs.view(np.uint64) != ours.view(np.uint64), axis=1)))
    verdict.facts["rows"], verdict.facts["rows_different"] = len(ours), off
    verdict.facts["largest_difference"] = float(np.max(np.abs(theirs - ours), initial=0.0))
    if off:
        largest = verdict.facts["largest_difference"]
        verdict.differ([f"predictions: {off} of {len(ours)} rows, by at most {largest:.3g}"])
    else:
        verdict.say(f"all predictions of {len(ours)} rows are the same, to the last bit")


def _package_predictions(read: _Package) -> Matrix:
    """What the package's command says of every training row that has a target. csv holds floats to the last bit."""
    with tempfile.TemporaryDirectory() as folder:
        parts = [_predict_file(read, file, Path(folder) / "out.csv") for file in read.planned.data]
    dataset = read.planned.dataset
    fitted = Rows(dataset.context).resolve(read.planned.plan.rows.whole)  # all of them, but for a test file's
    return np.concatenate(parts)[dataset.file_rows[fitted]]


def _predict_file(read: _Package, data: Path, out: Path) -> Matrix:
    ended = predict_file(read.path, data.absolute(), out)
    if ended.returncode != 0:
        text = (ended.stderr or ended.stdout).strip().splitlines()
        raise error("VER004", text[-1] if text else f"exit code {ended.returncode}")
    width = max(1, len(read.planned.plan.classes))
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return np.array([[float(cell) for cell in row[-width:]] for row in rows], dtype=np.float64).reshape(-1, width)


def _replay(read: _Package, executor: InlineExecutor, verdict: Verdict) -> None:
    """All trials again, with the recorded decisions in the place of clocks; the same trial must win."""
    plan = read.planned.plan
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.create(Path(folder) / "ledger.jsonl", {"search": plan.search_digest})
        settings = SearchSettings(trials=plan.spec.search.budget.trials, replay=read_decisions(read.decisions))
        found = run_search(plan, executor, ledger, settings, lambda _event: None)
        ledger.close()
    executor.drop()  # what a cut left under way
    said = chosen(found.decisions)
    best = found.best if said is None else next((t for t in found.leaders if t.number == said), None)
    if best != read.winner:
        told = "none" if best is None else f"trial {best.number} ({best.candidate}), {best.score!r}"
        verdict.differ([f"the search: {told} wins the replay, not trial {read.winner.number}, {read.winner.score!r}"])
    else:
        verdict.say(f"the replay of {found.settled_units} fits has the same winner: trial {read.winner.number}")
    verdict.facts["replayed"] = found.settled_units
