"""A body in, an answer out: what the REST service says, without any of HTTP's machinery."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from typing import Any

import numpy as np

from .bodies import TooManyRows, csv_columns, json_rows
from .door import columns_of
from .model import load
from .scoring.cells import WHOLE
from .scoring.columns import Matrix
from .scoring.table import BadInput, Problem

JSON, CSV = "application/json", "text/csv"
ENCODINGS = ("utf-8", "ascii", "utf-16", "cp1252", "iso8859-1", "iso8859-15")  # the first two for JSON


@dataclass(frozen=True)
class Answer:
    """A status, a JSON text, the number of rows that were predicted, and why there is no prediction ("": there is)."""

    status: int
    body: bytes
    rows: int = 0
    reason: str = ""


def answer(body: bytes, content_type: str, max_rows: int) -> Answer:
    """The answer to POST /predict."""
    media, encoding = _media(content_type)
    if media not in (JSON, CSV) or encoding is None:
        words = f"the content type must be {JSON} in utf-8, or {CSV}, in utf-8, utf-16, cp1252 or latin-1"
        return refusal(415, "content_type", words)
    try:
        rows = json_rows(body, max_rows) if media == JSON else csv_columns(body, encoding, max_rows)
        output = load().evaluate(columns_of(rows))
        _check_output(output)
    except TooManyRows:
        return refusal(413, "rows", f"a request may have {max_rows} rows at most")
    except BadInput as bad:
        return refusal(422, "input", "the input is wrong", bad.problems)
    return Answer(200, _predictions(output), len(output))


def refusal(status: int, reason: str, words: str, problems: tuple[Problem, ...] = ()) -> Answer:
    """An answer without predictions. What is wrong with the whole input has neither row nor field, or no row."""
    found = [
        {"row": None if p.row == WHOLE else p.row, "field": p.field or None, "expected": p.expected, "found": p.value}
        for p in problems
    ]
    return Answer(status, _json({"error": words, "problems": found}), 0, reason)


def _predictions(output: Matrix) -> bytes:
    """Numbers are written in the shortest form that reads back equal."""
    model = load()
    found = {"predictions": output[:, 0].tolist(), "model": model.digest}
    return _json(found)


def _json(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")


def _check_output(output: Matrix) -> None:
    """JSON has no infinity: numbers so large that the model's arithmetic ends in one are refused."""
    wrong = np.flatnonzero(~np.isfinite(output).all(axis=1))
    if len(wrong):
        expected = "values for which the prediction is a finite number"
        raise BadInput(Problem(int(row), "", expected, "an overflow") for row in wrong)


@lru_cache(maxsize=64)
def _media(content_type: str) -> tuple[str, str | None]:
    """The media type, and the encoding under Python's name; None for one that is not known or does not fit."""
    message = Message()
    message["content-type"] = content_type
    media = message.get_content_type()
    try:
        encoding = codecs.lookup(str(message.get_param("charset") or "utf-8")).name
    except (LookupError, ValueError):
        return media, None
    return media, encoding if encoding in ENCODINGS[: 2 if media == JSON else None] else None
