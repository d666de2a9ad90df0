"""LightGBM's library through ctypes: bits, rounds, threads, errors."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import lightgbm as package
import numpy as np
import pytest

from automl.catalog import OPERATORS
from automl.fitting import lightgbm as fitting
from automl.fitting.target import Target
from automl.runtime import boosters
from automl.runtime.lightgbm import apply, apply_along, apply_at
from automl.runtime.state import State

RNG = np.random.default_rng(5)
X = RNG.normal(size=(400, 6))
X[:, 5] = RNG.integers(0, 9, 400)
X[RNG.random(X.shape) < 0.1] = np.nan
SIGNAL = np.nan_to_num(X[:, 0]) + np.nan_to_num(X[:, 5]) % 3 + RNG.normal(size=400)
TARGETS = {
    "binary": Target((SIGNAL > 1).astype(np.int64), 2),
    "multiclass": Target(np.digitize(SIGNAL, [0.0, 2.0]).astype(np.int64), 3),
    "regression": Target(SIGNAL, 0),
}


def trained(task: str, rounds: int = 25, **other: object) -> State:
    params = {name: param.default for name, param in OPERATORS["lightgbm"].space.items()}
    params |= {"bagging_freq": 1, "num_rounds": rounds, "categorical": (5,), **other}
    return fitting.fit((X,), TARGETS[task], params, 3)


@pytest.fixture(scope="module", params=sorted(TARGETS))
def state(request: pytest.FixtureRequest) -> State:
    return trained(request.param)


def test_single_row_path_has_the_bits_of_the_batch(state: State) -> None:
    assert state.text is not None and "split_gain" in state.text
    whole = apply(state, X)
    assert len(np.unique(whole[:, -1])) > 100
    rows = np.concatenate([apply(state, X[i : i + 1]) for i in range(len(X))])
    assert rows.tobytes() == whole.tobytes()
    assert apply(state, np.asfortranarray(X)).tobytes() == whole.tobytes()


def test_first_rounds(state: State) -> None:
    reference = package.Booster(model_str=state.text).predict(X, num_iteration=7)
    found = apply_at(state, X, 7)
    shown = found[:, 1] if state.values["classes"] == 2 else found.reshape(reference.shape)
    assert shown.tobytes() == np.ascontiguousarray(reference).tobytes()
    assert apply_at(state, X, 25).tobytes() == apply(state, X).tobytes() != found.tobytes()
    assert apply_at(state, X[:1], 7).tobytes() == found[:1].tobytes()


def test_the_path_is_that_of_the_first_rounds(state: State) -> None:
    rounds = (1, 2, 7, 24, 25)
    for count, found in zip(rounds, apply_along(state, X, rounds), strict=True):
        assert np.allclose(found, apply_at(state, X, count), rtol=1e-12, atol=1e-12)
    with pytest.raises(ValueError, match="ascend"):
        list(apply_along(state, X, (3, 3)))


def test_a_shorter_training_is_the_beginning_of_a_longer_one(state: State) -> None:
    task = {2: "binary", 3: "multiclass", 0: "regression"}[state.values["classes"]]
    assert apply(trained(task, rounds=7), X).tobytes() == apply_at(state, X, 7).tobytes()


def test_threads_change_nothing(state: State) -> None:
    task = {2: "binary", 3: "multiclass", 0: "regression"}[state.values["classes"]]
    assert trained(task, threads=2).text == state.text
    whole = apply(state, X)
    fresh = State(values=state.values, text=state.text)
    some = range(80)
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda i: apply(fresh, X[i : i + 1]), [*some] * 4))
    first, last = (np.concatenate(part) for part in (rows[: len(some)], rows[-len(some) :]))
    assert first.tobytes() == whole[: len(some)].tobytes() == last.tobytes()


def test_the_text_holds_nothing_but_the_trees(state: State) -> None:
    assert state.text is not None and state.text.endswith("end of trees\n")
    for word in ("parameters", "num_threads", "feature_importances", "pandas_categorical"):
        assert word not in state.text


@pytest.mark.parametrize("task", sorted(TARGETS))
def test_fits_share_the_bins_of_a_matrix_and_their_bits_do_not_tell(task: str) -> None:
    x = X.copy()
    x.setflags(write=False)
    weighted = Target(TARGETS[task].values, TARGETS[task].classes, np.linspace(0.1, 2.0, len(x)))
    other = {"num_leaves": 7, "min_data_in_leaf": 3, "extra_trees": True, "cat_smooth": 1.0, "num_rounds": 9}
    plans: list[tuple[Target, dict[str, object], int]] = [
        (TARGETS[task], {"categorical": (5,), "num_rounds": 12}, 1),
        (weighted, {"categorical": (5,), **other}, 2),
        (TARGETS[task], {"categorical": (5,), **other, "increasing": (0,)}, 3),
    ]
    alone = [fitting.fit((X.copy(),), target, params, seed).text for target, params, seed in plans]
    bins = fitting.binned(x, {"categorical": (5,)})
    for number in (0, 1, 2, 1, 0):
        target, params, seed = plans[number]
        assert fitting.fit((x,), target, params, seed).text == alone[number]
    assert len(set(alone)) == 3 and fitting.binned(x, {"categorical": (5,)}) is bins
    assert fitting.binned(x, {}) is not bins
    assert fitting.binned(X, {}) is not fitting.binned(X, {})  # it may change
    place = id(x)
    del x
    assert place not in fitting._BINNED


def test_unseen_categories_and_empty_tables() -> None:
    state = trained("binary")
    strange = np.tile(X[:1], (4, 1))
    strange[:, 5] = [99.0, np.nan, 9.0, 1e6]
    assert np.isfinite(apply(state, strange)).all()
    assert apply(state, X[:0]).shape == (0, 2)
    assert next(apply_along(state, X[:0], (5,))).shape == (0, 2)


def test_a_fold_may_lack_a_class() -> None:
    target = Target(np.where(SIGNAL > 1, 2, 0).astype(np.int64), 3)
    state = fitting.fit((X,), target, {"num_rounds": 3}, 0)
    assert apply(state, X)[:, 1].max() < 1e-6
    one = fitting.fit((X,), Target(np.ones(400, dtype=np.int64), 2), {"num_rounds": 3}, 0)
    assert apply(one, X)[:, 1].min() > 0.99


def test_wrong_width_and_broken_text_are_errors() -> None:
    state = trained("regression", rounds=2)
    for rows in (1, 2):
        with pytest.raises(ValueError, match="trained with 6 features, the matrix has 5"):
            apply(state, np.zeros((rows, 5)))
    with pytest.raises(ValueError, match="LightGBM"):
        boosters.Booster("this is no model")


def test_the_booster_goes_with_its_state() -> None:
    state = trained("regression", rounds=2)
    apply(state, X)
    booster = weakref.ref(state.handles["booster"])
    assert booster() is not None
    del state
    gc.collect()
    assert booster() is None


def test_missing_libraries_say_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(name: str) -> object:
        raise OSError("libgomp.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.setattr("ctypes.CDLL", missing)
    with pytest.raises(OSError, match="install the Debian package libgomp1"):
        boosters.library.__wrapped__()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(OSError, match="install the Python package lightgbm"):
        boosters.library.__wrapped__()


def test_scoring_imports_numpy_alone(tmp_path: Path) -> None:
    for suffix, content in trained("binary", rounds=3).files().items():
        (tmp_path / f"m{suffix}").write_bytes(content)
    code = (
        "import sys, pathlib, numpy as np; from automl.runtime.state import load_state;"
        "from automl.runtime.lightgbm import apply;"
        f"apply(load_state(pathlib.Path({str(tmp_path)!r}), 'm'), np.zeros((3, 6)));"
        "print(sorted({'lightgbm', 'scipy', 'sklearn', 'pandas', 'pydantic'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n" and done.stderr == ""


def test_a_search_cannot_undo_what_makes_fits_repeatable(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}
    train = package.train

    def spy(options: dict[str, object], *rest: object, **named: object) -> object:
        seen.update(options)
        return train(options, *rest, **named)

    monkeypatch.setattr(package, "train", spy)
    trained("binary", rounds=1, deterministic=False, force_row_wise=False, num_threads=8, seed=5)
    expected = {"deterministic": True, "force_row_wise": True, "feature_pre_filter": False, "num_threads": 1, "seed": 3}
    assert {name: seen[name] for name in expected} == expected


def test_single_rows_take_turns() -> None:
    state, turns = trained("binary", rounds=2), []

    class Turn:
        def __enter__(self) -> None:
            turns.append("in")

        def __exit__(self, *problem: object) -> None:
            turns.append("out")

    apply(state, X)
    state.handles["booster"]._row_lock = Turn()
    apply(state, X[:1])
    assert turns == ["in", "out"]


@pytest.mark.parametrize("task", sorted(TARGETS))
def test_tiny_and_constant_tables_are_silent(task: str, capfd: pytest.CaptureFixture[str]) -> None:
    for x in (X[:1], X[:2], np.ones((30, 2)), np.full((30, 2), np.nan)):
        target = TARGETS[task]
        state = fitting.fit((x,), Target(target.values[: len(x)], target.classes), {"num_rounds": 3}, 0)
        assert np.isfinite(apply(state, x)).all() and len(list(apply_along(state, x, (1, 2, 3)))) == 3
    assert capfd.readouterr() == ("", "")
