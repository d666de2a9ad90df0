"""The transformers of texts, and of the sparse matrices that come of them."""

from __future__ import annotations

from automl.catalog.operator import Cost, Operator
from automl.kinds import Kind
from automl.params import Choice, Int, Param

_TEXT = frozenset({Kind.TEXT})
# Few options rather than a range: trials with equal terms share the work of reading the texts.
_TERMS: dict[str, Param] = {"max_features": Choice(options=(2000, 5000, 20000), default=5000)}
_TERM_DOCS = {
    "max_features": "words and pairs of words kept of each column: those in most rows",
    "min_count": "rows that a word must occur in",
}

TEXTS: dict[str, Operator] = {
    "tfidf": Operator(
        name="tfidf",
        role="transformer",
        module="tfidf",
        accepts=_TEXT,
        gives=Kind.NUMBER,
        missing="removes",
        widens="levels",
        reads_source=True,
        gives_sparse=True,
        space=_TERMS,
        fixed={"min_count": 2},
        cost=Cost(0.01, 60_000.0, 2000.0),
        title="texts as the weights of their words and pairs of words (tf-idf), sparse",
        docs=_TERM_DOCS,
    ),
    "svd": Operator(
        name="svd",
        role="transformer",
        module="svd",
        accepts=frozenset({Kind.NUMBER}),
        gives=Kind.NUMBER,
        missing="refuses",
        widens="directions",
        takes_sparse=True,
        space={"components": Int(low=16, high=128, default=48, log=True)},
        fit_requires=("numpy", "scikit-learn"),
        cost=Cost(0.05, 1500.0, 32.0),
        title="the main directions of a sparse matrix (truncated singular value decomposition)",
        docs={"components": "how many directions are kept"},
    ),
    "text_stats": Operator(
        name="text_stats",
        role="transformer",
        module="text_stats",
        accepts=_TEXT,
        gives=Kind.NUMBER,
        missing="removes",
        widens="parts",
        reads_source=True,
        cost=Cost(0.001, 15_000.0, 100.0),
        title="length of a text, words, digits, shares of upper case and punctuation, missing",
    ),
    "text_score": Operator(
        name="text_score",
        role="transformer",
        module="text_score",
        accepts=_TEXT,
        gives=Kind.NUMBER,
        missing="removes",
        widens="classes",
        reads_source=True,
        cross_fitted=True,
        fixed={"max_features": 5000, "min_count": 2, "penalty": 1.0},  # not searched: fits are shared by all trials
        fit_requires=("numpy", "scikit-learn"),
        cost=Cost(0.05, 100_000.0, 2000.0),
        title="what a linear model of the words predicts, fitted on other rows than those it is trained with",
        docs={**_TERM_DOCS, "penalty": "of the linear model: 1 / C, or alpha"},
    ),
    "hashing": Operator(
        name="hashing",
        role="transformer",
        module="hashing",
        accepts=frozenset({Kind.CATEGORICAL}),
        gives=Kind.NUMBER,
        missing="removes",
        widens="levels",
        reads_source=True,
        gives_sparse=True,
        space={"width": Choice(options=(256, 1024, 4096), default=1024)},
        cost=Cost(0.001, 3_000.0, 200.0),
        title="categories of very many levels as signed ones in columns that a hash picks, sparse",
        docs={"width": "columns that the hash picks from, for each column; the more, the fewer levels share one"},
    ),
    "join_sparse": Operator(
        name="join_sparse",
        role="transformer",
        module="join_sparse",
        accepts=frozenset({Kind.NUMBER, Kind.CODE}),
        gives=Kind.NUMBER,
        missing="keeps",
        widens="joins",
        takes_sparse=True,
        gives_sparse=True,
        fitted=False,
        cost=Cost(0.001, 30.0, 16.0),
        title="the features of several steps side by side, as one sparse matrix",
    ),
}
