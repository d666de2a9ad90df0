"""A column of texts, read as what its values are: numbers, booleans, times, or texts after all.

What is accepted is exactly what `automl.runtime.values` accepts; arrow only does it faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as arrow
import pyarrow.compute as compute

from automl.data.forms import FoundForm, find_form
from automl.data.times import find_times
from automl.runtime.cells import encode_level, formed_number
from automl.runtime.columns import Column, Floats, Text
from automl.runtime.number_forms import sign_of
from automl.runtime.table import ColumnSpec
from automl.runtime.values import BLANKS, canonical_text, is_number, parse_boolean
from automl.spec.quality import Checks, action

# Texts that stand for "no value" in a column whose other values are numbers or times; elsewhere they may be categories.
PLACEHOLDERS = frozenset(
    {"?", "-", "--", ".", "*", "n/a", "na", "n.a.", "None", "none", "NONE", "Null", "NIL", "nil", "NaT", "<NA>", "#N/A"}
    | {"unknown", "Unknown", "UNKNOWN", "missing", "Missing", "MISSING", "#VALUE!", "#DIV/0!", "#REF!", "(null)"}
)
_LEADING_ZERO = r"^[+-]?0[0-9]"  # 01234 is a name: a number would lose the zero
_GLANCED = 10  # values that save the cast of a column that is no numbers
_TRIED = 200  # values that rule numbers out before a whole column is tried


@dataclass(frozen=True)
class Reading:
    """Values read as one physical type. `extra`: texts that were made missing tokens; `rival`: another time format."""

    spec: ColumnSpec
    values: Column
    extra: tuple[str, ...] = ()
    rival: str | None = None
    mixed: bool = False  # times, some in the format of `spec` and some in ISO 8601


@dataclass(frozen=True)
class Rules:
    """How a column may be read. `plain`: only as numbers or texts (a target); `decimal`: the file's mark, if known."""

    plain: bool = False
    decimal: str | None = None
    checks: Checks = field(default_factory=dict)

    def fixes(self, code: str) -> bool:
        """Whether what the code finds is to be mended."""
        return action(self.checks, code) == "fix"


@dataclass(frozen=True)
class Cells:
    """The texts of a column. `spec.tokens` say what is missing; the physical type of `spec` means nothing yet."""

    texts: Any  # arrow string array without blanks around the texts
    spec: ColumnSpec

    @cached_property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which rows have a value, shape (rows,)."""
        tokens = arrow.array(sorted(self.spec.tokens), type=arrow.string())
        missing = compute.or_(compute.is_null(self.texts), compute.is_in(self.texts, tokens))
        found: npt.NDArray[np.bool_] = ~np.asarray(missing)
        return found

    @cached_property
    def values(self) -> Any:
        """The texts that are not missing, as an arrow array."""
        return self.texts if self.present.all() else self.texts.filter(arrow.array(self.present))

    @cached_property
    def encoded(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        """The distinct texts that are not missing, and the code of each of `values`."""
        encoded = compute.dictionary_encode(self.values)
        return np.asarray(encoded.indices).astype(np.int64), encoded.dictionary.to_pylist()

    def spread(self, values: Floats) -> Floats:
        """Values of the rows that have one, NaN in the others; tokens that are numbers become NaN."""
        found = np.full(len(self.texts), np.nan)
        found[self.present] = values
        found[~np.isfinite(found) | np.isin(found, self.spec.missing_numbers)] = np.nan
        return found

    def without(self, tokens: Sequence[str]) -> Cells:
        """The same texts with more missing tokens."""
        return Cells(self.texts, ColumnSpec(self.spec.name, "text", self.spec.tokens | frozenset(tokens)))


def cells_of(texts: Any, spec: ColumnSpec) -> Cells:
    """Cells of an arrow array of strings."""
    return Cells(compute.utf8_trim(texts, characters=BLANKS), spec)


def infer(cells: Cells, rules: Rules) -> Reading:
    """Numbers, else booleans, else times, else texts."""
    if len(cells.values) == 0:
        return _reading(cells, "number", cells.spread(np.empty(0)))
    numbers = _numbers(cells, rules)
    if numbers is not None:
        return numbers
    distinct = cells.encoded[1]
    placeholders = tuple(sorted(text for text in distinct if text in PLACEHOLDERS))
    if placeholders and len(placeholders) < len(distinct):
        rest = infer(cells.without(placeholders), rules)
        if rest.spec.physical in ("number", "datetime"):
            return replace(rest, extra=tuple(sorted({*placeholders, *rest.extra})))
    if not rules.plain and len(distinct) <= 6 and all(parse_boolean(text) in (0.0, 1.0) for text in distinct):
        return read_booleans(cells) or read_texts(cells)
    times = None if rules.plain else read_datetimes(cells)
    return times if times and (not times.mixed or rules.fixes("DQ004")) else read_texts(cells)


def _numbers(cells: Cells, rules: Rules) -> Reading | None:
    """The column as numbers, plain ones or in a form; None where it holds something else."""
    if _leads_with_zero(cells):
        return None
    if rules.decimal == "," and _any(cells, "[.]") and (formed := read_formed(cells, rules)) is not None:
        return formed
    numbers = read_numbers(cells)
    return _reading(cells, "number", numbers) if numbers is not None else read_formed(cells, rules)


def read_formed(cells: Cells, rules: Rules) -> Reading | None:
    """Numbers in a form that fits all values; None where there is none, or where the spec does not want it read."""
    found = form_of(cells, rules).form
    if found is None or not rules.fixes("DQ003" if sign_of(found) else "DQ002"):
        return None
    codes, distinct = cells.encoded
    table = np.array([formed_number(text, found) for text in distinct], dtype=np.float64)
    spec = replace(cells.spec, physical="number", number_format=found)
    return Reading(spec, cells.spread(table[codes]))


def form_of(cells: Cells, rules: Rules) -> FoundForm:
    """The form of the numbers in a column."""
    first = cells.values[:_TRIED].to_pylist()
    if any(not any(letter.isdigit() for letter in text) and not is_number(text) for text in first):
        return FoundForm(None)
    return find_form(cells.encoded[1], rules.decimal)


def _any(cells: Cells, pattern: str) -> bool:
    return bool(compute.any(compute.match_substring_regex(cells.values, pattern)).as_py())


def _leads_with_zero(cells: Cells) -> bool:
    return _any(cells, _LEADING_ZERO)


def read_numbers(cells: Cells) -> Floats | None:
    """All values as numbers; None where one is none."""
    if not all(is_number(text) for text in cells.values[:_GLANCED].to_pylist()):
        return None
    try:
        found = np.asarray(cells.values.cast(arrow.float64()))
    except arrow.ArrowInvalid:
        return None
    odd = cells.values.filter(arrow.array(~np.isfinite(found))).to_pylist()  # arrow also reads "nan(1)"
    return cells.spread(found) if all(map(is_number, odd)) else None


def read_stray_numbers(cells: Cells) -> Reading:
    """Values as numbers; those that are none become missing tokens."""
    stray = tuple(sorted(text for text in cells.encoded[1] if not is_number(text)))
    rest = cells.without(stray) if stray else cells
    numbers = read_numbers(rest)
    assert numbers is not None  # all that is left is a number
    return Reading(_spec(rest, "number"), numbers, stray)


def read_booleans(cells: Cells) -> Reading | None:
    """Values as 0 and 1 out of true and false in any case, or the digits; None where one is neither."""
    codes, distinct = cells.encoded
    table = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0}
    found = np.array([table.get(text, parse_boolean(text)) for text in distinct], dtype=np.float64)
    return None if np.isnan(found).any() else _reading(cells, "boolean", cells.spread(found[codes]))


def read_datetimes(cells: Cells) -> Reading | None:
    """Values as seconds since 1970 UTC; None where no format fits all of them."""
    codes, distinct = cells.encoded
    times = find_times(distinct)
    if times is None:
        return None
    spec = ColumnSpec(cells.spec.name, "datetime", cells.spec.tokens, times.format)
    return Reading(spec, cells.spread(times.seconds[codes]), (), times.rival, times.mixed)


def read_texts(cells: Cells) -> Reading:
    """Values as canonical texts."""
    codes, distinct = cells.encoded
    found = np.full(len(cells.texts), -1, dtype=np.int32)
    if all(canonical_text(text) == text for text in distinct):  # the usual case, without a dictionary of its own
        found[cells.present] = codes
        return _reading(cells, "text", Text(found, tuple(distinct)))
    levels: dict[str, int] = {}
    table = np.array([_code(text, cells.spec, levels) for text in distinct], dtype=np.int32)
    found[cells.present] = table[codes]
    return _reading(cells, "text", Text(found, tuple(levels)))


def read_names(cells: Cells, rules: Rules) -> Reading:
    """Values as texts; where all of them are numbers, booleans or times, as the names of these: 1.50 is 1.5."""
    found = infer(cells, rules).spec
    if found.physical == "text" or len(cells.values) == 0:
        return read_texts(cells)
    spec = replace(found, physical="text", tokens=cells.spec.tokens, names_of=found.physical)
    codes, distinct = cells.encoded
    levels: dict[str, int] = {}
    table = np.array([encode_level(spec, text, levels) for text in distinct], dtype=np.int32)
    values = np.full(len(cells.texts), -1, dtype=np.int32)
    values[cells.present] = table[codes]
    return Reading(spec, Text(values, tuple(levels)))


def _code(text: str, spec: ColumnSpec, levels: dict[str, int]) -> int:
    canonical = canonical_text(text)
    if canonical is None or canonical in spec.tokens:
        return -1
    return levels.setdefault(canonical, len(levels))


def few_strays(cells: Cells) -> tuple[str, ...]:
    """The values that keep a column from being numbers, where they are few: at most one in twenty distinct ones."""
    distinct = cells.encoded[1]
    first = distinct[:_TRIED]
    if len(distinct) < 20 or sum(map(is_number, first)) < 0.9 * len(first) or _leads_with_zero(cells):
        return ()
    stray = tuple(sorted(text for text in distinct if not is_number(text)))
    return stray if len(stray) <= 0.05 * len(distinct) else ()


def _reading(cells: Cells, physical: Any, values: Column) -> Reading:
    return Reading(_spec(cells, physical), values)


def _spec(cells: Cells, physical: Any) -> ColumnSpec:
    return ColumnSpec(cells.spec.name, physical, cells.spec.tokens)
