"""Texts: scikit-learn is the reference; odd texts are fine; nothing of scored rows is in a fit; edges may be sparse."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge

from automl.catalog import FAMILIES, OPERATORS
from automl.compiler.check_types import infer_types
from automl.fitting import ridge as fit_ridge
from automl.fitting import svd as fit_svd
from automl.fitting import tfidf as fit_tfidf
from automl.fitting.matrices import as_scipy
from automl.fitting.target import Target
from automl.graph import SOURCE, Graph, Node
from automl.kinds import ColumnType, Kind, TableType
from automl.runtime import hashing, ridge, svd, text_stats, tfidf
from automl.runtime.columns import Columns, Text
from automl.runtime.state import State
from tests.support.folds import Case, compiled, honest
from tests.support.tables import SPEC, Cell, draft_of
from tests.test_leaks import moved

NOTHING = Target(np.zeros(0), 0)
WORDS = ["good", "bad", "soft", "Dress", "fits", "runs", "SMALL", "large", "love", "itİ", "אב", "😀", "x_1"]
ODD = [
    "",
    "one",
    "\U0001f600\U0001f602",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
    "nul\0byte",
    "word " * 4000,
]

HASHED = [(0, -1.0), (6, 1.0), (7, 1.0)]


def texts(count: int, seed: int = 0) -> list[str]:
    dice = random.Random(seed)
    return [" ".join(dice.choices(WORDS, k=dice.randint(1, 9))) for _ in range(count)]


def column(values: list[str]) -> Columns:
    levels = tuple(sorted(set(values)))
    return {"t": Text(np.array([levels.index(value) for value in values], dtype=np.int32), levels)}


@pytest.mark.parametrize("least", [1, 2, 30])
def test_tfidf_is_that_of_scikit_learn(least: int) -> None:
    seen, new = texts(120), [*texts(40, 1), *ODD]
    state = fit_tfidf.fit((column(seen),), NOTHING, {"max_features": 100_000, "min_count": least}, 0)
    reference = TfidfVectorizer(token_pattern=r"\w+", ngram_range=(1, 2), min_df=least).fit(seen)
    assert state.values["terms"] == [list(reference.get_feature_names_out())]
    assert np.allclose(tfidf.apply(state, column(new)).dense(), reference.transform(new).toarray(), rtol=1e-12, atol=0)


def test_the_terms_in_most_rows_are_kept_and_ties_go_by_code_point() -> None:
    state = fit_tfidf.fit((column(["z b", "z c", "z b", "c", "z"]),), NOTHING, {"max_features": 2, "min_count": 2}, 0)
    assert state.values["terms"] == [["b", "z"]]


@pytest.mark.parametrize("values", [["", "", "!"], ["x", "y", "z"]], ids=["no word", "no word twice"])
def test_a_column_without_common_terms_still_has_a_width(values: list[str]) -> None:
    state = fit_tfidf.fit((column(values),), NOTHING, {"max_features": 9, "min_count": 2}, 0)
    assert tfidf.apply(state, column(values)).shape in ((3, 1), (3, 3))


def test_svd_and_ridge_are_those_of_scikit_learn() -> None:
    state = fit_tfidf.fit((column(texts(150)),), NOTHING, {"max_features": 60, "min_count": 2}, 0)
    x = tfidf.apply(state, column(texts(150)))
    directions = fit_svd.fit((x,), NOTHING, {"components": 5}, 3)
    expected = np.abs(TruncatedSVD(5, n_iter=4, random_state=3).fit(as_scipy(x)).transform(as_scipy(x)))
    assert np.allclose(np.abs(svd.apply(directions, x)), expected, atol=1e-9)
    largest = np.abs(directions.arrays["directions"]).argmax(axis=1)
    assert (directions.arrays["directions"][np.arange(5), largest] > 0).all()
    y = np.random.default_rng(0).normal(size=150)
    dense = Ridge(alpha=2.0, solver="cholesky").fit(x.dense(), y).predict(x.dense())
    found = ridge.apply(fit_ridge.fit((x,), Target(y, 0), {"alpha": 2.0}, 0), x)[:, 0]
    assert np.allclose(found, dense, atol=1e-4)


def test_hashes_are_the_same_on_every_machine() -> None:
    state = State(values={"columns": ["t"], "width": 8})
    found = hashing.apply(state, column(["a", "b", "\U0001f600"])).dense()
    assert (np.abs(found).sum(axis=1) == 1.0).all()
    assert [(int(np.abs(row).argmax()), row.sum()) for row in found] == HASHED


def test_numbers_that_are_categories_are_hashed_by_value() -> None:
    state = State(values={"columns": ["n"], "width": 64})
    found = hashing.apply(state, {"n": np.array([3.0, -0.0, np.nan, 3.0, 0.0])}).dense()
    assert np.array_equal(found[0], found[3]) and np.array_equal(found[1], found[4]) and not found[2].any()
    assert (found[0] != found[1]).any()
    alone = hashing.apply(state, {"n": np.array([3.0])}).dense()
    assert np.array_equal(alone[0], found[0])


def test_numbers_of_texts_by_hand() -> None:
    state = State(values={"columns": ["t"]})
    missing = {"t": Text(np.array([0, -1], dtype=np.int32), ("AB, c4!",))}
    assert text_stats.apply(state, missing).tolist() == [[7, 2, 1, 2 / 7, 2 / 7, 0], [0, 0, 0, 0, 0, 1]]


def test_a_step_that_takes_dense_features_is_not_given_sparse_ones() -> None:
    source = TableType(columns=(ColumnType(name="t", kind=Kind.TEXT, missing=False),))
    terms = Node(id="terms", op="tfidf", inputs=(SOURCE,), columns=("t",))

    def told(*nodes: Node) -> list[str]:
        return [found.code for found in infer_types(Graph(nodes=(terms, *nodes)), source, ("n", "y"))[1]]

    directions = Node(id="directions", op="svd", inputs=("terms",))
    assert told(Node(id="trees", op="lightgbm", inputs=("terms",))) == ["TYPE003"]
    assert told(directions, Node(id="trees", op="lightgbm", inputs=("directions",))) == []
    assert told(Node(id="logistic", op="logistic", inputs=("terms",))) == []


def table(rows: int = 160) -> dict[str, list[Cell]]:
    said = [f"{text} {i % 97} end" for i, text in enumerate(texts(rows, 5))]
    return {
        "said": list(said),
        "n": [i % 11 * 0.5 for i in range(rows)],
        "y": ["yes" if "good" in s else "no" for s in said],
    }


SMALL = "  columns: {said: {kind: text}}\nvalidation: {folds: 3}\n"
SMALL += "search: {space: {lightgbm: {num_rounds: 5}, svd: {components: 3}}}\n"


@pytest.mark.parametrize("candidate", ["linear", "lightgbm", "lightgbm_scores"])
def test_no_state_over_texts_changes_with_the_rows_it_is_scored_on(candidate: str) -> None:
    plan, dataset = compiled(table(), SPEC + SMALL)
    one = Case(plan, dataset, plan.candidate(candidate), 1)
    assert {"tfidf", "text_score"} & {node.op for node in one.candidate.graph.nodes}
    assert moved(one, honest) == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_takes_a_table_of_nothing_but_text(family: str) -> None:
    only = {name: cells for name, cells in table(60).items() if name != "n"}
    plan, _ = compiled(only, SPEC + f"  columns: {{said: {{kind: text}}}}\nsearch: {{families: [{family}]}}\n")
    ops = {node.op for candidate in plan.candidates[1:] for node in candidate.graph.nodes}
    assert family == "constant" or ops & {"tfidf", "text_score"}
    for candidate in plan.candidates:  # a join alone takes several inputs
        assert all(len(n.inputs) == 1 or OPERATORS[n.op].widens == "joins" for n in candidate.graph.nodes)


def test_texts_are_features_and_distinct_codes_are_not() -> None:
    odd: dict[str, Any] = {**table(), "code": [f"{i:064x}" for i in range(160)]}
    roles = {c.name: (c.kind, c.role) for c in draft_of(odd, SPEC).schema.columns}
    assert roles["said"] == (Kind.TEXT, "feature") and roles["code"][1] == "dropped"


def test_every_step_over_texts_is_in_the_catalog() -> None:
    assert {name for name, op in OPERATORS.items() if op.accepts == {Kind.TEXT}} == {
        "tfidf",
        "text_stats",
        "text_score",
    }
