"""Over which rungs trials race: which tables and candidates get a sample first, and that no sample leaks."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Literal

import numpy as np
import pytest

from automl.compiler.draft import Draft
from automl.compiler.lay_out_rows import INNER_FOLDS
from automl.compiler.lay_out_rungs import lay_out_rungs, race_of_folds
from automl.compiler.prove_no_leak import prove_no_leak
from automl.plan import RowPlan, Rung
from automl.rows import Rows, RowSet
from tests.support.folds import KINDS
from tests.support.tables import SPEC, draft_of, errors, mixed, passed

pass_file = import_module("automl.compiler.lay_out_rungs")  # its package has the function of that name
ROWS = 240
TABLE = mixed(ROWS)
IN_FOLD = 128  # rows that a fold of three is fitted on, after a holdout of a fifth


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Constants under which a tiny table is large and its fits are long."""
    monkeypatch.setattr(pass_file, "LEAST_ROWS", 20)
    monkeypatch.setattr(pass_file, "LONG_S", 0.0)
    monkeypatch.setattr(pass_file, "SAVES", 1)


def laid_out(kind: str = "random", more: str = "") -> Draft:
    return passed(draft_of(TABLE, SPEC + KINDS[kind] + more), lay_out_rungs)


def forecast(draft: Draft, seconds: float) -> Draft:
    """The draft before the pass, with fits of that length."""
    slow = tuple(
        c.model_copy(update={"forecast": c.forecast.model_copy(update={"cpu_s": seconds})}) for c in draft.candidates
    )
    return replace(draft, rungs=(), candidates=slow, decisions=())


@pytest.mark.parametrize(("kind", "order"), [("random", (0, 1, 2)), ("stratified", (0, 1, 2)), ("time", (2, 1, 0))])
def test_a_small_table_races_on_a_fold_and_in_time_on_the_newest(kind: str, order: tuple[int, ...]) -> None:
    draft = laid_out(kind)
    assert draft.rungs == race_of_folds(order) == (Rung(folds=order[:1]), Rung(folds=order[1:]))
    assert {candidate.first_rung for candidate in draft.candidates} == {0}
    assert not any("rung" in decision.subject for decision in draft.decisions)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_lies_within_one_fold(kind: str, small: None) -> None:
    draft = laid_out(kind)
    sample, whole, others = draft.rungs
    plan = draft.laid_out
    assert draft.dataset is not None and sample.fit is not None
    assert (sample.folds, whole.folds, len(others.folds)) == (whole.folds, sample.folds, 2)
    assert [rung.whole for rung in draft.rungs] == [False, True, True]
    rows, (fold,) = Rows(draft.dataset.context), sample.folds
    fitted, scored = (set(rows.resolve(side(plan, fold))) for side in (sample.fit_rows, sample.score_rows))
    assert fitted < set(rows.resolve(plan.fold(fold, "in"))) and scored < set(rows.resolve(plan.fold(fold, "out")))
    assert len(fitted) == sample.fit.count
    assert sample.share == pytest.approx(len(fitted) / len(rows.resolve(plan.fold(fold, "in"))), rel=0.01)
    (said,) = [decision for decision in draft.decisions if decision.subject == "search: first rung"]
    assert said.value == f"a sample of {len(fitted)} rows"


def test_a_sample_keeps_the_classes(small: None) -> None:
    draft = laid_out("stratified")
    assert draft.dataset is not None
    rows, (sample, *_) = Rows(draft.dataset.context), draft.rungs
    for part, whole in (
        (sample.fit_rows(draft.laid_out, 0), draft.laid_out.fold(0, "in")),
        (sample.score_rows(draft.laid_out, 0), draft.laid_out.fold(0, "out")),
    ):
        shares = [np.mean(draft.dataset.target[rows.resolve(one)]) for one in (part, whole)]
        assert shares[0] == pytest.approx(shares[1], abs=0.05)


def test_the_baseline_and_what_saves_little_begin_at_the_whole_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pass_file, "LEAST_ROWS", 20)
    draft = laid_out()
    long = lay_out_rungs(forecast(draft, 10.0))
    assert len(long.rungs) == 3 and {c.first_rung for c in long.candidates} == {0}
    assert lay_out_rungs(forecast(draft, pass_file.LONG_S / 2)).rungs == race_of_folds(range(3)), "all fits are short"
    slow = forecast(draft, 10.0).candidates
    mixed_up = replace(draft, candidates=(draft.candidates[0], *slow[1:]))
    assert [c.first_rung for c in lay_out_rungs(mixed_up).candidates] == [1] + [0] * (len(slow) - 1)
    few = replace(draft, candidates=(*draft.candidates[:-1], slow[-1]))
    assert lay_out_rungs(few).rungs == race_of_folds(range(3)), "one candidate is no race"


def test_a_table_must_be_large(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = forecast(laid_out(), 10.0)
    for rows, rungs in ((IN_FOLD // pass_file.SAVES, 3), (IN_FOLD // pass_file.SAVES + 1, 2)):
        monkeypatch.setattr(pass_file, "LEAST_ROWS", rows)
        assert len(lay_out_rungs(draft).rungs) == rungs


@pytest.mark.parametrize("kind", ["group", "time"])
def test_a_sample_that_has_no_inner_folds_is_none(kind: str, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few groups may have most of the rows, many rows may be of one time."""
    assert len(laid_out(kind).rungs) == 3
    monkeypatch.setattr(pass_file, "LEAST_ROWS", INNER_FOLDS - 1)
    monkeypatch.setattr(pass_file, "SHARE", 0.0)
    assert len(laid_out(kind).rungs) == 2


class LeakingRung(Rung):
    """Fits a sample of all rows that the search may see."""

    def fit_rows(self, rows: RowPlan, fold: int) -> RowSet:
        assert self.fit is not None
        return rows.dev.part(self.fit, 0, "in")


@pytest.mark.parametrize("side", ["fit", "fit as scored"])
def test_a_sample_that_leaks_is_refused(side: Literal["fit", "fit as scored"], small: None) -> None:
    draft = laid_out()
    assert errors(prove_no_leak(draft)) == []
    sample, *others = draft.rungs
    leaking: Rung = LeakingRung(**{name: getattr(sample, name) for name in Rung.model_fields})
    if side == "fit as scored":
        leaking = SwappedRung(**{name: getattr(sample, name) for name in Rung.model_fields})
    found = errors(prove_no_leak(replace(draft, rungs=(leaking, *others))))
    assert found and {diagnostic.code for diagnostic in found} == {"LEAK001"}


class SwappedRung(Rung):
    """Fits a sample of the very rows that are scored."""

    def fit_rows(self, rows: RowPlan, fold: int) -> RowSet:
        assert self.fit is not None
        return rows.fold(fold, "out").part(self.fit, 0, "in")


def test_a_longer_budget_or_another_seed(small: None) -> None:
    """The sample depends on the seed of the search, not on its budget."""
    plain, longer = laid_out().rungs, laid_out(more="search: {budget: {trials: 7}}\n").rungs
    other = laid_out(more="search: {seed: 1}\n").rungs
    assert plain == longer and plain[0].fit != other[0].fit
    assert plain[0].fit is not None and plain[0].score is not None and plain[0].fit.seed != plain[0].score.seed
